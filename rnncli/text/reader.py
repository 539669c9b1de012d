"""Bytes to text: files, stdin, gzip; UTF-8 only, and what is not is named with its byte and line."""

import gzip
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, cast

from ..errors import FileError, TextError

BLOCK = 1 << 20  # bytes read at a time
FOREIGN = {
    b"\xff\xfe\0\0": "looks like UTF-32; convert it first: iconv -f utf-32 -t utf-8",
    b"\0\0\xfe\xff": "looks like UTF-32; convert it first: iconv -f utf-32 -t utf-8",
    b"\xff\xfe": "looks like UTF-16; convert it first: iconv -f utf-16 -t utf-8",
    b"\xfe\xff": "looks like UTF-16; convert it first: iconv -f utf-16 -t utf-8",
    b"PK\x03\x04": "is a zip archive, not text; unpack it first",
    b"%PDF": "is a PDF, not text; convert it first: pdftotext",
}


def name(path: str) -> str:
    """What people call a text given as a path."""
    return "standard input" if path == "-" else path


def read_texts(paths: Iterable[str], digest: Any = None) -> Iterator[str]:
    """The text of files one after the other, in blocks that end between words, each file's end as a blank line.

    "-" is standard input. Line ends come as newlines whatever they were. A digest (hashlib's) is fed all of it, if
    there is one. Raises FileError for what cannot be opened or read, TextError for what is not UTF-8 text.
    """
    for path in paths:
        for block in chain(read_text(path), ["\n\n"]):
            if digest is not None:
                digest.update(block.encode())
            yield block


def read_text(path: str) -> Iterator[str]:
    """The text of one file, in blocks that end between words."""
    line, offset = 1, 0
    with _opened(path) as file:
        for data in _whole_words(_bytes(file, path)):
            try:
                text = data.decode()
            except UnicodeDecodeError as error:
                line += data.count(b"\n", 0, error.start)
                raise TextError(
                    f"{name(path)}: not UTF-8 at byte {offset + error.start} (line {line}). "
                    "Convert it first, for example: iconv -f latin1 -t utf-8"
                ) from None
            if "\0" in text:
                line += text.count("\n", 0, text.index("\0"))
                raise TextError(f"{name(path)}: a NUL byte in line {line}; is this a binary file?")
            if not offset:
                text = text.removeprefix("\ufeff")
            line += data.count(b"\n")
            offset += len(data)
            yield text.replace("\r\n", "\n").replace("\r", "\n")
    if not offset:
        raise TextError(f"{name(path)}: is empty")


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    try:
        if path == "-":
            if sys.stdin is None:
                raise FileError("standard input: closed. Give a file, or pipe text in")
            yield _plain(sys.stdin.buffer)
        else:
            with Path(path).open("rb") as file:
                yield _plain(file)
    except IsADirectoryError:
        raise FileError(f"{name(path)}: is a directory. Give the files in it") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise TextError(f"{name(path)}: damaged gzip file ({error})") from None
    except OSError as error:
        raise FileError(f"{name(path)}: cannot be read: {error.strerror or error}") from None


def _plain(file: Any) -> BinaryIO:
    """The file itself, or what a gzip file holds; told by its first bytes, not by its name."""
    return cast(BinaryIO, gzip.GzipFile(fileobj=file) if file.peek(2)[:2] == b"\x1f\x8b" else file)


def _bytes(file: BinaryIO, path: str) -> Iterator[bytes]:
    first = True
    while data := cast(Any, file).read1(BLOCK):
        if first:
            first = False
            for magic, what in FOREIGN.items():
                if data.startswith(magic):
                    raise TextError(f"{name(path)}: {what}")
        yield data


def _whole_words(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes cut after line ends, or within an endless line after a blank, or after BLOCK bytes of neither."""
    rest = b""
    for piece in pieces:
        cut = piece.rfind(b"\n") + 1
        if not cut and len(rest) + len(piece) >= BLOCK:
            cut = max(piece.rfind(b" "), piece.rfind(b"\t")) + 1 or _last_character(piece)
        if cut:
            yield rest + piece[:cut]
            rest = piece[cut:]
        else:
            rest += piece
    if rest:
        yield rest


def _last_character(piece: bytes) -> int:
    """Where the last character of a piece of UTF-8 begins."""
    start = len(piece) - 1
    while start > max(0, len(piece) - 4) and piece[start] & 0xC0 == 0x80:
        start -= 1
    return start
