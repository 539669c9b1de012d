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
        ready: Weights,
        x: Ints,
        dropout: Dropout = NO_DROPOUT,
        rng: np.random.Generator | None = None,
        run: Run = map,
    ) -> None:
        """Computes what enters by each distinct word; `ready`: the weights as `cells.ready` makes them."""
        words, at = np.unique(x, return_inverse=True)
        self._x, self._words, self._at, self._mask = x, words, at.reshape(x.shape), None
        self._row = params["Wx"].shape[1:]
        H, n, dtype, bs = width(params), len(words), params["bs"].dtype, ready["bs"].ravel()
        if dropout.units or dropout.words:
            assert rng
            self._mask = mask(rng, dropout.units, (n, H), bs) * mask(rng, dropout.words, (n, 1), bs)
        self._Wx = params["Wx"].reshape(H, -1) if is_tied(cell.axes) else None
        if self._Wx is None:
            entered = ready["Wx"][words].reshape(n, len(cell.gates), H)
            if self._mask is not None:
                entered *= self._mask[:, None]
            factors = cell.factors(dtype)
            if factors is not None:
                entered *= factors
            self._entered = entered.reshape(n, len(bs))
            self._entered += bs
            return
        self._rows = params["Wy"][words] if self._mask is None else params["Wy"][words] * self._mask
        self._entered = np.empty((n, len(bs)), dtype)

        def enter(part: slice) -> None:
            np.matmul(self._rows[part], ready["Wx"].reshape(H, -1), out=self._entered[part])
            self._entered[part] += bs

        run_all(run, [partial(enter, part) for part in blocks(n, PRODUCT_ROWS)])

    def fill(self, gates: Floats, columns: slice = slice(None)) -> None:
        """Sets gates (T, b, G, H) of some columns to x_t Wx + bs, times the factors of the gates."""
        for here, at in zip(gates, self._at[:, columns], strict=True):
            np.take(self._entered, at, axis=0, out=here.reshape(len(at), self._entered.shape[1]), mode="clip")

    def gradients(self, da: Floats, beside: Jobs = (), run: Run = map) -> Entered:
        """Returns gradients by those da (T, B, G, H) of x_t Wx + bs. Runs other jobs beside its own."""
        T, B, G, H = da.shape
        each, dA, index = da.reshape(T * B, -1), np.empty_like(self._entered), self._x.ravel()

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
