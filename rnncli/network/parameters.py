"""The parameters of the network, and gradients in the form of the parameters."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import prod
from typing import Any, Generic, NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

MAX_WEIGHT = 1e30  # a larger float32 cannot be multiplied and summed
MAX_SCATTERED_VALUES = 16  # on a row, up to which the values of all rows are added together

MAX_INITIAL_KEEP_RATE = 0.95  # of leaky units
MIN_INITIAL_KEEP_RATE = 1e-4  # of units that may learn to keep
NO_KEEP = -30.0  # bk of a unit without memory: sigmoid(-30) ≈ 1e-13, and its gradient vanishes too

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]


class Rows(NamedTuple):
    """Holds the rows of a matrix (or vector) that are not zero: a gradient has those of a chunk's words."""

    rows: Ints  # (n,)    rising, no word twice
    values: Floats  # (n, H), or (n,) of a vector


M = TypeVar("M", bound="Floats | Rows", covariant=True)


class Params(NamedTuple, Generic[M]):
    """Holds an array, or `Rows`, for each parameter: weights are dense, gradients of Wx, Wy and by may be `Rows`."""

    Wx: M  # (V, H)  input to state, a row a word: x_t Wx is Wx[x_t]
    Ws: Floats  # (H, H)  state to state
    bs: Floats  # (H,)
    bk: Floats  # (H,)  keep rate of each unit, k = 1 / (1 + e^-bk): the share of its last state that it keeps
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
    leaky: float = 0.0,
) -> Weights:
    """Draws initial weights: small rows of words, an orthogonal Ws (Saxe et al. 2014), biases of zero.

    counts  (V,)  of the words: by is the logarithm of each count plus one, so that learning starts from the frequencies
    leaky         share of the units that are leaky: their keep rates k rise from 0 to MAX_INITIAL_KEEP_RATE so that the
                  memories 1/(1-k) are spaced evenly on a logarithmic scale

    With Ws a rotation, what the state carries neither fades nor explodes before anything is learned.
    """
    Ws, R = np.linalg.qr(rng.standard_normal((H, H)))
    Ws *= np.sign(np.diag(R))
    frequency = np.ones(V) if counts is None else np.array(counts) + 1.0
    by = np.log(frequency / frequency.mean())
    Wx, Wy = (_small(rng, (V, H), dtype) for _ in range(2))
    k = np.zeros(H)
    k[: round(leaky * H)] = 1 - np.geomspace(1, 1 - MAX_INITIAL_KEEP_RATE, round(leaky * H))
    bk = np.log((k + MIN_INITIAL_KEEP_RATE) / (1 - k)) if leaky else np.full(H, NO_KEEP)
    return Params(Wx, np.ascontiguousarray(Ws, dtype), np.zeros(H, dtype), bk.astype(dtype), Wy, by.astype(dtype))


def joined(networks: Sequence[Weights]) -> Weights:
    """Joins an ensemble, networks of one vocabulary, into one network whose scores are the mean of theirs.

    The states stand side by side, and none reaches another: Ws is block-diagonal. So the distribution of the next word
    is the normalized geometric mean of the distributions of all networks. The arrays are new.
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


def split(params: Weights, n: int) -> list[Weights]:
    """Splits a network that `joined` made of n networks of one width; joined, these make that network. Each has the
    mean of their output biases, for that alone is left of these. The arrays are new.
    """
    H = len(params.bs) // n
    return [
        Params(
            params.Wx[:, part].copy(),
            params.Ws[part, part].copy(),
            params.bs[part].copy(),
            params.bk[part].copy(),
            params.Wy[:, part] * params.Wy.dtype.type(n),
            params.by.copy(),
        )
        for part in (slice(i * H, (i + 1) * H) for i in range(n))
    ]


def widened(params: Weights, counts: Sequence[int], unknown: int) -> Weights:
    """Returns a network of V words that knows more than another one: at first it takes each new word for the unknown
    one, and shares the probability of that among them.

    params         of the words that it knew, the first ones
    counts   (V,)  of all words in the text to learn from, once each new one at least
    unknown        the number of the unknown word
    What all known words get to come next is unchanged. A new word gets a share of what the unknown word got: that of
    its count in the sum of theirs. The arrays are new.
    """
    new, left = np.array(counts[len(params.by) :], float), counts[unknown] + 1.0
    rows = [*range(len(params.by)), *[unknown] * len(new)]
    by = params.by[rows]
    by[len(params.by) :] += np.log(new / (new.sum() + left))
    by[unknown] += np.log(left / (new.sum() + left))
    return params._replace(Wx=params.Wx[rows], Wy=params.Wy[rows], by=by)


def _small(rng: np.random.Generator, shape: tuple[int, int], dtype: DTypeLike) -> Floats:
    """Draws numbers evenly between -0.1 and 0.1.

    (Plain form: rng.uniform(-0.1, 0.1, shape).astype(dtype), twice the time and three times the memory.)
    """
    w: Floats = rng.random(shape, cast(Any, np.dtype(dtype)))
    w -= 0.5
    w *= 0.2
    return w


def finite(arrays: Iterable[Floats]) -> bool:
    """Tells whether all numbers of all arrays are finite and below MAX_WEIGHT."""
    return all(bool(w.min() > -MAX_WEIGHT and w.max() < MAX_WEIGHT) for w in arrays if w.size)


def shapes(V: int, H: int) -> dict[str, tuple[int, ...]]:
    """Returns the shape of each parameter."""
    return {"Wx": (V, H), "Ws": (H, H), "bs": (H,), "bk": (H,), "Wy": (V, H), "by": (V,)}


def parameter_count(V: int, H: int) -> int:
    """Counts the numbers of all parameters."""
    return sum(map(prod, shapes(V, H).values()))


def blocks(n: int, size: int) -> list[slice]:
    """Returns slices of about equal length, none longer than size, that cover range(n)."""
    count = -(-n // size)
    return [slice(n * i // count, n * (i + 1) // count) for i in range(count)]


def sum_rows(index: Ints, values: Floats) -> Rows:
    """Sums the values (n, H) that fall on the same row, in the order given, as np.add.at does.

    Rows with few values take their second values together, then their third, ...; each other row is summed by itself.
    (Plain form: np.add.reduceat over the sorted values, 668 µs against 243 for a chunk.)
    """
    order = np.argsort(index, kind="stable")
    starts = np.flatnonzero(np.diff(index[order], prepend=-1))
    counts = np.diff(starts, append=len(index))
    ordered = values[order]
    sums = ordered[starts]
    for nth in range(1, MAX_SCATTERED_VALUES):
        rows = np.flatnonzero((counts > nth) & (counts <= MAX_SCATTERED_VALUES))
        sums[rows] += ordered[starts[rows] + nth]
    for row in np.flatnonzero(counts > MAX_SCATTERED_VALUES).tolist():
        np.add.reduce(ordered[starts[row] : starts[row] + counts[row]], out=sums[row])
    return Rows(index[order[starts]], sums)


def values(gradient: Floats | Rows) -> Floats:
    """Returns the numbers of a gradient: of touched rows only, where it is `Rows`."""
    return gradient.values if isinstance(gradient, Rows) else gradient
