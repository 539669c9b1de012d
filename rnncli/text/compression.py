"""Opens files and standard input, and decompresses what is compressed by gzip, bzip2, xz or zstd."""

import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, cast

from ..errors import FileError, TextError
from .names import command_name, source_name

MAGIC_BYTES = 7  # that tell the compressions apart
MAGICS = {
    b"\x1f\x8b": "gzip",
    **{b"BZh%d1AY" % level: "bzip2" for level in range(1, 10)},
    **{b"BZh%d\x17rE" % level: "bzip2" for level in range(1, 10)},  # of nothing
    b"\xfd7zXZ\0": "xz",
    b"]\0\0": "xz",  # its predecessor, .lzma
    b"\x28\xb5\x2f\xfd": "zstd",
}
MODULES = {  # (module of the standard library, class that reads)
    "gzip": ("gzip", "GzipFile"),
    "bzip2": ("bz2", "BZ2File"),
    "xz": ("lzma", "LZMAFile"),
    "zstd": ("compression.zstd", "ZstdFile"),  # Python 3.14
}


@contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """Opens a file, or standard input for "-", and reads what its compressed bytes say.

    Raises FileError for what cannot be opened or read, TextError for what cannot be decompressed.
    """
    compression = ""
    try:
        if path == "-":
            if sys.stdin is None:
                raise FileError("standard input: closed. Give a file, or pipe text in")
            compression = _compression(sys.stdin.buffer)
            yield _decompressed(sys.stdin.buffer, compression, path)
        else:
            with Path(path).open("rb") as file:
                compression = _compression(file)
                yield _decompressed(file, compression, path)
    except IsADirectoryError:
        raise FileError(f"{source_name(path)}: is a directory. Give the files in it") from None
    except Exception as error:
        if compression and _is_damage(error):
            raise TextError(f"{source_name(path)}: damaged {compression} file ({error})") from None
        if isinstance(error, OSError):
            raise FileError(f"{source_name(path)}: cannot be read: {error.strerror or error}") from None
        raise


def _is_damage(error: Exception) -> bool:
    """Tells whether an error is one of compressed data, not of the system: modules raise OSError for both."""
    of_module = type(error).__name__ in ("LZMAError", "ZstdError")
    return of_module or isinstance(error, EOFError | zlib.error) or (isinstance(error, OSError) and not error.errno)


def _compression(file: Any) -> str:
    """Returns what a file is compressed by, "" for nothing known."""
    head = file.peek(MAGIC_BYTES)[:MAGIC_BYTES]
    return next((name for magic, name in MAGICS.items() if head.startswith(magic)), "")


def _decompressed(file: Any, compression: str, path: str) -> BinaryIO:
    """Returns a file that reads the decompressed bytes. Raises TextError if this Python cannot decompress them."""
    if not compression:
        return cast(BinaryIO, file)
    module, reader = MODULES[compression]
    try:
        read = getattr(import_module(module), reader)
    except ImportError:
        raise TextError(
            f"{source_name(path)}: is compressed by {compression}, which this Python cannot read. "
            f"Decompress it: {compression} -dc {command_name(path)} > text.txt"
        ) from None
    return cast(BinaryIO, read(fileobj=file) if compression == "gzip" else read(file))
