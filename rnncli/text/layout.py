"""Tells whether a text has a sentence a line, or is prose whose lines break anywhere."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from typing import Literal, NamedTuple

from .characters import is_unspaced
from .flags import FINAL_MARKS, STRONG_MARKS

DETECTION_CHARACTERS = 1 << 18  # read to detect whether a text is wrapped
FULL_LINE_WIDTH = 0.85  # share of the width that a full line and the first word of the next line exceed together
MIN_WRAP_WIDTH, MAX_WRAP_WIDTH = 40, 200  # columns
MIN_TIGHT_WIDTH = 30  # columns, where lines are tight
MIN_SENTENCES_A_LINE = 1.5  # of prose with a paragraph a line

# Of wrapped prose. Licenses, rendered manual pages and documentation have .53 to 1 full lines and .66 to 1 lower
# continuations, German prose .59, with its nouns; a sentence a line has .0 to .21.
MIN_FULL_LINES = 0.5
MIN_LOWER_CONTINUATIONS = 0.4
MIN_CAPITAL_LINES, MAX_CAPITAL_LINES = 0.1, 0.8  # of prose; fewer are code, more are verse
MIN_FULL_LINES_UNCASED = 0.8  # where no capital tells anything

# Tight lines are those after which the next word would not have fitted at all. Of prose that a program wrapped nearly
# all are, of verse and logs with lines of nearly one length .1 to .6.
MIN_TIGHT_LINES, MIN_PAIRS = 0.9, 10  # share, and lines before another line
MIN_FIRST_WORDS = 0.1  # different ones, of lines: of prose .2 and more; logs and tables begin with few
MIN_CAPITALS = 0.9  # of the letters of a text written in capitals
MIN_LETTER_LINES = 0.5  # of prose; logs and tables begin their lines with digits
MIN_SPACED_LINES = 0.5  # of prose in a script with case: a blank inside; base64 has none

MIN_EXPECTED = 3  # ends of lines that a word would have, if it stood there as often as before end marks inside lines
MAX_CLOSING = 0.1  # share of these that a title has
MIN_ENDS = 1 / 3  # share of such end marks that end sentences: of novels with a paragraph a line .65 to .97, of a list
# of books .25

_CLOSERS = "\"'”’“»«›‹)\\]」』）》〉】_*"
_MARKS = FINAL_MARKS + STRONG_MARKS + "…"
_MARK = r"(?=[^\w\s])"  # told apart from letters in less time than the marks are looked through
_END_OF_LINE = re.compile(rf"{_MARK}[.{_MARKS}:][\s{_CLOSERS}]*$")
_UNSPACED = "。｡！？"
_END_INSIDE = re.compile(  # what follows a quoted question mostly says who asks
    rf"{_MARK}(?:(?:[.{FINAL_MARKS}][{_CLOSERS}]*|[{STRONG_MARKS}…][)\]]*)\s+(?=[^\w\s]*[^\W\d_])"
    rf"|[{_UNSPACED}][{_CLOSERS}]*(?=\w))"
)


class Layout(NamedTuple):
    """How a text stands on its lines, and the shares that tell so."""

    kind: Literal["lines", "wrapped"]
    full_lines: float  # of lines before another line: the next word would hardly have fitted
    lower_continuations: float  # of full lines without an end mark: the next line goes on in lower case
    capital_lines: float  # of lines that begin with a letter: it is a capital
    sentences_a_line: float

    def figures(self) -> dict[str, float]:
        """Returns the shares by their names."""
        return {name: value for name, value in self._asdict().items() if name != "kind"}


def with_layout(texts: Iterator[str], mode: str) -> tuple[str, Layout, Iterator[str]]:
    """Returns how a text's sentences are found, `auto` by its beginning; what was measured of that; and the text."""
    sample, size = list[str](), 0
    for text in texts:
        sample.append(text)
        size += len(text)
        if size >= DETECTION_CHARACTERS:
            break
    layout = measure("".join(sample))
    return layout.kind if mode == "auto" else mode, layout, chain(sample, texts)


