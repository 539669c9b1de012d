"""Files for other programs."""

import gzip
import io
import os
import zlib
from collections.abc import Sequence
from typing import BinaryIO

from ..counts.arpa import HEAD, write
from ..counts.predictor import Counts
from ..errors import FileError, UsageError
from .checksum import StrPath
from .durable import replace


def save_arpa(path: StrPath, counts: Counts, words: Sequence[str]) -> None:
    """Writes n-grams in the ARPA format, all or nothing; compressed by gzip if the name ends in .gz.

    words  of the vocabulary
    Raises FileError, and UsageError for a file that is there and holds something else.
    """
    is_compressed = os.fspath(path).endswith(".gz")
    if os.path.exists(path) and not _is_arpa(path, is_compressed):
        raise UsageError(f"{path}: exists and is no ARPA file. Give another name")

    def put(file: BinaryIO) -> None:
        out = gzip.GzipFile("", "wb", 6, file, mtime=0) if is_compressed else file
        text = io.TextIOWrapper(out, "utf-8", newline="\n", write_through=False)
        write(text, counts, words)
        text.flush()
        text.detach()
        if out is not file:
            out.close()

    replace(path, put)


def _is_arpa(path: StrPath, is_compressed: bool) -> bool:
    try:
        with gzip.open(path) if is_compressed else open(path, "rb") as file:
            return not os.path.getsize(path) or bytes(file.read(len(HEAD))) == HEAD.encode()
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return False
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror or error}") from None
