"""One gradient from many columns, on threads.

The columns are cut into a fixed number of shards for what runs through time, and states and words into fixed blocks for
the softmax; threads are only where these run. Every sum is made in one place and one order, so the result is the same
for any number of threads.
"""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .parameters import Floats, Gradients, Ints, Params, Rows, Weights, blocks
from .recurrent import TANH, Activation, backward, forward
from .softmax import Room, Sample, cross_entropy
from .threads import Run


class Chunk(NamedTuple):
    """What one step learns from."""

    loss: float  # mean nats a word
    gradients: Gradients  # of that mean
    state: Floats  # (B, H) after the last word


@np.errstate(all="ignore")  # numbers that leave the floats show in the loss
def gradient(
    params: Weights,
    x: Ints,
    d: Ints,
    s0: Floats,
    *,
    activation: Activation = TANH,
    sample: Sample | None = None,
    dropout: float = 0.0,
    rngs: Sequence[np.random.Generator] = (),
    shards: int = 1,
    room: Room | None = None,
    run: Run = map,
) -> Chunk:
    """Forward and backward through one chunk.

    x, d     (T, B)  words read, and the words that did come next
    s0       (B, H)  state handed in
    sample   the words that the softmax takes for all; d among them
    dropout  share of the state's units hidden from the output, a fresh mask a step; of the words' units a third of it
    rngs     one generator a shard, for dropout
    room     memory to work in
    """
    (T, B), H = x.shape, s0.shape[1]
    cut = blocks(B, -(-B // min(shards, B)))
    Wy, by = params.Wy, params.by
    if sample is not None:
        Wy, by = Wy[sample.words], by[sample.words] + sample.raised.astype(by.dtype)
        d = np.searchsorted(sample.words, d)

    s = np.empty((T + 1, B, H), params.Ws.dtype)

    def read(shard: int) -> list[Floats]:
        columns = cut[shard]
        shape = (T, columns.stop - columns.start, H)
        masks = [_mask(rngs[shard], share, shape, s0) for share in (dropout / 3, dropout) if dropout]
        forward(params, x[:, columns], s0[columns], activation, masks[0] if masks else None, s[:, columns])
        return masks

    masks = [np.concatenate(part, axis=1) for part in zip(*run(read, range(len(cut))), strict=True)]
    mask_words, mask_seen = masks or (None, None)
    seen = s[1:] if mask_seen is None else s[1:] * mask_seen
    out = cross_entropy(Wy, by, seen.reshape(-1, H), d.ravel(), room, run)
    ds = out.ds.reshape(T, B, H)
    if mask_seen is not None:
        ds *= mask_seen
    dWx, dWs, dbs, dbk = backward(params, x, s, ds, activation, mask_words, cut, run)
    gradients: Gradients = Params(dWx, dWs, dbs, dbk, out.dWy, out.dby)
    if sample is not None:
        gradients = gradients._replace(Wy=Rows(sample.words, out.dWy), by=Rows(sample.words, out.dby))
    return Chunk(out.loss, gradients, s[-1])


def _mask(rng: np.random.Generator, dropout: float, shape: tuple[int, ...], like: Floats) -> Floats:
    """Zeros with probability `dropout`, elsewhere what keeps the mean at 1 (Srivastava et al. 2014)."""
    kept = rng.random(shape, np.float32) >= dropout
    return kept * like.dtype.type(1 / (1 - dropout))
