"""One step's gradient from many columns, on threads.

The columns are cut into a fixed number of shards for what runs through time, and states and words into fixed blocks for
the softmax; threads are only where these run. Every sum is made in one place and one order, so the result is the same
for any number of threads.
"""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from .parameters import Floats, Gradients, Ints, Params, Rows, Weights, blocks
from .recurrent import TANH, Activation, backward, forward, keep_rate
from .sampled import Sample
from .softmax import Scratch, cross_entropy
from .threads import Run, run_all


class Dropout(NamedTuple):
    """Shares that are set to zero while training, drawn anew each step (Srivastava et al. 2014)."""

    state: float = 0.0  # of the state's units, from the output
    units: float = 0.0  # of the units of the words read
    words: float = 0.0  # of the words read, all of each (Gal & Ghahramani 2016 hide word types)
    recurrent: float = 0.0  # of Ws, one mask a chunk (DropConnect: Wan et al. 2013, Merity et al. 2018)


class Chunk(NamedTuple):
    """Loss and gradients of one chunk, and the state after it."""

    loss: float  # mean nats a word
    gradients: Gradients  # of that mean
    state: Floats  # (B, H) after the last word


NO_DROPOUT = Dropout()


@np.errstate(all="ignore")  # overflow shows in the loss, or in the norm of the gradients
def gradient(
    params: Weights,
    x: Ints,
    d: Ints,
    s0: Floats,
    *,
    activation: Activation = TANH,
    sample: Sample | None = None,
    dropout: Dropout = NO_DROPOUT,
    rngs: Sequence[np.random.Generator] = (),
    shards: int = 1,
    scratch: Scratch | None = None,
    run: Run = map,
) -> Chunk:
    """Computes loss and gradients of one chunk, forward and backward.

    x, d     (T, B)  words read, and the words that did come next
    s0       (B, H)  state handed in
    sample   the words that stand for the vocabulary in the softmax, d among them; None for the whole vocabulary
    rngs     one generator a shard, for dropout; the first draws the mask of Ws, too
    scratch  memory to work in
    """
    (T, B), H = x.shape, s0.shape[1]
    cut = blocks(B, -(-B // min(shards, B)))
    Wy, by = params.Wy, params.by
    if sample is not None:
        Wy, by = Wy[sample.words], by[sample.words] + sample.raised.astype(by.dtype)
        d = np.searchsorted(sample.words, d)

    mask_Ws = _mask(rngs[0], dropout.recurrent, (H, H), s0) if dropout.recurrent else None
    if mask_Ws is not None:
        params = params._replace(Ws=params.Ws * mask_Ws)
    s = np.empty((T + 1, B, H), params.Ws.dtype)
    is_leaky = keep_rate(params) is not None
    u = np.empty_like(s[1:]) if is_leaky else s[1:]
    mask_words = np.empty_like(s[1:]) if dropout.units or dropout.words else None
    mask_seen = np.empty_like(s[1:]) if dropout.state else None

    def read(shard: int) -> None:
        columns = cut[shard]
        shape, mask = (T, columns.stop - columns.start, H), None
        if mask_words is not None:
            mask = mask_words[:, columns]
            mask[:] = _mask(rngs[shard], dropout.units, shape, s0)
            mask *= _mask(rngs[shard], dropout.words, (*shape[:2], 1), s0)
        if mask_seen is not None:
            mask_seen[:, columns] = _mask(rngs[shard], dropout.state, shape, s0)
        candidates = u[:, columns] if is_leaky else None
        forward(params, x[:, columns], s0[columns], activation, mask, s[:, columns], candidates)

    run_all(run, [partial(read, shard) for shard in range(len(cut))])
    seen = s[1:] if mask_seen is None else s[1:] * mask_seen
    out = cross_entropy(Wy, by, seen.reshape(-1, H), d.ravel(), scratch, run)
    ds = out.ds.reshape(T, B, H)
    if mask_seen is not None:
        ds *= mask_seen
    dWx, dWs, dbs, dbk = backward(params, x, s, u, ds, activation, mask_words, cut, run)
    if mask_Ws is not None:
        dWs *= mask_Ws
    gradients: Gradients = Params(dWx, dWs, dbs, dbk, out.dWy, out.dby)
    if sample is not None:
        gradients = gradients._replace(Wy=Rows(sample.words, out.dWy), by=Rows(sample.words, out.dby))
    return Chunk(out.loss, gradients, s[-1])


def _mask(rng: np.random.Generator, dropout: float, shape: tuple[int, ...], like: Floats) -> Floats:
    """Draws zeros with probability `dropout`, elsewhere the number that keeps the mean at 1."""
    kept = rng.random(shape, np.float32) >= dropout
    return kept * like.dtype.type(1 / (1 - dropout))
