"""One gradient from many columns. A batch is cut into shards; threads are only where the shards run."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from .parameters import Floats, Gradients, Ints, Params, Weights, scale, total
from .recurrent import TANH, Activation, backward, forward
from .softmax import OutputLayer, blocks, exact

A = TypeVar("A")
R = TypeVar("R")


class Run(Protocol):
    """`map`, or one that works on threads: the results come in the order of the work."""

    def __call__(self, work: Callable[[A], R], items: Iterable[A], /) -> Iterable[R]: ...


@contextmanager
def threads(count: int) -> Iterator[Run]:
    """A `Run` on that many threads, each with single-threaded BLAS.

    Splitting the columns beats splitting each product, and the result is the same for any number of threads.
    """
    with threadpool_limits(1, "blas"):
        if count == 1:
            yield map
        else:
            with ThreadPoolExecutor(count) as pool:
                yield pool.map


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
    layer: OutputLayer = exact,
    dropout: float = 0.0,
    rngs: Sequence[np.random.Generator] = (),
    shards: int = 1,
    run: Run = map,
) -> Chunk:
    """Forward and backward through one chunk.

    x, d     (T, B)  words read, and the words that did come next
    s0       (B, H)  state handed in
    dropout  share of the state's units hidden from the output, a fresh mask a step; of the words' units a third of it
    rngs     one generator a shard, drawn from only with dropout
    """
    T, B = x.shape
    cut = blocks(B, -(-B // min(shards, B)))
    drawn: Sequence[Any] = rngs if dropout else [None] * len(cut)

    @np.errstate(all="ignore")  # numbers that leave the floats show in the loss
    def work(shard: int) -> tuple[float, Gradients, Floats]:
        columns, rng = cut[shard], drawn[shard]
        xb = x[:, columns]
        shape = (*xb.shape, s0.shape[1])
        mask_in, mask_out = (
            (_mask(rng, dropout / 3, shape, s0), _mask(rng, dropout, shape, s0)) if rng else (None, None)
        )
        s = forward(params, xb, s0[columns], activation, mask_in)
        seen = s[1:] if mask_out is None else s[1:] * mask_out
        out = layer(params.Wy, params.by, seen.reshape(-1, shape[2]), d[:, columns].ravel())
        ds = out.ds.reshape(shape)
        if mask_out is not None:
            ds *= mask_out
        dWx, dWs, dbs = backward(params, xb, s, ds, activation, mask_in)
        return out.loss, Params(dWx, dWs, dbs, out.dWy, out.dby), s[-1]

    losses, parts, states = zip(*run(work, range(len(cut))), strict=True)
    gradients = total(parts)
    scale(gradients, 1 / (T * B))
    return Chunk(sum(losses) / (T * B), gradients, np.concatenate(states))


def _mask(rng: np.random.Generator, dropout: float, shape: tuple[int, ...], like: Floats) -> Floats:
    """Zeros with probability `dropout`, elsewhere what keeps the mean at 1 (Srivastava et al. 2014)."""
    kept = rng.random(shape, np.float32) >= dropout
    return kept * like.dtype.type(1 / (1 - dropout))
