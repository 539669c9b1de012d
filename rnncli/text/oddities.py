"""Counts characters that a text hardly means: controls, and what a wrong conversion left."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .names import command_name, source_name

CONTROL, CONVERTED, REPLACED = range(3)  # kinds: of ASCII, of latin1 (C1), and replacement characters
CONTROLS = "".join(map(chr, [*range(9), *range(14, 32), 127]))  # without tab, line ends and form feed
SUSPECTS = re.compile(f"[{CONTROLS}\x80-\x9f\ufffd]")
REPLACEMENT, ESCAPE = "\ufffd", "\x1b"


@dataclass
class Found:
    """How often characters of a kind came, and the first."""

    count: int
    character: str
    path: str
    line: int


@dataclass
class Oddities:
    """Characters that one text or several hardly mean."""

    encoding: str | None = None  # that a user gave
    found: dict[int, Found] = field(default_factory=dict)  # by kind

    def look_at(self, text: str, path: str, line: int) -> None:
        """Counts the odd characters of the part of a text that begins in a line."""
        if text.isascii() and not any(control in text for control in CONTROLS):
            return
        for match in SUSPECTS.finditer(text):
            kind = REPLACED if match[0] == REPLACEMENT else CONTROL if match[0] < "\x80" else CONVERTED
            if kind in self.found:
                self.found[kind].count += 1
            else:
                self.found[kind] = Found(1, match[0], path, line + text.count("\n", 0, match.start()))

    def messages(self) -> Iterator[str]:
        """Yields a sentence for each kind that was found: how many, where, why, and what to do."""
        for kind, found in sorted(self.found.items()):
            first = f"in line {found.line:,} of {source_name(found.path)}"
            many = found.count > 1
            where = f"the first {first}" if many else first
            if kind == CONTROL:
                yield (
                    f"{found.count:,} control character{'s' * many}, {where} (U+{ord(found.character):04X}"
                    f"{', of a terminal' * (found.character == ESCAPE)}). Take {'them' if many else 'it'} out: "
                    f"{_removing(found)}"
                )
            elif kind == REPLACED:
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


def _removing(found: Found) -> str:
    """Returns the command that takes controls out of a text: colors of a terminal with what follows the escape."""
    if found.character == ESCAPE:
        return f"sed 's/\\x1b\\[[0-9;]*[A-Za-z]//g' {command_name(found.path)} > clean.txt"
    return f"tr -d '\\000-\\010\\016-\\037\\177' < {command_name(found.path)} > clean.txt"
