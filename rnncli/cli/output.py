"""Writes results to standard output: UTF-8 whatever the locale, each result as soon as it is made."""

import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from errno import EBADF
from functools import lru_cache
from math import floor, isfinite, log10
from typing import TYPE_CHECKING, Any

from ..errors import FileError
from .escape import printable

if TYPE_CHECKING:
    from ..model import Prediction

EMPTY_ROW = "\t\n"
EMPTY_ROWS_AT_ONCE = 1 << 16  # that are written at a time
LEAST_DECIMAL = 1e-5  # a smaller probability would have one digit in six decimals, or none


@contextmanager
def writing() -> Iterator[None]:
    """Turns failures to write to standard output into FileError; BrokenPipeError passes: nobody reads any more."""
    try:
        yield
    except BrokenPipeError:
        raise
    except (OSError, ValueError, AttributeError) as error:
        why = isinstance(error, OSError) and error.errno != EBADF and error.strerror
        raise FileError(f"standard output: cannot be written: {why or 'it is closed'}") from None


class ResultStream(io.TextIOWrapper):
    """Standard output for what is printed rather than emitted, as tables and help are. Raises as `writing` does."""

    def write(self, text: str) -> int:
        with writing():
            return super().write(text)

    def flush(self) -> None:
        with writing():
            super().flush()


def emit(text: str, end: str = "\n") -> None:
    """Writes a text and flushes it."""
    with writing():
        sys.stdout.buffer.write((text + end).encode("utf-8", "surrogateescape"))
        sys.stdout.buffer.flush()


def emit_json(value: dict[str, Any]) -> None:
    """Writes an object as one line of JSON; infinities and nan become null."""
    import json

    emit(harmless(json.dumps(_json_safe(value), ensure_ascii=False, allow_nan=False)))


def _json_safe(value: Any) -> Any:
    """Replaces numbers that JSON does not have by None, at any depth."""
    if isinstance(value, dict):
        return {name: _json_safe(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_json_safe(part) for part in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def prediction_fields(context: str, prediction: "Prediction") -> dict[str, Any]:
    """Returns the JSON fields of a prediction."""
    return {
        "text": context,
        "typed": prediction.typed,
        "words": [
            word._asdict()
            | ({"unknown": True} if word.word in prediction.unknown_offered else {})
            | ({"slip": True} if word.word in prediction.slips else {})
            for word in prediction
        ],
        "eos": prediction.eos,
        "unk": prediction.unk,
        "par": prediction.par,
        "unknown_words": prediction.unknown,
    }


def emit_rows(rows: Iterable[Iterable[object]]) -> None:
    """Writes tab-separated records; None is an empty field."""
    emit("".join("\t".join(map(_field, row)) + "\n" for row in rows), "")


def emit_words(predictions: Iterable[Iterable[tuple[str, float]]], least: int = 0) -> None:
    """Writes a line for each word: the word, a tab and its probability.

    least  lines a prediction; where there are fewer words, word and probability are empty
    """
    parts: list[str] = []
    for prediction in predictions:
        lines = [f"{_word(word)}\t{_decimal(probability)}\n" for word, probability in prediction]
        parts += lines
        lacking = least - len(lines)
        while lacking > 0:
            parts.append(EMPTY_ROW * min(lacking, EMPTY_ROWS_AT_ONCE))
            lacking -= EMPTY_ROWS_AT_ONCE
            if lacking > 0:
                emit("".join(parts), "")
                parts = []
    emit("".join(parts), "")


@lru_cache(maxsize=1 << 16)
def _word(word: str) -> str:
    return _field(word)


def _field(value: object) -> str:
    """Returns a field on one line; one with a quotation mark is quoted, as csv.QUOTE_MINIMAL and RFC 4180 have it."""
    text = "" if value is None else str(value)
    if not text.isprintable():
        text = " ".join(text.splitlines()).replace("\t", " ")
    return '"' + text.replace('"', '""') + '"' if '"' in text else text


def _decimal(probability: float) -> str:
    """Formats a probability with six decimals, or as many as three digits take; without exponent, as sort -n wants."""
    decimals = 6 if probability >= LEAST_DECIMAL or not probability else 2 - floor(log10(probability))
    return f"{probability:.{decimals}f}"


def emit_fields(fields: dict[str, Any]) -> None:
    """Writes a line for each field: its name, a tab and its value."""
    emit_rows(fields.items())


def emit_summary(summary: dict[str, Any], as_json: bool) -> None:
    """Writes fields as a table on a terminal, as `emit_fields` does in a pipe, or as one JSON object."""
    if as_json:
        emit_json(summary)
    elif to_terminal():
        from .display import print_fields

        print_fields(summary)
    else:
        emit_fields({name: readable(value) for name, value in summary.items()})


def readable(value: Any) -> Any:
    """Formats floats with four decimals; other values stay."""
    return f"{value:.4f}" if isinstance(value, float) else value


def to_terminal() -> bool:
    """Returns whether standard output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def harmless(text: str) -> str:
    """Escapes control characters if standard output is a terminal."""
    return printable(text) if to_terminal() else text
