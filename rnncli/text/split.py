"""Splitting a corpus: whole sentences from all over the text are held out to validate on."""

import numpy as np

from .spool import Spool
from .vocabulary import EOS

Range = tuple[int, int]  # from the first id to before the last

HELD_OUT_PARTS = 10  # places over the text that held-out sentences come from
HELD_OUT_SHARE = 0.1
MAX_HELD_OUT_WORDS = 80_000  # validating on more takes long and changes the measure little
MAX_SENTENCE_WORDS = 1_000  # a longer one is cut wherever a held-out range begins or ends


def held_out_ranges(ids: Spool) -> list[Range]:
    """Returns ranges of whole sentences from HELD_OUT_PARTS places of a stream; equal streams give equal ranges."""
    n = len(ids)
    share = min(HELD_OUT_SHARE, MAX_HELD_OUT_WORDS / n)
    ranges = []
    for part in range(1, HELD_OUT_PARTS + 1):
        stop = n * part // HELD_OUT_PARTS
        start = _next_sentence(ids, stop - int(n * share / HELD_OUT_PARTS))
        stop = _next_sentence(ids, stop)
        if start < stop:
            ranges.append((start, stop))
    return ranges


def _next_sentence(ids: Spool, at: int) -> int:
    """Returns where the first sentence at or after a place begins, or the place itself if none begins soon after."""
    if at >= len(ids):
        return len(ids)
    ends = np.flatnonzero(ids.read(at - 1, at + MAX_SENTENCE_WORDS) == EOS)
    return at + int(ends[0]) if len(ends) else at


def complement(ranges: list[Range], n: int) -> list[Range]:
    """Returns the ranges of a stream of n ids that lie outside the given ranges, without the EOS at 0."""
    edges = [1, *(edge for start_stop in ranges for edge in start_stop), n]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]
