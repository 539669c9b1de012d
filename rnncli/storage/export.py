"""Files for other programs."""

import gzip
import io
import os
from collections.abc import Sequence
from typing import BinaryIO

from ..counts.arpa import write
from ..counts.predictor import Counts
from ..errors import UsageError
from .checksum import StrPath
from .durable import replace


def save_arpa(path: StrPath, counts: Counts, words: Sequence[str], force: bool = False) -> None:
    """Writes n-grams in the ARPA format, all or nothing; compressed by gzip if the name ends in .gz.

    words  of the vocabulary
    force  replace a file that is there
    Raises FileError, and UsageError for a file that is there.
    """
    is_compressed = os.fspath(path).lower().endswith(".gz")
    if os.path.isfile(path) and os.path.getsize(path) and not force:
        raise UsageError(f"{path}: exists. Give another name, or --force to replace it")

    def put(file: BinaryIO) -> None:
        out = gzip.GzipFile("", "wb", 6, file, mtime=0) if is_compressed else file
        text = io.TextIOWrapper(out, "utf-8", newline="\n", write_through=False)
        write(text, counts, words)
        text.flush()
        text.detach()
        if out is not file:
            out.close()

    replace(path, put)
