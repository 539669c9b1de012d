"""Choosing a word from a distribution, and text word by word: one-to-many."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Callable, Iterator, Sequence
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..network.parameters import Floats, Weights
from ..network.recurrent import TANH, Activation, forward
from ..network.softmax import Mix
from ..text.vocabulary import EOS, SPECIALS, UNK
from .best import masses
from .context import read

Masses = NDArray[Any]  # (V,) probabilities up to a common factor: a sampler does not need their sum to be 1
Sampler = Callable[[Masses, "np.random.Generator"], int]


def sampler(temperature: float = 1.0, top_k: int | None = None, top_p: float = 1.0) -> Sampler:
    """A way to choose: `temperature` sharpens (< 1) or flattens (> 1) the distribution, 0 takes its best word;
    only the `top_k` likeliest are kept, and of these the fewest that hold `top_p` of the whole (Holtzman et al. 2020).
    """

    def choose(y: Masses, rng: np.random.Generator) -> int:
        if temperature == 0:
            return int(np.argmax(y))
        return draw(narrowed(warmed(y, temperature), top_k, top_p), rng)

    return choose


def warmed(y: Masses, temperature: float) -> Masses:
    """y to the power of 1/temperature: finite weights, whatever the temperature above 0."""
    if temperature == 1:
        return y
    with np.errstate(divide="ignore", over="ignore", under="ignore"):
        log = np.log(y, dtype=np.float64)
        z: Masses = np.exp(np.where(y > 0, (log - log.max()) / temperature, -np.inf))
    return z


def narrowed(y: Masses, top_k: int | None, top_p: float) -> Masses:
    """y with all but its top_k likeliest words, and all but the fewest of these that hold top_p, at zero."""
    if top_k is None and top_p >= 1:
        return y
    order = np.argsort(-y, kind="stable")[:top_k]
    best = y[order].astype(np.float64)
    kept = np.cumsum(best) - best < top_p * best.sum()
    z = np.zeros(len(y))
    z[order[kept]] = best[kept] / best[kept].sum()
    return z


def draw(y: Masses, rng: np.random.Generator) -> int:
    """An id with the probability that its weight has in the sum of all; never one whose weight is zero.

    By cumulative sums in float64, of about √V stretches first and then within the one that was met.
    """
    width = isqrt(len(y))
    sums = np.cumsum(np.add.reduceat(y, np.arange(0, len(y), width), dtype=np.float64))
    u = min(rng.random() * sums[-1], np.nextafter(sums[-1], 0))  # a product may round up to the sum
    stretch = int(np.searchsorted(sums, u, side="right"))
    start = stretch * width
    inner = np.cumsum(y[start : start + width], dtype=np.float64)
    u -= sums[stretch - 1] if stretch else 0.0
    return start + int(np.searchsorted(inner, min(u, np.nextafter(inner[-1], 0)), side="right"))


def writable(y: Masses, previous: int) -> Masses:
    """Weights without the unknown word's and, right after the end of a sentence, another end's; y is used up."""
    y[UNK] = 0
    if previous == EOS:
        y[EOS] = 0
    if not y.any():
        y[len(SPECIALS) :] = 1
    return y


def continuation(
    params: Weights,
    s: Floats,
    previous: int,
    choose: Sampler,
    rng: np.random.Generator,
    activation: Activation = TANH,
    mix: Mix | None = None,
) -> Iterator[int]:
    """Ids without end, each chosen from the distribution after all before it.

    s (1, H) is the state after `previous`.
    """
    while True:
        previous = choose(writable(masses(params, s, mix)[0][0], previous), rng)
        yield previous
        s = read(params, s, [previous], activation)


def continuations(
    params: Weights,
    s: Floats,
    previous: Sequence[int],
    choose: Sampler,
    rngs: Sequence[np.random.Generator],
    ends: Callable[[int, int], bool],
    activation: Activation = TANH,
    mix: Mix | None = None,
) -> list[list[int]]:
    """n texts side by side, each as `continuation` writes it, until `ends` says so, which is told how many words it has
    and how many ends of sentences.

    s (n, H) are the states after the n previous ids; rngs has a generator for each.
    """
    texts: list[list[int]] = [[] for _ in rngs]
    last, ended = list(previous), [0] * len(texts)
    open_ = [i for i in range(len(texts)) if not ends(0, 0)]
    s = s[open_]
    while open_:
        for i, y in zip(open_, masses(params, s, mix)[0], strict=True):
            last[i] = choose(writable(y, last[i]), rngs[i])
            texts[i].append(last[i])
            ended[i] += last[i] == EOS
        s = forward(params, np.array([[last[i] for i in open_]]), s, activation)[-1]
        going = [n for n, i in enumerate(open_) if not ends(len(texts[i]) - ended[i], ended[i])]
        open_, s = [open_[n] for n in going], s[going]
    return texts
