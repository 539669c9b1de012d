"""Reads text from files and standard input, whatever they are compressed by and encoded in."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, BinaryIO, cast

from ..errors import TextError
from .compression import opened
from .decoding import decoded
from .names import source_name
from .oddities import Oddities

READ_BLOCK_BYTES = 1 << 20
HEAD_BYTES = 64  # by which most formats can be told; pipes may deliver less at a time


def read_texts(
    paths: Iterable[str],
    digest: Any = None,
    encoding: str | None = None,
    notify: Callable[[str], None] = lambda _: None,
) -> Iterator[str]:
    """Yields the text of files, one after the other, in blocks that end between words; a blank line ends each file.

    "-" is standard input. All line ends become newlines. `digest`, an object of hashlib, is updated with the text.
    `notify` gets, after the last file, a sentence on characters that an earlier conversion seems to have spoiled.
    Raises FileError for files that cannot be opened or read, TextError for bytes that are not text of the encoding
    (None: UTF-8, or that of a byte order mark), UsageError for an unknown encoding.
    """
    oddities = Oddities(encoding)
    for path in paths:
        for block in chain(read_text(path, encoding, oddities), ["\n\n"]):
            if digest is not None:
                digest.update(block.encode())
            yield block
    for message in oddities.messages():
        notify(message)


def read_text(path: str, encoding: str | None = None, oddities: Oddities | None = None) -> Iterator[str]:
    """Yields the text of one file, in blocks that end between words; counts odd characters.

    Raises FileError, TextError and UsageError.
    """
    line = 1
    with opened(path) as file:
        for text in _whole_words(decoded(_bytes(file, path), path, encoding)):
            if oddities:
                oddities.look_at(text, path, line)
            line += text.count("\n")
            yield text


def _bytes(file: BinaryIO, path: str) -> Iterator[bytes]:
    """Yields the bytes of a file, the first HEAD_BYTES together. Raises TextError if there are none."""
    head, pieces = b"", iter(lambda: cast(Any, file).read1(READ_BLOCK_BYTES), b"")
    for data in pieces:
        head += data
        if len(head) >= HEAD_BYTES:
            break
    if not head:
        raise TextError(f"{source_name(path)}: is empty")
    yield head
    if len(head) >= HEAD_BYTES:
        yield from pieces


def _whole_words(pieces: Iterable[str]) -> Iterator[str]:
    """Yields text cut after line ends, in an endless line after a blank, or after READ_BLOCK_BYTES without either."""
    rest = ""
    for piece in pieces:
        cut = piece.rfind("\n") + 1
        if not cut and len(rest) + len(piece) >= READ_BLOCK_BYTES:
            cut = max(piece.rfind(" "), piece.rfind("\t")) + 1 or len(piece) - 1
        if cut:
            yield rest + piece[:cut]
            rest = piece[cut:]
        else:
            rest += piece
    if rest:
        yield rest
