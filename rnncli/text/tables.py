"""Finds out whether what is read as prose is a table, whose numbers and headings would be taken for words."""

import os
import re
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import closing, suppress
from itertools import islice
from select import select
from typing import Any, cast

from ..errors import RnncliError
from .names import command_name, source_name
from .reader import read_text
from .tokens import END

SAMPLE_LINES = 200  # of the beginning of a text, by which a table is recognized
MIN_LINES = 2
SEPARATORS = ",;"  # that tables have in place of tabs, and sentences too: more is asked of them
MIN_SEPARATED_LINES, MIN_SEPARATORS = 5, 2  # of a table with such: its heading among them; in a line
MIN_EQUAL_LINES = 0.9  # share of lines with as many separators as the heading
MAX_SPACED = 0.1  # share of separators before a blank: of sentences nearly all are
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_HEADING = re.compile(r"(?=.*[^\W\d_])[\w .()/%#&-]{0,39}[\w)%]")  # of a column: no number or sentence


def tabs_a_line(sample: str) -> int:
    """Returns how many tabs most lines of a text hold, indentation not counted; 0 if they differ or are few.

    sample  the beginning of a text; its last line may be cut
    """
    *whole, last = sample.split(END)
    lines = [line.strip(" ").lstrip("\t") for line in (whole[:SAMPLE_LINES] or [last]) if line.strip()]
    if len(lines) < MIN_LINES:
        return 0
    ((tabs, count),) = Counter(line.count("\t") for line in lines).most_common(1)
    return tabs if 2 * count > len(lines) else 0


def separator_of(sample: str) -> str | None:
    """Returns the comma or semicolon that separates the columns of a table with a heading; None if a text is none.

    sample  the beginning of a text; its last line may be cut
    """
    *lines, _ = sample.split(END)
    lines = [_QUOTED.sub(_without_separators, line) for line in lines[:SAMPLE_LINES] if line.strip()]
    if len(lines) < MIN_SEPARATED_LINES:
        return None
    return next((separator for separator in SEPARATORS if _separates(separator, lines)), None)


def _without_separators(quoted: re.Match[str]) -> str:
    return "".join(c for c in quoted[0] if c not in f'{SEPARATORS}"')


def _separates(separator: str, lines: list[str]) -> bool:
    """Tells whether the first line is the heading of a table, and the other lines have as many columns."""
    columns = lines[0].split(separator)
    is_heading = len(set(columns)) == len(columns) > MIN_SEPARATORS and all(map(_HEADING.fullmatch, columns))
    if not is_heading or lines[0] in lines[1:]:
        return False
    equal = sum(line.count(separator) == len(columns) - 1 for line in lines)
    text = END.join(lines)
    is_close = text.count(f"{separator} ") <= MAX_SPACED * text.count(separator)
    return is_close and equal >= MIN_EQUAL_LINES * len(lines)


def beginning(path: str) -> str:
    """Returns the beginning of a file, or what has come of standard input, which stays unread; "" if there is none."""
    with suppress(RnncliError, OSError, ValueError, AttributeError):  # reading the text for its own sake reports those
        if path == "-" and _has_come(sys.stdin):
            peeked: bytes = cast(Any, sys.stdin).buffer.peek()
            return peeked.decode("utf-8", "ignore").replace("\r", "")
        if os.path.isfile(path):
            with closing(cast(Any, read_text(path))) as blocks:
                return "".join(islice(blocks, 1))
    return ""


def _has_come(stdin: Any) -> bool:
    """Tells whether some of standard input can be read without waiting for it."""
    try:
        number = stdin.fileno()
    except (OSError, ValueError):  # no file: it is in memory
        return True
    return bool(select([number], [], [], 0)[0])


def table_advice(paths: Iterable[str], command: str) -> str | None:
    """Says of the first of some texts that is a table that it is one, and what to do; None if no text is.

    command  what the text was given to, as it reads standard input
    """
    for path in paths:
        sample = beginning(path)
        file = command_name(path)
        if tabs := tabs_a_line(sample):
            columns, cut = tabs + 1, f"cut -f2 {file}"
        elif separator := separator_of(sample):
            columns = _QUOTED.sub("", sample.lstrip(END).split(END)[0]).count(separator) + 1
            reading = f"csv.reader(sys.stdin, delimiter='{separator}')"
            by_python = f'python3 -c "import csv, sys; [print(*row[1:2]) for row in {reading}]" < {file}'
            cut = by_python if '"' in sample else f"cut -d '{separator}' -f2 {file}"
        else:
            continue
        return (
            f"{source_name(path)}: looks like a table. All of its {columns} columns are read as text, numbers and "
            f"headings too. To read one column, the second, say: {cut} | {command}"
        )
    return None
