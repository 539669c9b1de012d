"""Puts the ends of sentences and paragraphs into a stream of written tokens, and takes out the ends of lines.

In a text of lines each line is a sentence. In wrapped prose a line may end anywhere: sentences end where `ends` finds
it, and a word that the end of a line cut at its hyphen is joined where the whole word is known. In both a blank line
ends a paragraph, and becomes a token of its own.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .ends import LOOK_AHEAD, LOOK_BEHIND, ends
from .flags import Abbreviations, Flag, classify
from .spacing import UNSPACED, kind
from .spool import Ids
from .tokens import END
from .written import BREAK_NUMBER, END_NUMBER, Column, WrittenNumbers

SOFT_HYPHEN = "\u00ad"
MAX_SENTENCE_CHARACTERS = 1 << 16  # held in memory; twice as many where no blank comes
HYPHENS = ("-", "‐", SOFT_HYPHEN)
MARGIN = max(LOOK_AHEAD, LOOK_BEHIND) + 4  # tokens around one that decide on it, or may be joined to it
NEWLINE = Flag.NEWLINE
Flags = NDArray[np.uint16]
Mask = NDArray[np.bool_]
Words = tuple[NDArray[Any], ...]  # (n,) each: numbers, may go on, end a sentence, line ends before


class Stretch(NamedTuple):
    """Tokens in a row, with the ends of sentences and paragraphs among them."""

    ids: Ids  # (n,)
    starts: Mask  # (n,) whether a line of the text begins with the token


class Arrangement:
    """Arranges texts of written tokens: END_NUMBER after each sentence, BREAK_NUMBER for each blank line between two.

    wrapped   whether lines end anywhere
    is_lower  whether the text has a word in lower case
    is_known  whether it has a word at all, which then is joined where the end of a line cut it
    """

    def __init__(
        self,
        numbers: WrittenNumbers,
        wrapped: bool,
        abbreviations: Abbreviations,
        is_lower: Callable[[str], bool],
        is_known: Callable[[str], bool],
    ) -> None:
        self._numbers, self._wrapped, self._is_known = numbers, wrapped, is_known
        self._flags = Column(
            numbers, lambda written, token: flags_of(written, token, wrapped, abbreviations, is_lower), np.uint16
        )
        self._cut = Column(numbers, lambda written, _: _may_go_on(written), np.bool_)

    def stretches(self, blocks: Iterable[Ids]) -> Iterator[Stretch]:
        """Yields a text of numbers (n,), arranged; a stretch a block, and one at the end."""
        arranger = Arranger(self._wrapped, self._join)
        for ids in blocks:
            yield arranger.add(ids, self._flags[ids], self._cut[ids])
        yield arranger.finish()

    def _join(self, first: int, second: int) -> int | None:
        """Returns the number of the word that the end of a line cut in two parts; None if they are two words."""
        start, rest = self._numbers.written[first], self._numbers.tokens[second]
        if start.endswith(SOFT_HYPHEN):
            return self._numbers[start[:-1] + rest]
        return next(
            (self._numbers[word] for word in (start + rest, start[:-1] + rest) if self._is_known(word.strip())), None
        )


def flags_of(
    written: str, token: str, wrapped: bool, abbreviations: Abbreviations, is_lower: Callable[[str], bool]
) -> int:
    """Returns the flags of a written token; in a text of lines nothing but the end of a line matters."""
    if written == END:
        return NEWLINE
    if not wrapped:
        return 0
    blank = " " if written[:1].isspace() else ""
    return classify(blank + token, abbreviations, is_lower) if token else Flag.UNCASED


def _may_go_on(written: str) -> bool:
    """Tells whether a written token may be a word cut by the end of a line."""
    return written[-1:] in HYPHENS and any(map(str.isalpha, written))


class Arranger:
    """Arranges a stream that is handed in block by block, as `Arrangement` says."""

    def __init__(self, wrapped: bool, join: Callable[[int, int], int | None]) -> None:
        """`join` returns the number of a whole word for those of its two parts; None if they are two words."""
        self._wrapped, self._join = wrapped, join
        self._ids, self._flags, self._cut = np.zeros(0, np.int32), np.zeros(0, np.uint16), np.zeros(0, np.bool_)
        self._given = 0  # so many of the tokens held were handed out
        self._half: Words = self._ids, self._cut, self._cut, np.zeros(0, np.int64)  # a last word that may go on
        self._gap = 0  # line ends since the last word
        self._ended = False  # whether the last word ends a sentence
        self._begun = False  # whether there was a word

    def add(self, ids: Ids, flags: Flags, cut: Mask) -> Stretch:
        """Takes a block: ids (n,), flags (n,), and which words (n,) may go on after the end of a line.

        Returns what is decided now.
        """
        self._ids, self._flags = np.concatenate((self._ids, ids)), np.concatenate((self._flags, flags))
        self._cut = np.concatenate((self._cut, cut))
        return self._give(max(self._given, len(self._ids) - MARGIN))

    def finish(self) -> Stretch:
        """Returns the rest, and the end of the last sentence."""
        rest = self._give(len(self._ids), is_last=True)
        last = np.array([END_NUMBER] if self._begun else [], np.int32)
        return Stretch(np.concatenate((rest.ids, last)), np.concatenate((rest.starts, last > END_NUMBER)))

    def _give(self, upto: int, is_last: bool = False) -> Stretch:
        some = slice(self._given, upto)
        is_any = self._wrapped and upto > self._given
        is_end = ends(self._flags) if is_any else np.zeros(len(self._ids), bool)
        stretch = self._arranged(self._ids[some], self._flags[some], self._cut[some], is_end[some], is_last)
        kept = max(0, upto - MARGIN)
        self._ids, self._flags, self._cut = self._ids[kept:], self._flags[kept:], self._cut[kept:]
        self._given = upto - kept
        return stretch

    def _arranged(self, ids: Ids, flags: Flags, cut: Mask, is_end: Mask, is_last: bool) -> Stretch:
        newline = (flags & NEWLINE) != 0
        at = np.flatnonzero(~newline)
        gap = np.diff(at, prepend=-1) - 1  # line ends before each word
        gap[:1] += self._gap
        self._gap = len(ids) - 1 - int(at[-1]) if len(at) else self._gap + len(ids)
        words, is_end = ids[at], is_end[at]
        if self._wrapped:
            words, is_end, gap = self._joined((words, cut[at], is_end, gap), is_last)
        if not len(words):
            return Stretch(ids[:0], newline[:0])
        breaks = gap > 1
        end_before = breaks | np.concatenate(([self._ended], is_end[:-1])) if self._wrapped else gap > 0
        starts = gap > 0
        if not self._begun:
            breaks[0], end_before[0], starts[0] = False, False, True
        self._ended, self._begun = bool(is_end[-1]), True
        place = np.cumsum(1 + end_before + breaks) - 1
        result, line_starts = np.full(place[-1] + 1, END_NUMBER, np.int32), np.zeros(place[-1] + 1, bool)
        result[place], line_starts[place] = words, starts
        result[place[breaks] - 1] = BREAK_NUMBER
        return Stretch(result, line_starts)

    def _joined(self, added: Words, is_last: bool) -> tuple[Ids, Mask, NDArray[np.int64]]:
        """Joins words that the end of a line cut in two; the last word waits for its other half, if it may have one."""
        words, cut, is_end, gap = (np.concatenate(pair) for pair in zip(self._half, added, strict=True))
        upto = len(words) - int(cut[-1:].any() and not is_last)
        kept = np.arange(len(words)) < upto
        for i in np.flatnonzero(cut[:-1] & (gap[1:] == 1)).tolist():
            whole = self._join(int(words[i]), int(words[i + 1]))
            if whole is not None:
                words[i + 1], kept[i], gap[i + 1] = whole, False, gap[i]
        self._half = words[upto:], cut[upto:], is_end[upto:], gap[upto:]
        return words[kept], is_end[kept], gap[kept]


def cut_again(
    stretches: Iterable[Stretch], numbers: WrittenNumbers, cut: Callable[[str], list[str]]
) -> Iterator[list[str]]:
    """Yields the sentences of words, put together and cut by another tokenizer, each with END or BREAK.

    The end of a line inside a sentence becomes a blank, unless both neighbors are written without blanks.
    """
    pieces, size, previous = list[str](), 0, ""
    for stretch in stretches:
        for i, starts in zip(stretch.ids.tolist(), stretch.starts.tolist(), strict=True):
            written = numbers.written[i]
            if i in (END_NUMBER, BREAK_NUMBER):
                yield [*cut("".join(pieces).lstrip()), written] if i == END_NUMBER else [written]
                pieces, size, previous = [], 0, ""
                continue
            if starts:
                written = written.lstrip()
                unspaced = previous and kind(previous) == kind(numbers.tokens[i] or "x") == UNSPACED
                written = written if unspaced else " " + written
            if size > (MAX_SENTENCE_CHARACTERS if written[:1].isspace() else 2 * MAX_SENTENCE_CHARACTERS):
                yield cut("".join(pieces).lstrip())
                pieces, size = [], 0
            pieces.append(written)
            size, previous = size + len(written), numbers.tokens[i]
