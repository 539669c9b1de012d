"""The distribution of the next word, and the best of it."""

from math import isqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..network.parameters import Floats, Weights, blocks
from ..network.softmax import ROWS, exponentials, probabilities
from ..text.vocabulary import EOS, SPECIALS, UNK


class Likeliest(NamedTuple):
    """The best next words after each of n states, and what is not among them."""

    ids: list[
        NDArray[np.intp]
    ]  # n times (k,) or fewer where the vocabulary has not so many; likeliest first, equal ones by id
    y: list[NDArray[np.float64]]  # n times (k,): their probabilities
    eos: NDArray[np.float64]  # (n,) the probability that the sentence ends
    unk: NDArray[np.float64]  # (n,) of a word outside the vocabulary


def distribution(params: Weights, s: Floats) -> NDArray[np.float64]:
    """The probability (V,) of each word to come next, told from a state s (1, H). Sums to 1."""
    y: NDArray[np.float64] = probabilities(params.Wy, params.by, s)[0]
    return y


def likeliest(params: Weights, s: Floats, k: int, eos: bool = False) -> Likeliest:
    """The k likeliest words after states s (n, H). UNK is not among them, EOS only if asked for.

    The vocabulary is looked at in about √V stretches: the k-th highest of their peaks is a bound that the k best words
    reach, so only stretches whose peak reaches it have to be searched.
    """
    hidden = [UNK] if eos else [UNK, EOS]
    V = len(params.by)
    k = min(k, V - len(hidden))
    width = isqrt(V)
    starts, within = np.arange(0, V, width), np.arange(width)
    ids: list[NDArray[np.intp]] = []
    y: list[NDArray[np.float64]] = []
    special = []
    for rows in blocks(len(s), ROWS):
        e, Z, _ = exponentials(params.Wy, params.by, s[rows])
        special.append(e[:, : len(SPECIALS)] / Z[:, None].astype(np.float64))
        e[:, hidden] = -1
        peaks = np.maximum.reduceat(e, starts, axis=1)
        bounds = np.partition(peaks, -k, axis=1)[:, -k] if k <= len(starts) else np.zeros(len(e))
        for row, peak, bound, Zr in zip(e, peaks, bounds, Z.astype(np.float64), strict=True):
            near = (starts[peak >= bound, None] + within).ravel()
            near = near[near < V]
            near = near[row[near] >= bound]
            near = near[np.argsort(-row[near], kind="stable")][:k]
            ids.append(near)
            y.append(row[near] / Zr)
    shares = np.concatenate(special)
    return Likeliest(ids, y, shares[:, EOS], shares[:, UNK])
