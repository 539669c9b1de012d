"""Decodes a stream of bytes, and says of bytes that do not fit where they are, what they are, and what to do."""

import codecs
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from encodings.aliases import aliases
from io import IncrementalNewlineDecoder
from itertools import chain
from typing import NoReturn

from ..errors import TextError, UsageError
from .encoding import SAMPLE_BYTES, UTF_8, Candidate, guesses, wide_encoding
from .formats import BINARY, Format, format_of_bytes, format_of_text, is_binary
from .names import command_name, source_name

MARKS = {  # byte order marks, which prove an encoding
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
ESCAPES = re.compile(rb"\x1b\$[@B]|\x1b\$\)C")  # by which ISO-2022 changes to Japanese or Korean
SURROGATES = re.compile("[\ud800-\udfff]")
LONG_BYTES = 10_000  # of text, above which a single byte beyond ASCII may as well be damage
MIN_VALID = 8  # characters of UTF-8 before a fault, above which they are no accident


def decoded(pieces: Iterable[bytes], path: str, encoding: str | None = None) -> Iterator[str]:
    """Yields the text of a file's bytes, with newlines as line ends, without a byte order mark.

    encoding  None: that of a byte order mark, or UTF-8
    Raises TextError if the bytes are not text of the encoding, UsageError if there is no such encoding.
    """
    given = _require_known(encoding) if encoding is not None else None
    pieces = iter(pieces)
    head = next(pieces, b"")
    _refuse(format_of_bytes(head), path)
    name = given or next((name for mark, name in MARKS.items() if head.startswith(mark)), "utf-8")
    if not given and name == "utf-8":
        _require_plain(head, path)
    decoder, newlines = codecs.getincrementaldecoder(name)(), IncrementalNewlineDecoder(None, translate=True)
    line, offset, valid, last = 1, 0, 0, b""
    for data in chain([head], pieces, [b""]):
        state = decoder.getstate()
        try:
            text = newlines.decode(decoder.decode(data, not data), not data)
            if given and SURROGATES.search(text):
                raise UnicodeError("half of a character")
        except UnicodeError as error:
            begun = len(state[0])  # bytes of a character that the last block ended inside of
            at = getattr(error, "start", begun) - begun  # in this block
            decoder.setstate(state)
            before = ""
            with suppress(UnicodeError):  # UTF-16 says only now that its mark is missing
                before = decoder.decode(data[: max(0, at)])
            place = f"byte {offset + at} (line {line + _lines(before)})"
            if name != "utf-8" or given:
                _refuse_misfit(path, name, place, is_cut=not data)
            valid += sum(c > "\x7f" for c in before)
            around = last if at < 0 else b""
            _refuse_encoding(path, place, around + data, len(around) + at, valid, is_cut=not data)
        if "\0" in text:
            line += text.count("\n", 0, text.index("\0"))
            raise TextError(f"{source_name(path)}: a NUL byte in line {line}; is this a binary file?")
        if not offset:
            text = text.removeprefix("\ufeff")
            _refuse(format_of_text(text), path)
        if not text.isascii() and valid < MIN_VALID:
            valid += len(text) - len(text.encode("ascii", "ignore"))
        line += text.count("\n")
        offset += len(data)
        last = data
        yield text


def _lines(before: str) -> int:
    """Counts the line ends of a text, whatever they are."""
    return before.count("\n") + before.count("\r") - before.count("\r\n")


def _require_known(name: str) -> str:
    """Returns the name of an encoding. Raises UsageError if Python knows no text encoding of that name."""
    try:
        if not name.isascii():
            raise LookupError
        codecs.getincrementaldecoder(name)
        b"a".decode(name)
    except UnicodeError:
        pass  # UTF-16, for one, needs more bytes
    except (LookupError, ValueError, TypeError):
        from difflib import get_close_matches

        close = get_close_matches(name.lower().replace("-", "_"), [*aliases, *aliases.values()], n=1)
        meant = f"do you mean {close[0].replace('_', '-')}?" if close else "write windows-1252, koi8-r, gbk, ..."
        raise UsageError(f"--encoding {name}: no text encoding that Python knows; {meant}") from None
    return name


def _refuse(format_: Format | None, path: str) -> None:
    """Raises TextError for a file of a format that is not plain text."""
    if format_:
        raise TextError(f"{source_name(path)}: is {format_.what}. {format_.advice(command_name(path))}")


def _require_plain(head: bytes, path: str) -> None:
    """Raises TextError for a beginning that is UTF-16 without a mark, ISO-2022, or binary."""
    sample = head[:SAMPLE_BYTES]
    if b"\0" in sample and (wide := wide_encoding(sample)):
        raise TextError(f"{source_name(path)}: is {wide.title}. Give --encoding {wide.name}")
    if sample.isascii() and (escape := ESCAPES.search(sample)):
        name = "iso-2022-kr" if escape[0].endswith(b"C") else "iso-2022-jp"
        raise TextError(f"{source_name(path)}: is {name.upper()}. Give --encoding {name}")
    if b"\0" in head:
        line = 1 + _lines(head[: head.index(b"\0")].decode("latin-1"))
        raise TextError(f"{source_name(path)}: a NUL byte in line {line}; is this a binary file?")
    if is_binary(sample):
        _refuse(BINARY, path)


def _refuse_misfit(path: str, encoding: str, place: str, is_cut: bool) -> NoReturn:
    """Raises TextError for bytes that do not fit the encoding that a user, or a byte order mark, says."""
    if is_cut:
        raise TextError(
            f"{source_name(path)}: ends inside a character of {encoding}, at {place}: the file was cut. "
            f"Drop the bytes: {_dropping(path, encoding)}"
        )
    raise TextError(
        f"{source_name(path)}: not {encoding} at {place}. Give another --encoding, "
        f"or drop bytes that do not fit: {_dropping(path, encoding)}"
    )


def _refuse_encoding(path: str, place: str, data: bytes, at: int, valid: int, is_cut: bool) -> NoReturn:
    """Raises TextError for bytes that are not UTF-8, with the encoding that they seem to be in.

    data   the bytes around the fault, which is at byte `at`
    valid  characters beyond ASCII that were UTF-8 before
    """
    what, sample = f"{source_name(path)}: not UTF-8 at {place}", sample_around(data, at)
    found, beyond_ascii = guesses(sample), sum(byte > 127 for byte in sample)
    others = [guess.candidate for guess in found if guess.candidate is not UTF_8]
    damaged = valid >= MIN_VALID or (is_cut and len(data) - at > 1) or (found and found[0].candidate is UTF_8)
    if damaged and not is_cut and (second := _second_encoding(sample)):
        raise TextError(
            f"{what}: the text around it is UTF-8, but other lines seem to be {second.title}. "
            f"Convert these lines apart, or drop what does not fit: {_dropping(path, 'utf-8')}"
        )
    is_alone = beyond_ascii == 1 and (len(found) != 1 or len(data) > LONG_BYTES)
    if damaged or is_alone:
        reason = (
            "the file ends inside a character"
            if is_cut
            else f"the byte 0x{data[at]:02X}, while the text around it is UTF-8"
        )
        also = ""
        if others and not valid and not is_cut:
            letter = _letter(data[at : at + 1], others[0].name) if beyond_ascii == 1 else ""
            meant = f"it means {letter}" if letter else f"the text is {others[0].title}"
            also = f". Or {meant}: then give --encoding {others[0].name}"
        raise TextError(f"{what}: {reason}. Drop what does not fit: {_dropping(path, 'utf-8')}{also}")
    if not others:
        tell = f"`file -i {command_name(path)}` may tell" if path != "-" else "`file -i` may tell"
        raise TextError(f"{what}, nor any encoding that can be told from its bytes. {tell}; then give --encoding NAME")
    best = others[0]
    if len(others) == 1:
        raise TextError(f"{what}: the text is {best.title}. Give --encoding {best.name}; no conversion is needed")
    names = [other.name for other in others]
    raise TextError(
        f"{what}: the text may be {', '.join(names[:-1])} or {names[-1]}; its bytes do not decide. "
        f"See if it reads right: iconv -f {best.name} -t utf-8 {command_name(path)} | head; "
        f"then give --encoding {best.name}"
    )


def _second_encoding(sample: bytes) -> Candidate | None:
    """Returns the encoding that those lines of a sample are in that are not UTF-8, if there are several in one."""
    lines = [line for line in sample.split(b"\n") if not _is_utf_8(line)]
    found = guesses(b"\n".join(lines))
    return found[0].candidate if len(lines) > 1 and len(found) == 1 and found[0].candidate is not UTF_8 else None


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _letter(byte: bytes, encoding: str) -> str:
    """Returns what a byte is in an encoding, if it can be shown."""
    letter = byte.decode(encoding, "ignore")
    return letter if letter.isprintable() else ""


def _dropping(path: str, encoding: str) -> str:
    """Returns the command that drops the bytes of a file that do not fit an encoding."""
    return f"iconv -c -f {encoding} -t utf-8 {command_name(path)} > clean.txt"


def sample_around(data: bytes, at: int) -> bytes:
    """Returns the lines of a block that have bytes beyond ASCII, from that of the fault on; then those before it.

    A line starts a character in every encoding that may be told, and so does what follows a blank or a sign that is no
    second byte in any.
    """
    start = data.rfind(b"\n", 0, at) + 1
    if at - start > SAMPLE_BYTES // 2:
        begun = max(data.rfind(bytes([c]), start, at - 64) for c in b" \t\r,.")
        start = begun + 1 if begun >= 0 else start if at - start < SAMPLE_BYTES else at
    taken, size = [], 0
    for line in chain(data[start:].split(b"\n"), reversed(data[:start].split(b"\n"))):
        if not line.isascii():
            taken.append(line[: SAMPLE_BYTES - size])
            size += len(taken[-1]) + 1
        if size >= SAMPLE_BYTES:
            break
    return b"\n".join(taken)
