"""Counts characters that a text hardly means, left by a wrong conversion: C1 controls and replacement characters."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .names import source_name

SUSPECTS = re.compile("[\x80-\x9f\ufffd]")
REPLACEMENT = "\ufffd"


@dataclass
class Found:
    """How often characters of a kind came, and the first."""

    count: int
    character: str
    path: str
    line: int


@dataclass
class Oddities:
    """Characters that a wrong conversion left in one text or several."""

    encoding: str | None = None  # that a user gave
    found: dict[bool, Found] = field(default_factory=dict)  # by whether replacement characters

    def look_at(self, text: str, path: str, line: int) -> None:
        """Counts the odd characters of the part of a text that begins in a line."""
        if text.isascii():
            return
        for match in SUSPECTS.finditer(text):
            kind = match[0] == REPLACEMENT
            if kind in self.found:
                self.found[kind].count += 1
            else:
                self.found[kind] = Found(1, match[0], path, line + text.count("\n", 0, match.start()))

    def messages(self) -> Iterator[str]:
        """Yields a sentence for each kind that was found: how many, where, why, and what to do."""
        for is_replacement, found in sorted(self.found.items()):
            first = f"in line {found.line:,} of {source_name(found.path)}"
            many = found.count > 1
            where = f"the first {first}" if many else first
            if is_replacement:
                yield (
                    f"{found.count:,} replacement character{'s' * many} (U+FFFD), {where}: a conversion of the "
                    f"text lost {'letters' if many else 'a letter'} there. Convert the original text again"
                )
            else:
                yield (
                    f"{found.count:,} control character{'s' * many} between U+0080 and U+009F, {where} "
                    f"(U+{ord(found.character):04X}): probably windows-1252 that was read as latin1. {self._advice()}"
                )

    def _advice(self) -> str:
        if self.encoding and codecs.lookup(self.encoding).name.startswith("iso8859"):
            return "Give --encoding windows-1252"
        return "Convert the original text again, from windows-1252"
