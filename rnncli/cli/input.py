"""Reads text that users hand in: as arguments, or line by line on standard input."""

import os
import sys
from collections.abc import Iterable, Iterator
from io import BufferedReader
from typing import cast

from ..errors import FileError, TextError

STDIN_BLOCK_BYTES = 1 << 16  # of standard input, taken at a time
LINES_AT_ONCE = 1024  # of standard input, that are answered as one batch


def argument_text(words: Iterable[str]) -> str:
    """Joins the arguments of a command to a text, whatever the locale. Raises TextError if they are not UTF-8."""
    text = " ".join(words)
    try:
        return os.fsencode(text).decode()  # the bytes that were given, whatever the locale takes them for
    except UnicodeError:
        raise TextError(f"the text {text!a} is not UTF-8") from None


def input_lines(what: str) -> Iterator[list[str]]:
    """Yields the lines of standard input in batches of as many as have arrived, at least one.

    what  names the lines in messages, as "texts"
    Raises FileError, TextError.
    """
    number = 0
    for lines in raw_lines(what):
        yield from _decoded(lines, number)
        number += len(lines)


def raw_lines(what: str) -> Iterator[list[bytes]]:
    """Yields the lines of standard input as bytes, in batches as `input_lines` does. Raises FileError."""
    if sys.stdin is None:
        raise FileError(f"standard input: closed. Give {what} as arguments, or pipe them in, one a line")
    if sys.stdin.isatty():
        print(f"Reading {what} from the keyboard, one a line; Ctrl-D ends.", file=sys.stderr)
    begun: list[bytes] = []  # pieces of the line whose end has not come
    stream = cast(BufferedReader, sys.stdin.buffer)
    while data := _read(stream):
        piece, *others = data.split(b"\n")
        begun.append(piece)
        if others:
            lines = [b"".join(begun), *others[:-1]]
            begun = others[-1:]
            for start in range(0, len(lines), LINES_AT_ONCE):
                yield lines[start : start + LINES_AT_ONCE]
    if any(begun):
        yield [b"".join(begun)]


def _read(stream: BufferedReader) -> bytes:
    try:
        return stream.read1(STDIN_BLOCK_BYTES)
    except OSError as error:
        raise FileError(f"standard input: cannot be read: {error.strerror or error}") from None


def _decoded(lines: list[bytes], before: int) -> Iterator[list[str]]:
    """Yields the decoded lines as one batch; if a line is bad, first those before it, then raises TextError.

    before  number of lines in earlier batches
    """
    texts: list[str] = []
    for number, line in enumerate(lines, before + 1):
        try:
            text = line.decode()
            if "\0" in text:
                raise TextError(f"standard input: a NUL byte in line {number}")
        except (UnicodeDecodeError, TextError) as error:
            if texts:
                yield texts
            if isinstance(error, TextError):
                raise
            raise TextError(f"standard input: not UTF-8 in line {number}, byte {error.start + 1}") from None
        texts.append(text.removeprefix("\ufeff" if number == 1 else "").rstrip("\r"))
    yield texts
