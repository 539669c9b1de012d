"""Results on standard output as UTF-8, whatever the locale, each one there as soon as it is made."""

import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from errno import EBADF
from functools import lru_cache
from io import BufferedReader
from math import isfinite
from typing import TYPE_CHECKING, Any, cast

from ..errors import FileError, TextError

if TYPE_CHECKING:
    from ..model import Prediction

READ = 1 << 16  # bytes of standard input taken at a time
TOGETHER = 1024  # lines of it that are answered together


@contextmanager
def writing() -> Iterator[None]:
    """Raises BrokenPipeError when nobody reads standard output any more, FileError for other failures."""
    try:
        yield
    except BrokenPipeError:
        raise
    except (OSError, ValueError, AttributeError) as error:
        why = isinstance(error, OSError) and error.errno != EBADF and error.strerror
        raise FileError(f"standard output: cannot be written: {why or 'it is closed'}") from None


class Results(io.TextIOWrapper):
    """Standard output for those who write to it themselves, as for a table or a help text."""

    def write(self, text: str) -> int:
        with writing():
            return super().write(text)

    def flush(self) -> None:
        with writing():
            super().flush()


def emit(text: str, end: str = "\n") -> None:
    """Writes a result at once."""
    with writing():
        sys.stdout.buffer.write((text + end).encode("utf-8", "surrogateescape"))
        sys.stdout.buffer.flush()


def emit_json(value: dict[str, Any]) -> None:
    """Writes one object on one line; numbers that JSON does not have as null."""
    import json

    emit(harmless(json.dumps(_finite(value), ensure_ascii=False, allow_nan=False)))


def _finite(value: Any) -> Any:
    """The same with null for numbers that JSON does not have."""
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def named(context: str, prediction: "Prediction") -> dict[str, Any]:
    """A prediction as JSON has it."""
    return {
        "text": context,
        "typed": prediction.typed,
        "words": [word._asdict() for word in prediction],
        "eos": prediction.eos,
        "unk": prediction.unk,
        "unknown_words": prediction.unknown,
    }


def emit_rows(rows: Iterable[Iterable[object]]) -> None:
    """Writes records at once, tab-separated; a tab or line end within a field as a blank, None as nothing."""
    emit("".join("\t".join(map(harmless, map(_field, row))) + "\n" for row in rows), "")


def emit_words(words: Iterable[tuple[str, float]]) -> None:
    """Writes words and their probabilities at once."""
    emit("".join([f"{_word(word)}\t{probability:.6f}\n" for word, probability in words]), "")


@lru_cache(maxsize=1 << 16)
def _word(word: str) -> str:
    return _field(word)


def _field(value: object) -> str:
    text = "" if value is None else str(value)
    return text if text.isprintable() else " ".join(text.splitlines()).replace("\t", " ")


def emit_fields(fields: dict[str, Any]) -> None:
    """Writes a name and its value a line."""
    emit_rows(fields.items())


def emit_summary(summary: dict[str, Any], as_json: bool) -> None:
    """Writes names and values: a table for a person, a name and its value a line for a pipe, or one object."""
    if as_json:
        emit_json(summary)
    elif to_terminal():
        from .display import print_fields

        print_fields(summary)
    else:
        emit_fields({name: readable(value) for name, value in summary.items()})


def readable(value: Any) -> Any:
    """A number with the digits that mean something."""
    return f"{value:.4f}" if isinstance(value, float) else value


def to_terminal() -> bool:
    """Whether results go to a person."""
    return sys.stdout is not None and sys.stdout.isatty()


def harmless(text: str) -> str:
    """Text as it goes out: without control characters on a terminal."""
    return printable(text) if to_terminal() else text


def printable(text: str) -> str:
    """Text with control characters spelled out, so that no text can steer a terminal."""
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape", "backslashreplace").decode() for c in text
    )


def one_line(text: str) -> str:
    """The same with line ends spelled out as well: a file's name, and a message that has one in it."""
    return printable(text).replace("\n", "\\n")


def argument_text(words: Iterable[str]) -> str:
    """Text given as arguments, whatever the locale makes of them. Raises TextError for what is not UTF-8."""
    text = " ".join(words)
    try:
        return os.fsencode(text).decode()  # the bytes that were given, whatever the locale takes them for
    except UnicodeError:
        raise TextError(f"the text {text!a} is not UTF-8") from None


def input_lines(what: str) -> Iterator[list[str]]:
    """The lines of standard input, as many at a time as are there already, at least one.

    Raises FileError, TextError.
    """
    number = 0
    for lines in raw_lines(what):
        yield from _decoded(lines, number)
        number += len(lines)


def raw_lines(what: str) -> Iterator[list[bytes]]:
    """The same as bytes. Raises FileError."""
    if sys.stdin is None:
        raise FileError(f"standard input: closed. Give {what} as arguments, or pipe them in, one a line")
    if sys.stdin.isatty():
        print(f"Reading {what} from the keyboard, one a line; Ctrl-D ends.", file=sys.stderr)
    rest = b""
    stream = cast(BufferedReader, sys.stdin.buffer)
    while data := _read(stream):
        *lines, rest = (rest + data).split(b"\n")
        for start in range(0, len(lines), TOGETHER):
            yield lines[start : start + TOGETHER]
    if rest:
        yield [rest]


def _read(stream: BufferedReader) -> bytes:
    try:
        return stream.read1(READ)
    except OSError as error:
        raise FileError(f"standard input: cannot be read: {error.strerror or error}") from None


def _decoded(lines: list[bytes], before: int) -> Iterator[list[str]]:
    """Lines as text, together; before an error those that come before it."""
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
