"""Counts the tokens of a stream."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .split import Range
from .spool import Spool
from .vocabulary import EOS, PAR, UNK


class Occurrences(NamedTuple):
    """How often each of n tokens occurs, and how sentences begin."""

    counts: list[int]  # (n,)
    inner: list[int]  # (n,) inside a sentence
    capitals: bool  # whether most sentences that start with a letter start with a capital


def count(ids: Spool, tokens: Sequence[str], ranges: list[Range]) -> Occurrences:
    """Counts tokens within ranges of a stream."""
    n = len(tokens)
    leads = np.array([token[0].isalnum() or token in ",;" for token in tokens])  # what follows is inside
    leads[[EOS, UNK, PAR]] = False, True, False
    counts, inner, first = np.zeros((3, n), np.int64)
    for start, stop in ranges:
        last = ids.read(start - 1, start)
        for block in ids.blocks(start, stop):
            before, last = np.concatenate((last, block[:-1])), block[-1:]
            counts += np.bincount(block, minlength=n)
            inner += np.bincount(block[leads[before]], minlength=n)
            first += np.bincount(block[(before == EOS) | (before == PAR)], minlength=n)
    first[PAR] = 0
    begun = np.flatnonzero(first).tolist()
    letters = sum(int(first[i]) for i in begun if tokens[i][0].isalpha())
    upper = sum(int(first[i]) for i in begun if tokens[i][0].isupper())
    return Occurrences(counts.tolist(), inner.tolist(), 2 * upper > letters)


def tally(tokens: Sequence[str], counts: Sequence[int]) -> "Counter[str]":
    """Returns how often each word occurs that does."""
    return Counter({tokens[i]: counts[i] for i in np.flatnonzero(counts).tolist() if i not in (EOS, PAR)})
