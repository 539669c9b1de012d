"""x_t Wx + bs: how words enter a cell, and the gradient of that.

x_t is a one-hot row, so that x_t Wx is a row of Wx; or, where words are tied, it is the word's row of Wy, which then
learns both from reading the word and from foreseeing it (Press & Wolf 2017). Each distinct word of a chunk enters once,
with one mask (Gal & Ghahramani 2016), and the gradients of its occurrences are summed before all else.
"""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from .cells import Cell
from .parameters import Floats, Ints, Rows, Weights, blocks, is_tied, sum_rows, width
from .threads import Run, run_all

PRODUCT_ROWS = 150  # of a product at a time: work for the threads

Jobs = Sequence[Callable[[], None]]


class Dropout(NamedTuple):
    """Shares that are set to zero while training, drawn anew each step (Srivastava et al. 2014)."""

    state: float = 0.0  # of the state's units, from the output
    units: float = 0.0  # of the units of the words read
    words: float = 0.0  # of the words read, all of each (Gal & Ghahramani 2016 hide word types)
    recurrent: float = 0.0  # of Ws, one mask a chunk (DropConnect: Wan et al. 2013, Merity et al. 2018)


NO_DROPOUT = Dropout()


def mask(rng: np.random.Generator, dropout: float, shape: tuple[int, ...], like: Floats) -> Floats:
    """Draws zeros with probability `dropout`, elsewhere the number that keeps the mean at 1."""
    kept = rng.random(shape, np.float32) >= dropout
    return kept * like.dtype.type(1 / (1 - dropout))


class Entered(NamedTuple):
    """The gradients of what words enter by."""

    dWx: Floats | Rows
    dbs: Floats
    dWy: Rows | None  # of the words read, where they enter by rows of Wy


class Inputs:
    """The words x (T, B) of a chunk."""

    def __init__(
        self,
        cell: Cell,
        params: Weights,
        x: Ints,
        dropout: Dropout = NO_DROPOUT,
        rng: np.random.Generator | None = None,
    ) -> None:
        self._cell, self._x, self._row, H = cell, x, params["Wx"].shape[1:], width(params)
        self._words, at = np.unique(x, return_inverse=True)
        self._at, self._mask, like = at.reshape(x.shape), None, params["bs"]
        if dropout.units or dropout.words:
            assert rng
            shape = len(self._words), H
            self._mask = mask(rng, dropout.units, shape, like) * mask(rng, dropout.words, (shape[0], 1), like)
        self._Wx = params["Wx"].reshape(H, -1) if is_tied(cell.axes) else None
        self._rows = params["Wy" if is_tied(cell.axes) else "Wx"][self._words]
        if self._mask is not None:  # that of a unit hides it from all gates
            self._rows *= self._mask if self._rows.ndim == 2 else self._mask[:, None]

    def entering(self, ready: Weights, run: Run = map) -> Floats:
        """Returns x_t Wx + bs (n, G H) of each distinct word, times the factors of the gates; `ready`: the weights as
        `cells.ready` makes them.
        """
        n, bs, factors = len(self._words), ready["bs"].ravel(), self._cell.factors(ready["bs"].dtype)
        if self._Wx is None:
            rows = self._rows if factors is None else self._rows * factors
            return rows.reshape(n, len(bs)) + bs
        Wx, entering = ready["Wx"].reshape(self._Wx.shape), np.empty((n, len(bs)), bs.dtype)

        def enter(part: slice) -> None:
            np.matmul(self._rows[part], Wx, out=entering[part])
            entering[part] += bs

        run_all(run, [partial(enter, part) for part in blocks(n, PRODUCT_ROWS)])
        return entering

    def fill(self, gates: Floats, entering: Floats, columns: slice = slice(None)) -> None:
        """Sets gates (T, b, G, H) of some columns to what `entering` returned for their words."""
        for here, at in zip(gates, self._at[:, columns], strict=True):
            np.take(entering, at, axis=0, out=here.reshape(len(at), entering.shape[1]), mode="clip")

    def gradients(self, da: Floats, beside: Jobs = (), run: Run = map) -> Entered:
        """Returns gradients by those da (T, B, G, H) of x_t Wx + bs. Runs other jobs beside its own."""
        T, B, G, H = da.shape
        each, index = da.reshape(T * B, G * H), self._x.ravel()
        dA = np.empty((len(self._words), G * H), da.dtype)

        def sum_words(units: slice) -> None:
            dA[:, units] = sum_rows(index, each[:, units]).values

        run_all(run, [*(partial(sum_words, units) for units in blocks(each.shape[1], max(1, H))), *beside])
        dbs = dA.sum(0)
        if self._Wx is None:
            of_gates = dA.reshape(len(dA), G, H)
            if self._mask is not None:
                of_gates *= self._mask[:, None]
            return Entered(Rows(self._words, dA.reshape(len(dA), *self._row)), dbs, None)
        return self._through_rows(dA, dbs, run)

    def _through_rows(self, dA: Floats, dbs: Floats, run: Run) -> Entered:
        """Returns the gradients where words enter by rows of Wy, by those dA (n, G H) of what each word enters with."""
        assert self._Wx is not None
        Wx, rows = self._Wx, self._rows
        dWx, dE, H = np.empty_like(Wx), np.empty_like(rows), len(Wx)

        def to_weights(units: slice) -> None:
            np.matmul(rows[:, units].T, dA, out=dWx[units])

        def to_words(part: slice) -> None:
            np.matmul(dA[part], Wx.T, out=dE[part])
            if self._mask is not None:
                dE[part] *= self._mask[part]

        jobs: Jobs = [partial(to_weights, units) for units in blocks(H, PRODUCT_ROWS)]
        run_all(run, [*jobs, *(partial(to_words, part) for part in blocks(len(dA), PRODUCT_ROWS))])
        return Entered(dWx.reshape(H, *self._row), dbs, Rows(self._words, dE))
