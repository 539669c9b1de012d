"""The parameters of the network, and gradients in the same form."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import prod
from typing import Any, Generic, NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

LARGEST = 1e30  # beyond which a float32 cannot be multiplied and added up any more
FEW = 16  # values on a row that are not worth a sum of their own

SLOWEST = 0.95  # leak to start with
LEAST_LEAK = 1e-4  # of a unit that may learn one
PLAIN = -30.0  # bk of a unit that will not: too little of it reaches its gradient

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]


class Rows(NamedTuple):
    """A matrix (or vector) of which only some rows are not zero: what a chunk of words asks of its words' rows."""

    rows: Ints  # (n,)    rising, no word twice
    values: Floats  # (n, H), or (n,) of a vector


M = TypeVar("M", bound="Floats | Rows", covariant=True)


class Params(NamedTuple, Generic[M]):
    """Wx, Ws, bs, bk, Wy, by. Weights are dense; a gradient may hold `Rows` where words have rows of their own."""

    Wx: M  # (V, H)  input to state, a row a word: x_t Wx is Wx[x_t]
    Ws: Floats  # (H, H)  state to state
    bs: Floats  # (H,)
    bk: Floats  # (H,)  the leak of each unit is k = 1 / (1 + e^-bk): the share of its last state that it keeps
    Wy: M  # (V, H)  state to output, a row a word: the scores are s Wyᵀ + by
    by: M  # (V,)


Weights = Params[Floats]
Gradients = Params[Floats | Rows]


def initial(
    V: int,
    H: int,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float32,
    counts: Sequence[int] | None = None,
    slow: float = 0.0,
) -> Weights:
    """Weights to start from: small words, an orthogonal Ws (Saxe et al. 2014), biases of zero.

    With Ws a rotation, what the state carries neither fades nor explodes before anything is learnt. With the words'
    counts (V,), by is the logarithm of how frequent each is (one added), so that learning starts from what is
    common and not from what is not. Of the units a share `slow` starts with a leak, from 0 to SLOWEST so that their
    memories 1/(1-k) are spaced evenly on a logarithmic scale; the others have none.
    """
    Ws, R = np.linalg.qr(rng.standard_normal((H, H)))
    Ws *= np.sign(np.diag(R))
    frequency = np.ones(V) if counts is None else np.array(counts) + 1.0
    by = np.log(frequency / frequency.mean())
    Wx, Wy = (_small(rng, (V, H), dtype) for _ in range(2))
    k = np.zeros(H)
    k[: round(slow * H)] = 1 - np.geomspace(1, 1 - SLOWEST, round(slow * H))
    bk = np.log((k + LEAST_LEAK) / (1 - k)) if slow else np.full(H, PLAIN)
    return Params(Wx, np.ascontiguousarray(Ws, dtype), np.zeros(H, dtype), bk.astype(dtype), Wy, by.astype(dtype))


def joined(networks: Sequence[Weights]) -> Weights:
    """One network, in memory of its own, whose scores are the mean of the scores that several of one vocabulary give.

    Their states stand side by side, and none reaches another's: Ws is block-diagonal. So the next word's distribution
    is the geometric mean of theirs, normalised.
    """
    n, widths = len(networks), [len(params.bs) for params in networks]
    Ws = np.zeros((sum(widths), sum(widths)), networks[0].Ws.dtype)
    for end, H, params in zip(accumulate(widths), widths, networks, strict=True):
        Ws[end - H : end, end - H : end] = params.Ws
    Wx, _, bs, bk, Wy, by = zip(*networks, strict=True)
    mean_Wy, mean_by = np.concatenate(Wy, axis=1), np.sum(by, axis=0)
    mean_Wy /= n
    mean_by /= n
    return Params(np.concatenate(Wx, axis=1), Ws, np.concatenate(bs), np.concatenate(bk), mean_Wy, mean_by)


def _small(rng: np.random.Generator, shape: tuple[int, int], dtype: DTypeLike) -> Floats:
    """Numbers evenly between -0.1 and 0.1, drawn in their own precision: these are the largest matrices there are."""
    w: Floats = rng.random(shape, cast(Any, np.dtype(dtype)))
    w -= 0.5
    w *= 0.2
    return w


def finite(arrays: Iterable[Floats]) -> bool:
    """Whether all of them hold nothing but numbers, none of them so large that sums would be none."""
    return all(bool(w.min() > -LARGEST and w.max() < LARGEST) for w in arrays if w.size)


def shapes(V: int, H: int) -> dict[str, tuple[int, ...]]:
    """The shape of each parameter."""
    return {"Wx": (V, H), "Ws": (H, H), "bs": (H,), "bk": (H,), "Wy": (V, H), "by": (V,)}


def numbers(V: int, H: int) -> int:
    """How many numbers such a network has."""
    return sum(map(prod, shapes(V, H).values()))


def blocks(n: int, size: int) -> list[slice]:
    """Slices of about equal length, none longer than size, that cover range(n)."""
    count = -(-n // size)
    return [slice(n * i // count, n * (i + 1) // count) for i in range(count)]


def sum_rows(index: Ints, values: Floats) -> Rows:
    """Σ of the values (n, H) that fall on the same row; in the order given, as np.add.at would, so it has one result.

    Rows on which few fall take their second value together, then their third, ...; the others each a sum of its own.
    """
    order = np.argsort(index, kind="stable")
    starts = np.flatnonzero(np.diff(index[order], prepend=-1))
    counts = np.diff(starts, append=len(index))
    ordered = values[order]
    sums = ordered[starts]
    for nth in range(1, FEW):
        rows = np.flatnonzero((counts > nth) & (counts <= FEW))
        sums[rows] += ordered[starts[rows] + nth]
    for row in np.flatnonzero(counts > FEW).tolist():
        np.add.reduce(ordered[starts[row] : starts[row] + counts[row]], out=sums[row])
    return Rows(index[order[starts]], sums)


def values(gradient: Floats | Rows) -> Floats:
    """The numbers of a gradient, of touched rows only where it has rows."""
    return gradient.values if isinstance(gradient, Rows) else gradient
