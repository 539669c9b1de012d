"""Splitting a corpus: whole sentences from all over the text are held out to validate on."""

from collections.abc import Callable

import numpy as np

from .spool import Spool
from .vocabulary import EOS, PAR

Range = tuple[int, int]  # from the first id to before the last

HELD_OUT_PARTS = 10  # places over the text that held-out sentences come from
HELD_OUT_SHARE = 0.1
MIN_HELD_OUT_WORDS = 100  # on fewer, perplexity is a matter of luck: a small text gives a larger share, up to
MAX_HELD_OUT_SHARE = 0.5
SHARE_STEP = 0.02
MAX_HELD_OUT_WORDS = 80_000  # validating on more takes long and changes the measure little
MAX_SENTENCE_WORDS = 1_000  # a longer one is cut wherever a held-out range begins or ends


def held_out_ranges(ids: Spool) -> list[Range]:
    """Returns ranges of whole sentences from HELD_OUT_PARTS places of a stream; equal streams give equal ranges.

    They hold MIN_HELD_OUT_WORDS at least, where MAX_HELD_OUT_SHARE allows it; sentences too long for that are cut.
    """
    least = min(HELD_OUT_SHARE, MAX_HELD_OUT_WORDS / len(ids))
    ranges: list[Range] = []
    for edge_near in (_next_sentence, lambda _, at: at):
        for share in (*np.arange(least, MAX_HELD_OUT_SHARE, SHARE_STEP), MAX_HELD_OUT_SHARE):
            ranges = _ranges(ids, share, edge_near)
            if _words(ids, ranges) >= MIN_HELD_OUT_WORDS:
                return ranges
    return ranges


def _ranges(ids: Spool, share: float, edge_near: Callable[[Spool, int], int]) -> list[Range]:
    """Returns ranges of about that share of a stream; `edge_near` says where a range may begin and end near a place."""
    n = len(ids)
    ranges = []
    for part in range(1, HELD_OUT_PARTS + 1):
        stop = n * part // HELD_OUT_PARTS
        start = edge_near(ids, stop - int(n * share / HELD_OUT_PARTS))
        stop = edge_near(ids, stop)
        if start < stop:
            ranges.append((start, stop))
    return ranges


def _words(ids: Spool, ranges: list[Range]) -> int:
    """Counts the words in ranges of a stream, neither ends of sentences nor of paragraphs."""
    blocks = (block for start, stop in ranges for block in ids.blocks(start, stop))
    return sum(int(np.count_nonzero((block != EOS) & (block != PAR))) for block in blocks)


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
