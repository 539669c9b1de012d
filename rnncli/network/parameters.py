"""The parameters of the network, and gradients in the form of the parameters."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from math import prod
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

MAX_WEIGHT = 1e30  # a larger float32 cannot be multiplied and summed
MAX_SCATTERED_VALUES = 16  # on a row, up to which the values of all rows are added together

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.integer[Any]]


class Rows(NamedTuple):
    """Holds the rows of a matrix (or vector) that are not zero: a gradient has those of a chunk's words."""

    rows: Ints  # (n,)    rising, no word twice
    values: Floats  # (n, H), or (n,) of a vector


Weights = dict[str, Floats]  # by the names of the formulas
Gradients = dict[str, "Floats | Rows"]

# The axes of each parameter, a character an axis: V words, H state units, a digit for so many gates. A matrix between
# state units has two axes H. Wx has a row a word, or, where words enter by their rows of Wy, a row a unit of these.
Axes = Mapping[str, str]


def shapes(axes: Axes, V: int, H: int) -> dict[str, tuple[int, ...]]:
    """Returns the shape of each parameter."""
    sizes = {"V": V, "H": H}
    return {name: tuple(sizes[axis] if axis in sizes else int(axis) for axis in its) for name, its in axes.items()}


def parameter_count(axes: Axes, V: int, H: int) -> int:
    """Counts the numbers of all parameters."""
    return sum(map(prod, shapes(axes, V, H).values()))


def width(params: Weights) -> int:
    """Returns the number of state units H."""
    return int(params["Wy"].shape[1])


def is_tied(axes: Axes) -> bool:
    """Tells whether words enter by their rows of Wy, and not by rows of Wx."""
    return not axes["Wx"].startswith("V")


def copied(params: Weights) -> Weights:
    """Returns a copy of all arrays."""
    return {name: w.copy() for name, w in params.items()}


def of_units(axes: Axes, params: Weights, units: slice) -> Weights:
    """Returns the weights of some state units alone, as views."""
    return {name: w[_at(axes[name], units)] for name, w in params.items()}


def _at(axes: str, units: slice) -> tuple[slice, ...]:
    return tuple(units if axis == "H" else slice(None) for axis in axes)


def scaled(axes: Axes, params: Weights, factor: float) -> Weights:
    """Returns the network whose scores are multiplied by a factor; where words enter by their rows of Wy, what they
    enter with is unchanged."""
    by = params["Wy"].dtype.type(factor)
    others = {"Wx": params["Wx"] / by} if is_tied(axes) else {}
    return params | others | {"Wy": params["Wy"] * by, "by": params["by"] * by}


def joined(axes: Axes, networks: Sequence[Weights]) -> Weights:
    """Joins an ensemble, networks of one vocabulary, into one network whose scores are the mean of theirs.

    The states stand side by side, and none reaches another: Ws is block-diagonal. So the distribution of the next word
    is the normalized geometric mean of the distributions of all networks. The arrays are new.
    """
    ends = [*accumulate(map(width, networks))]
    V, dtype = len(networks[0]["by"]), networks[0]["by"].dtype
    sums = {name: np.zeros(shape, dtype) for name, shape in shapes(axes, V, ends[-1]).items()}
    for end, params in zip(ends, networks, strict=True):
        for name, part in of_units(axes, sums, slice(end - width(params), end)).items():
            part += params[name]
    return scaled(axes, sums, 1 / len(networks))


def split(axes: Axes, params: Weights, n: int) -> list[Weights]:
    """Splits a network that `joined` made of n networks of one width; joined, these make that network. Each has the
    mean of their output biases, for that alone is left of these. The arrays are new.
    """
    H = width(params) // n
    parts = (of_units(axes, params, slice(i * H, (i + 1) * H)) for i in range(n))
    return [copied(scaled(axes, part, n) | {"by": params["by"]}) for part in parts]


def widened(axes: Axes, params: Weights, counts: Sequence[int], unknown: int) -> Weights:
    """Returns a network of V words that knows more than another one: at first it takes each new word for the unknown
    one, and shares the probability of that among them.

    params         of the words that it knew, the first ones
    counts   (V,)  of all words in the text to learn from, once each new one at least
    unknown        the number of the unknown word
    What all known words get to come next is unchanged. A new word gets a share of what the unknown word got: that of
    its count in the sum of theirs. The arrays of words are new.
    """
    known = len(params["by"])
    new, left = np.array(counts[known:], float), counts[unknown] + 1.0
    rows = [*range(known), *[unknown] * len(new)]
    wide = params | {name: params[name][rows] for name, its in axes.items() if its[0] == "V"}
    wide["by"][known:] += np.log(new / (new.sum() + left))
    wide["by"][unknown] += np.log(left / (new.sum() + left))
    return wide


def small(rng: np.random.Generator, shape: tuple[int, ...], dtype: DTypeLike, most: float = 0.1) -> Floats:
    """Draws numbers evenly between -most and most.

    (Plain form: rng.uniform(-most, most, shape).astype(dtype), twice the time and three times the memory.)
    """
    w: Floats = rng.random(shape, cast(Any, np.dtype(dtype)))
    w -= 0.5
    w *= 2 * most
    return w


def rotation(rng: np.random.Generator, H: int) -> NDArray[np.float64]:
    """Draws an orthogonal matrix (H, H) (Saxe et al. 2014)."""
    Q, R = np.linalg.qr(rng.standard_normal((H, H)))
    Q *= np.sign(np.diag(R))
    return Q


def finite(arrays: Iterable[Floats]) -> bool:
    """Tells whether all numbers of all arrays are finite and below MAX_WEIGHT."""
    return all(bool(w.min() > -MAX_WEIGHT and w.max() < MAX_WEIGHT) for w in arrays if w.size)


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
