"""Reads UTF-8 text from files, standard input and gzip; bytes that are no text are reported with their place."""

import gzip
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, cast

from ..errors import FileError, TextError

READ_BLOCK_BYTES = 1 << 20
OTHER_FORMATS = {
    b"\xff\xfe\0\0": "looks like UTF-32; convert it first: iconv -f utf-32 -t utf-8",
    b"\0\0\xfe\xff": "looks like UTF-32; convert it first: iconv -f utf-32 -t utf-8",
    b"\xff\xfe": "looks like UTF-16; convert it first: iconv -f utf-16 -t utf-8",
    b"\xfe\xff": "looks like UTF-16; convert it first: iconv -f utf-16 -t utf-8",
    b"PK\x03\x04": "is a zip archive, not text; unpack it first",
    b"%PDF": "is a PDF, not text; convert it first: pdftotext",
}


def source_name(path: str) -> str:
    """Returns what error messages call a path."""
    return "standard input" if path == "-" else path


def read_texts(paths: Iterable[str], digest: Any = None) -> Iterator[str]:
    """Yields the text of files, one after the other, in blocks that end between words; a blank line ends each file.

    "-" is standard input. All line ends become newlines. `digest`, an object of hashlib, is updated with the text.
    Raises FileError for files that cannot be opened or read, TextError for bytes that are not UTF-8 text.
    """
    for path in paths:
        for block in chain(read_text(path), ["\n\n"]):
            if digest is not None:
                digest.update(block.encode())
            yield block


def read_text(path: str) -> Iterator[str]:
    """Yields the text of one file, in blocks that end between words. Raises FileError and TextError."""
    line, offset = 1, 0
    with _opened(path) as file:
        for data in _whole_words(_bytes(file, path)):
            try:
                text = data.decode()
            except UnicodeDecodeError as error:
                line += data.count(b"\n", 0, error.start)
                raise TextError(
                    f"{source_name(path)}: not UTF-8 at byte {offset + error.start} (line {line}). "
                    "Convert it first, for example: iconv -f latin1 -t utf-8"
                ) from None
            if "\0" in text:
                line += text.count("\n", 0, text.index("\0"))
                raise TextError(f"{source_name(path)}: a NUL byte in line {line}; is this a binary file?")
            if not offset:
                text = text.removeprefix("\ufeff")
            line += data.count(b"\n")
            offset += len(data)
            yield text.replace("\r\n", "\n").replace("\r", "\n")
    if not offset:
        raise TextError(f"{source_name(path)}: is empty")


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    try:
        if path == "-":
            if sys.stdin is None:
                raise FileError("standard input: closed. Give a file, or pipe text in")
            yield _decompressed(sys.stdin.buffer)
        else:
            with Path(path).open("rb") as file:
                yield _decompressed(file)
    except IsADirectoryError:
        raise FileError(f"{source_name(path)}: is a directory. Give the files in it") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise TextError(f"{source_name(path)}: damaged gzip file ({error})") from None
    except OSError as error:
        raise FileError(f"{source_name(path)}: cannot be read: {error.strerror or error}") from None


def _decompressed(file: Any) -> BinaryIO:
    """Returns the file, decompressed if its first bytes are those of gzip."""
    return cast(BinaryIO, gzip.GzipFile(fileobj=file) if file.peek(2)[:2] == b"\x1f\x8b" else file)


def _bytes(file: BinaryIO, path: str) -> Iterator[bytes]:
    """Yields the bytes of a file. Raises TextError if the file begins as a known format other than text does."""
    first = True
    while data := cast(Any, file).read1(READ_BLOCK_BYTES):
        if first:
            first = False
            for magic, what in OTHER_FORMATS.items():
                if data.startswith(magic):
                    raise TextError(f"{source_name(path)}: {what}")
        yield data


def _whole_words(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yields bytes cut after line ends, in an endless line after a blank, or after READ_BLOCK_BYTES without either."""
    rest = b""
    for piece in pieces:
        cut = piece.rfind(b"\n") + 1
        if not cut and len(rest) + len(piece) >= READ_BLOCK_BYTES:
            cut = max(piece.rfind(b" "), piece.rfind(b"\t")) + 1 or _last_character(piece)
        if cut:
            yield rest + piece[:cut]
            rest = piece[cut:]
        else:
            rest += piece
    if rest:
        yield rest


def _last_character(piece: bytes) -> int:
    """Returns where the last character of a piece of UTF-8 begins."""
    start = len(piece) - 1
    while start > max(0, len(piece) - 4) and piece[start] & 0xC0 == 0x80:
        start -= 1
    return start
