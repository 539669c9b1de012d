"""N-grams in the ARPA format, which KenLM, SRILM and Kaldi read: log10 probabilities, and back-off weights.

What is interpolated here is written as back-off: an n-gram has its whole probability, the share of shorter contexts
included, and a context the share γ that it leaves to shorter ones. Both say the same.
"""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TextIO

import numpy as np
from numpy.typing import NDArray

from .ngrams import EOS
from .predictor import Counts, followers

LINES = 1 << 15  # written at a time
NEVER = -99.0  # log10 of the probability of <s>, which is never predicted
HEAD = "\\data\\\n"
BEGIN, END = "<s>", "</s>"

Doubles = NDArray[np.float64]
Longs = NDArray[np.int64]


class Grams(NamedTuple):
    """The n-grams of one length n."""

    words: NDArray[np.int64]  # (m, n) ids
    y: Doubles  # (m,) the probability of the last word after the others
    suffix: Longs  # (m,) the number of the (n-1)-gram that is left without the first word
    rest: Doubles  # (m,) γ of the n-gram as a context; 1 where nothing follows it


def write(file: TextIO, counts: Counts, words: Sequence[str]) -> None:
    """Writes the n-grams of a predictor; `words` are those of its vocabulary."""
    names = names_of(words)
    first, last = names.copy(), names
    first[EOS], last[EOS] = BEGIN, END
    levels = counts.ngrams.levels
    file.write(HEAD + f"ngram 1={len(names) + 1}\n")
    file.writelines(f"ngram {n}={len(level.words)}\n" for n, level in enumerate(levels, 2))
    for n, grams in enumerate(_grams(counts), 1):
        file.write(f"\n\\{n}-grams:\n")
        with np.errstate(divide="ignore"):
            y, rest = np.log10(grams.y), np.log10(grams.rest)
        is_longest = n > len(levels)
        if n == 1:
            file.write(f"{NEVER:g}\t{BEGIN}\t{rest[EOS]:.7g}\n")
        for start in range(0, len(y), LINES):
            some = slice(start, start + LINES)
            for ids, p, left in zip(grams.words[some].tolist(), y[some].tolist(), rest[some].tolist(), strict=True):
                text = " ".join([*(first[i] for i in ids[:-1]), last[ids[-1]]])
                file.write(f"{p:.7g}\t{text}\n" if is_longest or ids[-1] == EOS else f"{p:.7g}\t{text}\t{left:.7g}\n")
    file.write("\n\\end\\\n")


def names_of(words: Sequence[str]) -> list[str]:
    """Returns a name for each word, no two alike: a blank inside a word becomes "_", and a "_" is added to a name that
    is another word's or one of the format's own, <s> and </s>.
    """
    names, taken = list[str](), {BEGIN, END}
    own = {word for word in words if word.split() == [word]}
    for word in words:
        name = "_".join(word.split()) or "_"
        while name in taken or (name in own and name != word):
            name += "_"
        taken.add(name)
        names.append(name)
    return names


def _grams(counts: Counts) -> Iterator[Grams]:
    """Yields the n-grams of n = 1, 2, ..."""
    V, levels = counts.vocabulary_size, counts.ngrams.levels
    ids = np.arange(V)
    shorter = Grams(ids[:, None], counts.unigram, np.zeros(V, np.int64), _rest(counts, 0, V))
    yield shorter
    for n, level in enumerate(levels):
        known = np.flatnonzero(level.followers)
        follow = followers(level, counts.discounts[n + 1], known)
        parent = known[follow.of]
        of_words = level.words.astype(np.int64)
        suffix = of_words if n == 0 else levels[n - 1].find(shorter.suffix[parent], of_words)
        y = follow.shares + follow.rest[follow.of] * shorter.y[suffix]
        words = np.column_stack((shorter.words[parent], of_words))
        shorter = Grams(words, y, suffix, _rest(counts, n + 1, len(y)))
        yield shorter


def _rest(counts: Counts, n: int, m: int) -> Doubles:
    """Returns γ (m,) of all contexts that the n-grams of a level begin with."""
    rest = np.ones(m)
    if n < len(counts.ngrams.levels):
        level = counts.ngrams.levels[n]
        known = np.flatnonzero(level.followers)
        rest[known] = followers(level, counts.discounts[n + 1], known).rest
    return rest
