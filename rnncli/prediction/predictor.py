"""The distribution of the next word, and the best of it."""

from collections.abc import Iterator
from math import isqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..network.parameters import Floats, Weights, blocks
from ..network.softmax import exponentials, probabilities, rows_at_a_time
from ..text.vocabulary import EOS, SPECIALS, UNK


class Likeliest(NamedTuple):
    """The best next words after each of n states, and what is not among them."""

    ids: list[NDArray[np.intp]]  # n times (k,), or fewer in a small vocabulary: likeliest first, equal ones by id
    y: list[NDArray[np.float64]]  # n times (k,): their probabilities
    eos: NDArray[np.float64]  # (n,) the probability that the sentence ends
    unk: NDArray[np.float64]  # (n,) of a word outside the vocabulary


def distribution(params: Weights, s: Floats) -> NDArray[np.float64]:
    """The probability (V,) of each word to come next, told from a state s (1, H). Sums to 1."""
    y: NDArray[np.float64] = probabilities(params.Wy, params.by, s)[0]
    return y


def likeliest(params: Weights, s: Floats, k: int, eos: bool = False) -> Likeliest:
    """The k likeliest words after states s (n, H). UNK is not among them, EOS only if asked for."""
    hidden = [UNK] if eos else [UNK, EOS]
    k = min(k, len(params.by) - len(hidden))
    ids: list[NDArray[np.intp]] = []
    y: list[NDArray[np.float64]] = []
    special = []
    for rows in blocks(len(s), rows_at_a_time(len(params.Wy))):
        e, Z, _ = exponentials(params.Wy, params.by, s[rows])
        special.append(e[:, : len(SPECIALS)] / Z[:, None].astype(np.float64))
        e[:, hidden] = -1
        for row, near, Zr in zip(e, _near(e, k), Z.astype(np.float64), strict=True):
            chosen = near[np.argsort(-row[near], kind="stable")][:k]
            ids.append(chosen)
            y.append(row[chosen] / Zr)
    shares = np.concatenate(special)
    return Likeliest(ids, y, shares[:, EOS], shares[:, UNK])


def _near(e: Floats, k: int) -> Iterator[NDArray[np.intp]]:
    """For each row of e (n, V) a few columns, rising, among which its k highest are, by partial selection.

    The columns are dealt to √V hands: the k-th highest of the hands' peaks is a bound that k columns reach, so the k
    highest do, and only hands whose peak does have to be searched. Frequent words, neighbours, go to different hands.
    """
    n, V = e.shape
    hands, deals = isqrt(V), V // isqrt(V)
    if k > hands:
        yield from np.argsort(-e, axis=1, kind="stable")[:, :k]
        return
    peaks = e[:, : hands * deals].reshape(n, deals, hands).max(1)
    rest = e[:, hands * deals :]
    np.maximum(peaks[:, : rest.shape[1]], rest, out=peaks[:, : rest.shape[1]])
    bounds = np.partition(peaks, -k, axis=1)[:, -k]
    dealt = np.arange(0, V, hands)[:, None]
    for row, peak, bound in zip(e, peaks, bounds, strict=True):
        near = (dealt + np.flatnonzero(peak >= bound)).ravel()
        near = near[near < V]
        yield near[row[near] >= bound]
