"""The distribution of the next word, and the best of it."""

from collections.abc import Sequence
from math import isqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..network.parameters import Floats, Weights, blocks
from ..network.recurrent import TANH, Activation, forward
from ..network.softmax import Mix, exponentials, probabilities, rows_at_a_time, score
from ..text.vocabulary import EOS, SPECIALS, UNK


class Likeliest(NamedTuple):
    """The best next words after each of n states, and what is not among them."""

    ids: NDArray[np.intp]  # (n, k), or fewer in a small vocabulary: likeliest first, equal ones by id
    y: NDArray[np.float64]  # (n, k) their probabilities
    eos: NDArray[np.float64]  # (n,) the probability that the sentence ends
    unk: NDArray[np.float64]  # (n,) of a word outside the vocabulary


def distributions(params: Weights, s: Floats, mix: Mix | None = None) -> NDArray[np.float64]:
    """The probability (n, V) of each word to come next after states s (n, H). Each row sums to 1."""
    return mix(s) if mix else probabilities(params.Wy, params.by, s)


def masses(params: Weights, s: Floats, mix: Mix | None = None) -> tuple[Floats, NDArray[np.float64]]:
    """The same up to a factor (n, V), and the sums (n,) of these."""
    if mix:
        return mix(s), np.ones(len(s))
    e, Z, _ = exponentials(params.Wy, params.by, s)
    return e, Z.astype(np.float64)


def likeliest(params: Weights, s: Floats, k: int, eos: bool = False, mix: Mix | None = None) -> Likeliest:
    """The k likeliest words after states s (n, H). UNK is not among them, EOS only if asked for."""
    hidden = [UNK] if eos else [UNK, EOS]
    k = min(k, len(params.by) - len(hidden))

    parts = []
    for rows in blocks(len(s), rows_at_a_time(len(params.Wy))):
        e, Z = masses(params, s[rows], mix)
        shares = e[:, : len(SPECIALS)] / Z[:, None]
        e[:, hidden] = -1
        ids = _highest(e, k)
        parts.append((ids, np.take_along_axis(e, ids, 1) / Z[:, None], shares[:, EOS], shares[:, UNK]))
    return Likeliest(*map(np.concatenate, zip(*parts, strict=True)))


def best_of(
    params: Weights, s: Floats, ids: NDArray[np.intp], k: int, mix: Mix | None = None
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The k likeliest after state s (1, H) of some words, and their probabilities if it has to be one of them."""
    if not len(ids):
        return ids, np.zeros(0)
    if mix:
        y = mix(s)[0, ids]
        y /= y.sum()
    else:
        y = probabilities(params.Wy[ids], params.by[ids], s)[0]
    order = np.argsort(-y, kind="stable")[:k]
    return ids[order], y[order]


def phrases(
    params: Weights,
    s: Floats,
    texts: Sequence[Sequence[int]],
    activation: Activation = TANH,
    mix: Mix | None = None,
) -> NDArray[np.float64]:
    """The probability (n,) that the words after state s (1, H) are those of each of n texts, from first to last."""
    lengths = [len(ids) for ids in texts]
    x = np.zeros((max(lengths), len(texts)), np.int32)
    for column, ids in enumerate(texts):
        x[: len(ids), column] = ids
    states = forward(params, x, np.repeat(s, len(texts), axis=0), activation)
    nats = np.zeros(len(texts))
    for t, (before, d) in enumerate(zip(states[:-1], x, strict=True)):
        there = np.flatnonzero(np.array(lengths) > t)
        for rows in blocks(len(there), rows_at_a_time(len(params.Wy))):
            these = there[rows]
            if mix:
                nats[these] -= np.log(mix(before[these])[np.arange(len(these)), d[these]])
                continue
            _, Z, top = exponentials(params.Wy, params.by, before[these])
            nats[these] += np.log(Z) + top - score(params.Wy, params.by, before[these], d[these])
    joint: NDArray[np.float64] = np.exp(-nats)
    return joint


def _highest(e: Floats, k: int) -> NDArray[np.intp]:
    """The columns (n, k) of the k highest numbers of each row of e (n, V), highest first, equal ones rising.

    By partial selection: the columns are dealt to √V hands, and the k-th highest of the hands' peaks is a bound that k
    columns reach, so the k highest do. Frequent words, neighbours, go to different hands, and few other columns do.
    """
    n, V = e.shape
    hands, deals = isqrt(V), V // isqrt(V)
    if k > hands:
        return np.argsort(-e, axis=1, kind="stable")[:, :k]
    peaks = e[:, : hands * deals].reshape(n, deals, hands).max(1)
    rest = e[:, hands * deals :]
    np.maximum(peaks[:, : rest.shape[1]], rest, out=peaks[:, : rest.shape[1]])
    bounds = np.partition(peaks, -k, axis=1)[:, -k]
    near = np.flatnonzero(e >= bounds[:, None])
    row, column = np.divmod(near, V)
    order = np.lexsort((-e.ravel()[near], row))
    highest: NDArray[np.intp] = column[order][np.searchsorted(row, np.arange(n))[:, None] + np.arange(k)]
    return highest