def measure(sample: str) -> Layout:
    """Measures the layout of a text by a sample of it.

    Prose is wrapped if most lines are full and many of those, if no end mark stands at their end, go on in lower case;
    or it has a paragraph a line, with several sentences in most.
    """
    lines = [line.strip() for line in sample.split("\n")]
    filled = [line for line in lines if line]
    pairs = [(line, after) for line, after in pairwise(lines) if line and after]
    width = _width(filled)
    firsts = [first for line in filled if (first := _first_letter(line))]
    tight = [_columns(line) + _needed(after) > width for line, after in pairs]
    cased = [first for first in firsts if first.lower() != first.upper()]
    full = [(line, after) for line, after in pairs if _is_full(line, after, width)]
    continuations = [_first_letter(after) for line, after in full if not _END_OF_LINE.search(line)]
    layout = Layout(
        kind="lines",
        full_lines=len(full) / max(len(pairs), 1),
        lower_continuations=_share(first.islower() for first in continuations if first),
        capital_lines=_share(not first.islower() for first in cased),
        sentences_a_line=1 + _ends_inside(filled) / max(len(filled), 1),
    )
    is_cased = 2 * len(cased) > len(firsts)
    is_tight = len(pairs) >= MIN_PAIRS and _share(tight) >= MIN_TIGHT_LINES
    is_tight &= len({line.split(None, 1)[0] for line in filled}) > MIN_FIRST_WORDS * len(filled)
    is_prose = len(firsts) > MIN_LETTER_LINES * len(filled)
    is_prose &= not is_cased or _share(" " in line for line in filled) > MIN_SPACED_LINES
    is_wrapped = (
        is_prose
        and (MIN_TIGHT_WIDTH if is_tight else MIN_WRAP_WIDTH) <= width <= MAX_WRAP_WIDTH
        and (_is_wrapped(layout, is_cased, is_tight) or (is_tight and _is_in_capitals(sample)))
    )
    return layout._replace(kind="wrapped" if is_wrapped or _has_paragraphs(layout) else "lines")


def _is_wrapped(layout: Layout, is_cased: bool, is_tight: bool) -> bool:
    if not is_cased:
        return layout.full_lines >= MIN_FULL_LINES_UNCASED
    return (
        layout.full_lines >= MIN_FULL_LINES
        and layout.lower_continuations >= MIN_LOWER_CONTINUATIONS
        and (is_tight or layout.capital_lines >= MIN_CAPITAL_LINES)
        and layout.capital_lines < MAX_CAPITAL_LINES
    )


def _is_in_capitals(sample: str) -> bool:
    capitals, small = sum(map(str.isupper, sample)), sum(map(str.islower, sample))
    return capitals > MIN_CAPITALS * (capitals + small)


def _has_paragraphs(layout: Layout) -> bool:
    return layout.sentences_a_line > MIN_SENTENCES_A_LINE


def _share(values: Iterable[bool]) -> float:
    """Returns the share of values that are true, 0 if there is none."""
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0


def _columns(text: str) -> int:
    """Returns how many columns a terminal takes for a text: two for a wide character."""
    return len(text) if text.isascii() else sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def _width(lines: list[str]) -> int:
    """Returns the columns of the widest line, but for one in fifty."""
    columns = sorted(map(_columns, lines))
    return columns[-1 - len(columns) // 50] if columns else 0


def _is_full(line: str, after: str, width: int) -> bool:
    """Tells whether the first word of the next line would hardly have fitted."""
    return _columns(line) + _needed(after) > FULL_LINE_WIDTH * width


def _needed(after: str) -> int:
    """Returns the columns that the first word of the next line takes. Scripts without blanks break anywhere."""
    word = after.split(None, 1)[0]
    breaks_anywhere = unicodedata.east_asian_width(word[0]) in "WF" or is_unspaced(word[0])
    return 2 if breaks_anywhere else 1 + _columns(word)


def _first_letter(line: str) -> str:
    """Returns the first letter of a line behind quotes and marks, "" if a digit or nothing is there."""
    first = next((c for c in line if c.isalnum()), "")
    return first if first.isalpha() else ""


def _ends_inside(lines: list[str]) -> int:
    """Counts the ends of sentences inside lines: end marks before a word that is not in lower case.

    The first word of a line ends none: it is the number of an item, who speaks, or a call. Nor does an initial or a
    number, nor a word that stands before end marks often, but hardly ever at the end of a line: a title. Where most
    end marks are of these, the lines are a list, and what else looks like an end is the end of a field.
    """
    inside, closing, marks = Counter[str](), Counter[str](), 0
    for line in lines:
        for end in _END_INSIDE.finditer(line):
            following = _first_letter(line[end.end() : end.end() + 8])
            if following and not following.islower():
                marks += 1
                word = _word_before(line, end.start())
                inside[_type(word)] += word != line[: end.start()] or end[0][0] in _UNSPACED
        if end_of_line := _END_OF_LINE.search(line):
            closing[_type(_word_before(line, end_of_line.start()))] += 1
    at_ends = len(lines) / max(marks + len(lines), 1)  # share of ends that are those of lines
    ends = sum(
        n
        for word, n in inside.items()
        if word and (n * at_ends < MIN_EXPECTED or closing[word] > MAX_CLOSING * n * at_ends)
    )
    return ends if ends >= MIN_ENDS * marks else 0


def _word_before(line: str, at: int) -> str:
    return line[line.rfind(" ", 0, at) + 1 : at]


def _type(word: str) -> str:
    """Returns a word in lower case without marks around it; "" for an initial or a number, which end no sentence."""
    bare = "".join(c for c in word if c.isalnum()).lower()
    return "" if bare.isdigit() or (len(bare) == 1 and bare != bare.upper()) else bare
