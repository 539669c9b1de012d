"""Finds out whether what is read as prose is a table, whose numbers and headings would be taken for words."""

import os
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
        if tabs := tabs_a_line(beginning(path)):
            return (
                f"{source_name(path)}: looks like a table. All of its {tabs + 1} columns are read as text, numbers and "
                f"headings too. To read one column, the second, say: cut -f2 {command_name(path)} | {command}"
            )
    return None
