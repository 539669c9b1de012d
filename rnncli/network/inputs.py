"""x_t Wx + bs: how words enter a cell, and the gradient of that.

x_t is a one-hot row, so that x_t Wx is a row of Wx; or, where words enter by their rows of Wy (tied: Press & Wolf
2017), x_t is such a row. Then the product is made once for each distinct word of a chunk, and so is its gradient.
"""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, Protocol

import numpy as np

from .parameters import Floats, Ints, Rows, Weights, blocks, embeds, sum_rows
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


class Inputs(Protocol):
    """The words x (T, B) of a chunk."""

    def fill(self, gates: Floats, columns: slice, rng: np.random.Generator | None) -> None:
        """Sets gates (T, b, G, H) of some columns to x_t Wx + bs."""

    def gradients(self, da: Floats, beside: Jobs, run: Run) -> Entered:
        """Returns gradients by those da (T, B, G, H) of x_t Wx + bs. Runs other jobs beside its own."""


class OneHot:
    """Words that enter by rows of Wx. Each occurrence has a mask of its own."""

    def __init__(self, ready: Weights, x: Ints, dropout: Dropout = NO_DROPOUT) -> None:
        self._Wx, self._bs, self._x, self._dropout = ready["Wx"], ready["bs"], x, dropout
        has_mask = dropout.units or dropout.words
        self._mask = np.empty((*x.shape, len(self._bs)), self._Wx.dtype) if has_mask else None

    def fill(self, gates: Floats, columns: slice, rng: np.random.Generator | None) -> None:
        a = gates[:, :, 0]
        a[:] = self._Wx[self._x[:, columns]]
        if self._mask is not None:
            assert rng
            its = self._mask[:, columns]
            its[:] = mask(rng, self._dropout.units, its.shape, a)
            its *= mask(rng, self._dropout.words, (*its.shape[:2], 1), a)
            a *= its
        a += self._bs

    def gradients(self, da: Floats, beside: Jobs, run: Run) -> Entered:
        da, sums = da[:, :, 0], list[Rows]()

        def sum_words() -> None:
            each = da if self._mask is None else da * self._mask
            sums.append(sum_rows(self._x.ravel(), each.reshape(self._x.size, -1)))

        run_all(run, [sum_words, *beside])
        return Entered(sums[0], da.sum((0, 1)), None)


class Embedded:
    """Words that enter by rows of Wy. Each distinct word of a chunk has one mask."""

    def __init__(
        self,
        params: Weights,
        ready: Weights,
        x: Ints,
        dropout: Dropout = NO_DROPOUT,
        rng: np.random.Generator | None = None,
        run: Run = map,
    ) -> None:
        self._Wx, self._x = params["Wx"].reshape(len(params["Wx"]), -1), x
        self._words, at = np.unique(x, return_inverse=True)
        self._at = at.reshape(x.shape)
        self._rows, self._mask = params["Wy"][self._words], None
        if dropout.units or dropout.words:
            assert rng
            self._mask = mask(rng, dropout.units, self._rows.shape, self._rows)
            self._mask *= mask(rng, dropout.words, (len(self._rows), 1), self._rows)
            self._rows *= self._mask
        Wx, bs = ready["Wx"].reshape(self._Wx.shape), ready["bs"].ravel()
        self._entered = np.empty((len(self._rows), len(bs)), Wx.dtype)

        def enter(part: slice) -> None:
            np.matmul(self._rows[part], Wx, out=self._entered[part])
            self._entered[part] += bs

        run_all(run, [partial(enter, part) for part in blocks(len(self._rows), PRODUCT_ROWS)])

    def fill(self, gates: Floats, columns: slice, rng: np.random.Generator | None) -> None:  # noqa: ARG002
        for here, at in zip(gates, self._at[:, columns], strict=True):
            np.take(self._entered, at, axis=0, out=here.reshape(len(at), self._entered.shape[1]), mode="clip")

    def gradients(self, da: Floats, beside: Jobs, run: Run) -> Entered:
        H, each = len(self._Wx), da.reshape(self._x.size, -1)
        dA, dWx, dE = np.empty_like(self._entered), np.empty_like(self._Wx), np.empty_like(self._rows)

        def sum_words(units: slice) -> None:
            dA[:, units] = sum_rows(self._x.ravel(), each[:, units]).values

        def to_weights(units: slice) -> None:
            np.matmul(self._rows[:, units].T, dA, out=dWx[units])

        def to_words(part: slice) -> None:
            np.matmul(dA[part], self._Wx.T, out=dE[part])
            if self._mask is not None:
                dE[part] *= self._mask[part]

        sums = [partial(sum_words, units) for units in blocks(each.shape[1], H)]
        run_all(run, [*sums, *beside])
        products: Jobs = [partial(to_weights, units) for units in blocks(H, PRODUCT_ROWS)]
        run_all(run, [*products, *(partial(to_words, part) for part in blocks(len(dA), PRODUCT_ROWS))])
        return Entered(dWx.reshape(H, -1, H), dA.sum(0), Rows(self._words, dE))


def inputs(
    params: Weights,
    ready: Weights,
    x: Ints,
    dropout: Dropout = NO_DROPOUT,
    rngs: Sequence[np.random.Generator] = (),
    run: Run = map,
) -> Inputs:
    """Returns the inputs of a network with these weights; `ready` as `Cell.ready` makes them."""
    if embeds(params):
        return Embedded(params, ready, x, dropout, rngs[0] if rngs else None, run)
    return OneHot(ready, x, dropout)
