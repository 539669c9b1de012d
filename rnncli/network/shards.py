"""One gradient from many columns. A batch is cut into shards; threads are only where the shards run."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .parameters import Floats, Gradients, Ints, Params, Rows, Weights, blocks, scale, total, values
from .recurrent import TANH, Activation, backward, forward
from .softmax import Sample, cross_entropy
from .threads import Run


class Chunk(NamedTuple):
    """What one step learns from."""

    loss: float  # mean nats a word
    gradients: Gradients  # of that mean
    state: Floats  # (B, H) after the last word


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
    run: Run = map,
) -> Chunk:
    """Forward and backward through one chunk.

    x, d     (T, B)  words read, and the words that did come next
    s0       (B, H)  state handed in
    sample   the words that the softmax takes for all; d among them
    dropout  share of the state's units hidden from the output, a fresh mask a step; of the words' units a third of it
    rngs     one generator a shard, for dropout
    """
    (T, B), H = x.shape, s0.shape[1]
    cut = blocks(B, -(-B // min(shards, B)))
    Wy, by = params.Wy, params.by
    if sample is not None:
        Wy, by = Wy[sample.words], by[sample.words] + sample.raised.astype(by.dtype)
        d = np.searchsorted(sample.words, d)

    @np.errstate(all="ignore")  # numbers that leave the floats show in the loss
    def work(shard: int) -> tuple[float, Gradients, Floats]:
        columns = cut[shard]
        xb, shape = x[:, columns], (T, columns.stop - columns.start, H)
        mask_in = _mask(rngs[shard], dropout / 3, shape, s0) if dropout else None
        mask_out = _mask(rngs[shard], dropout, shape, s0) if dropout else None
        s = forward(params, xb, s0[columns], activation, mask_in)
        seen = s[1:] if mask_out is None else s[1:] * mask_out
        loss, ds, dWy, dby = cross_entropy(Wy, by, seen.reshape(-1, H), d[:, columns].ravel())
        ds = ds.reshape(shape)
        if mask_out is not None:
            ds *= mask_out
        dWx, dWs, dbs = backward(params, xb, s, ds, activation, mask_in)
        return loss, Params(dWx, dWs, dbs, dWy, dby), s[-1]

    losses, parts, states = zip(*run(work, range(len(cut))), strict=True)
    gradients: Gradients = total(parts)
    if sample is not None:
        dWy, dby = (Rows(sample.words, values(g)) for g in (gradients.Wy, gradients.by))
        gradients = gradients._replace(Wy=dWy, by=dby)
    scale(gradients, 1 / (T * B))
    return Chunk(sum(losses) / (T * B), gradients, np.concatenate(states))


def _mask(rng: np.random.Generator, dropout: float, shape: tuple[int, ...], like: Floats) -> Floats:
    """Zeros with probability `dropout`, elsewhere what keeps the mean at 1 (Srivastava et al. 2014)."""
    kept = rng.random(shape, np.float32) >= dropout
    return kept * like.dtype.type(1 / (1 - dropout))
