"""Blanks between tokens, and capitals after marks, as a corpus has them: counted, not prescribed.

For each pair of neighbors on a line the corpus says which blank stands between them. Words are counted by kind, marks
one by one. A mark such as the straight quote, which is written with a blank before it where it opens and with a blank
after it where it closes, turns: it counts as two marks, which alternate.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import characters, words
from .flags import DASHES
from .spool import Ids
from .tokens import BREAK, END, capitalized

BLANKS = ("", " ", "\u00a0", "\u202f", "\u3000")  # none, blank, no-break, narrow no-break, ideographic
CAPITAL = 8  # added to the number of a blank: a word after this pair of marks begins with a capital

KINDS = 8
WORD, NUMBER, UNSPACED, ELIDED, OPENS, CLOSES, OTHER, START = range(KINDS)  # START: before the first token of a line
WORDS = (WORD, NUMBER, UNSPACED, ELIDED)
MAX_MARKS = 120  # counted one by one, the most frequent ones
MAY_TURN = frozenset("\"'`*_|~$—–―")  # quotes, marks of emphasis, dashes: none of them has a side of its own
MIN_TURNING_SHARE = 0.1  # of a turning mark's openings, and of its closings
MIN_MARK_COUNT = 2

_OPENING_MARKS = frozenset("¿¡#@$£")  # whose category does not say so
TURNING = ('"', "'")  # where no corpus was counted

Table = NDArray[np.uint8]


@lru_cache(1 << 16)
def kind(token: str) -> int:
    """Returns the kind of a token, as far as its characters tell."""
    first = token[0]
    if not any(map(str.isalnum, token)):
        category = unicodedata.category(first)
        if category in ("Ps", "Pi") or first in _OPENING_MARKS:
            return OPENS
        return CLOSES if category in ("Pe", "Pf", "Po") else OTHER
    if token[-1] in "'’" and (len(token) == 2 or token[-2:-1] not in ("", "s", "S")):  # s'il; not the dogs' bowl
        return ELIDED
    if characters.is_unspaced(first):
        return UNSPACED
    return NUMBER if first.isdigit() else WORD


def _kinds_table() -> Table:
    """Returns the blanks between kinds of tokens where no corpus was counted."""
    table = np.ones((KINDS, KINDS), np.uint8)
    table[[OPENS, ELIDED, START], :] = 0
    table[:, CLOSES] = 0
    table[UNSPACED, :] = table[:, UNSPACED] = 0
    return table


@dataclass(frozen=True, eq=False)
class Spacing:
    """The blank between any two tokens.

    A mark's code is KINDS plus its place; `marks` names a turning mark twice, and the closing one has the next code.
    """

    marks: Sequence[str] = field(default=('"', '"', "'", "'"))
    table: Table = field(default_factory=lambda: _default_table())

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Spacing)
            and list(self.marks) == list(other.marks)
            and np.array_equal(self.table, other.table)
        )

    @cached_property
    def _codes(self) -> dict[str, int]:
        """The code of each mark, of the opening one of a turning mark."""
        return {mark: KINDS + i for i, mark in reversed(list(enumerate(self.marks)))}

    @cached_property
    def _turning(self) -> frozenset[str]:
        return frozenset(mark for mark, again in zip(self.marks, self.marks[1:], strict=False) if mark == again)

    def pieces(self, tokens: Iterable[str], capitals: bool, lines: bool) -> Iterator[str]:
        """Yields each token with the blank before it; with `capitals`, sentences begin with a capital.

        lines  whether each sentence is a line, in which every quote that is opened is closed
        """
        table: list[list[int]] = self.table.tolist()
        previous, left, start, before, is_first = END, START, capitals, " ", True
        opened: set[str] = set()
        rest = _Peekable(tokens)
        for token in rest:
            if token in (END, BREAK):
                yield token
                previous, left, start, before, is_first = END, START, capitals, " ", True
                if lines or token == BREAK:
                    opened.clear()
                continue
            code = self._codes.get(token) or kind(token)
            if token in self._turning:
                closes = previous != END and (token in opened or rest.is_last())
                # —Sí —dijo ella—: the dash that speech begins with is not closed.
                begins_speech = token in DASHES and (previous in (END, ":") or (lines and previous == "."))
                opened = opened - {token} if closes or begins_speech else opened | {token}
                code += closes
            entry = table[left][code]
            blank = BLANKS[entry % CAPITAL]
            if " " in (previous, token):
                blank = ""
            elif not blank and previous != END and not _stay_apart(before, previous, token):
                blank = " "
            before = blank or previous
            is_word = code in WORDS and not (len(token) == 2 and token[0] in "'’")  # 's Avonds
            yield blank + (capitalized(token) if start and is_word else token)
            is_first &= not is_word
            start = capitals and not is_word and (is_first or entry >= CAPITAL)
            previous, left = token, code

    def has_blank(self, last: str, first: str) -> bool:
        """Tells whether a blank stands between two sentences, after the last token of one and before the first of the
        next. Only scripts without blanks do without.
        """
        if UNSPACED not in (kind(last), kind(first)) and unicodedata.east_asian_width(last[0]) != "W":
            return True
        left = self._codes.get(last, kind(last)) + (last in self._turning)
        return bool(self.table[left][self._codes.get(first, kind(first))] % CAPITAL)


class _Peekable:
    """Iterates over tokens, and tells whether the one given ends its sentence, for which the next one is needed."""

    def __init__(self, tokens: Iterable[str]) -> None:
        self._tokens, self._seen = iter(tokens), list[str | None]()

    def __iter__(self) -> Iterator[str]:
        while (token := self._seen.pop() if self._seen else next(self._tokens, None)) is not None:
            yield token

    def is_last(self) -> bool:
        if not self._seen:
            self._seen.append(next(self._tokens, None))
        return self._seen[0] in (END, BREAK)


def _default_table() -> Table:
    """Returns the table of the kinds and of the straight quotes; a capital is written after those that open."""
    kinds = [*range(KINDS), *[OPENS, CLOSES] * len(TURNING)]
    table = _kinds_table()[np.ix_(kinds, kinds)]
    for i, mark in enumerate(kinds[KINDS:]):
        table[:, KINDS + i] += CAPITAL * (mark == OPENS)
    table[:, OPENS] += CAPITAL
    return table


@lru_cache(1 << 16)
def _stay_apart(before: str, left: str, right: str) -> bool:
    """Tells whether two tokens written without a blank stay two tokens, after the blank or token before.

    A token may be of several parts, where it is a word of a dictionary.
    """
    parts = [words.spell(part) for part in words.cut(f",{before}{left}{right} a")[:-1]]
    between = [at for at in range(len(parts)) if "".join(parts[at:]) == right]
    return any("".join(parts[start:at]) == left for at in between for start in range(at))


class SpacingCounts:
    """Counts which blank stands between neighbors, over a corpus in blocks.

    tokens  the distinct tokens
    counts  (n,) how often each occurs
    While it counts, a mark has three codes: where it opens, where it closes, and where neither can be said.
    """

    def __init__(self, tokens: Sequence[str], counts: NDArray[np.int64]) -> None:
        codes = np.array([kind(token) for token in tokens], np.int64)
        marks = np.flatnonzero((codes >= OPENS) & (codes < START) & (counts >= MIN_MARK_COUNT))
        marks = marks[np.argsort(-counts[marks], kind="stable")[:MAX_MARKS]]
        codes[marks] = KINDS + 3 * np.arange(len(marks))
        self._marks = [tokens[i] for i in marks.tolist()]
        self._codes, self._cased = codes, _cased(tokens, counts)
        self._size = KINDS + 3 * len(marks)
        self._blanks = np.zeros((self._size, self._size, len(BLANKS)), np.int64)
        self._capitals = np.zeros((self._size, self._size, 2), np.int64)
        self._rest: tuple[Ids, NDArray[np.int8]] = np.zeros(0, np.int32), np.zeros(0, np.int8)

    def add(self, ids: Ids, blanks: NDArray[np.int8]) -> None:
        """Counts a block: tokens (n,), and the number of the blank before each (n,); -1 where a line begins."""
        ids, blanks = np.concatenate((self._rest[0], ids)), np.concatenate((self._rest[1], blanks))
        self._rest = ids[-2:], blanks[-2:]  # the last is counted when the next is known
        codes, after = self._codes[ids], np.concatenate((blanks[1:], [-1]))
        is_mark = codes >= KINDS
        word = np.isin(codes, WORDS)
        word_before, word_after = np.concatenate(([False], word[:-1])), np.concatenate((word[1:], [False]))
        opens = (after == 0) & ((blanks != 0) | (word_after & ~word_before))
        closes = (blanks == 0) & ((after != 0) | (word_before & ~word_after))
        codes += is_mark * np.where(opens, 0, np.where(closes, 1, 2))
        pair = codes[:-1] * self._size + codes[1:]
        inside = np.flatnonzero(blanks[1:-1] >= 0)  # of the right tokens 1 to n-2, those with a left one
        _count(self._blanks, pair[inside], blanks[1:-1][inside])
        cased = self._cased[ids[2:]]
        before_word = np.flatnonzero((blanks[1:-1] >= 0) & is_mark[1:-1] & (blanks[2:] >= 0) & (cased != 0))
        _count(self._capitals, pair[before_word], cased[before_word] > 0)

    def spacing(self) -> Spacing:
        """Returns what was counted. A pair that never occurred stands as its marks do beside words."""
        self.add(np.zeros(1, np.int32), np.full(1, -1, np.int8))
        total = self._blanks.sum((1, 2)) + self._blanks.sum((0, 2))  # (size,) of occurrences in pairs
        names, groups, kinds = [], [[code] for code in range(KINDS)], list(range(KINDS))
        for i, mark in enumerate(self._marks):
            code = KINDS + 3 * i
            opens, closes, unclear = total[code : code + 3].tolist()
            least = max(MIN_MARK_COUNT, MIN_TURNING_SHARE * (opens + closes + unclear))
            if mark[0] in MAY_TURN and min(opens, closes) >= least and opens + closes > unclear:
                names += [mark, mark]
                groups += [[code], [code + 1]]
                kinds += [OPENS, CLOSES]
            else:
                names.append(mark)
                groups.append([code, code + 1, code + 2])
                kinds.append(kind(mark))
        for mark in TURNING:
            if mark not in names:
                names += [mark, mark]
                groups += [[], []]
                kinds += [OPENS, CLOSES]
        return Spacing(names, _decided(_grouped(self._blanks, groups), _grouped(self._capitals, groups), kinds))


def _cased(tokens: Sequence[str], counts: NDArray[np.int64]) -> NDArray[np.int8]:
    """Returns (n,) -1 for each word in lower case, 1 for each with a capital that mostly has none, else 0."""
    usual = {token: int(count) for token, count in zip(tokens, counts, strict=True) if token[0].islower()}
    cased = [
        -1 if token[0].islower() else int(usual.get(token[0].lower() + token[1:], 0) > count)
        for token, count in zip(tokens, counts.tolist(), strict=True)
    ]
    return np.array(cased, np.int8)


def _count(into: NDArray[np.int64], pairs: NDArray[np.int64], which: NDArray[Any]) -> None:
    """Adds 1 at each pair (n,) of codes, a number of the flattened first two axes, and each which (n,) of the last."""
    size = into.shape[-1]
    into += np.bincount(pairs * size + which, minlength=into.size).reshape(into.shape)


def _grouped(counts: NDArray[np.int64], groups: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """Returns counts (size, size, m) summed over groups of codes, (len(groups), len(groups), m)."""
    rows = np.stack([counts[group].sum(0) for group in groups])
    columns: NDArray[np.int64] = np.stack([rows[:, group].sum(1) for group in groups], axis=1)
    return columns


def _decided(blanks: NDArray[np.int64], capitals: NDArray[np.int64], kinds: Sequence[int]) -> Table:
    """Returns the table of what is most frequent.

    blanks    (n, n, len(BLANKS)) how often each blank stands between two codes
    capitals  (n, n, 2)           how often a word after two codes begins without and with a capital
    kinds     (n,)                of each code
    """
    prescribed = _kinds_table()[np.ix_(kinds, kinds)]
    beside = list(WORDS)
    after, before = blanks[:, beside].sum(1), blanks[beside].sum(0)  # (n, len(BLANKS)): what stands beside words
    has_after, has_before = after.any(1), before.any(1)
    right = np.where(has_after, after.argmax(1), prescribed[:, WORD])[:, None]
    left = np.where(has_before, before.argmax(1), prescribed[WORD])[None, :]
    is_mark = np.arange(len(kinds)) >= KINDS
    known = (is_mark & has_after)[:, None] | (is_mark & has_before)[None, :]
    by_marks = np.where((left == 0) | (right == 0), 0, left)
    table = np.where(blanks.any(2), blanks.argmax(2), np.where(known, by_marks, prescribed))
    by_mark = capitals.sum(0)  # (n, 2) after a mark, whatever stands before it
    usual = np.where(by_mark.any(1), by_mark[:, 1] > by_mark[:, 0], np.array(kinds) == OPENS)
    with_capital = np.where(capitals.any(2), capitals[:, :, 1] > capitals[:, :, 0], usual[None, :])
    result: Table = (table + CAPITAL * with_capital).astype(np.uint8)
    return result
