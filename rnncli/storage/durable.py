"""The only place that writes files: a file is replaced whole or not at all."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

from ..errors import FileError


def scratch(folder: Path) -> BinaryIO:
    """A new file without a name, gone when it is closed, on the disk that holds `folder`."""
    import tempfile  # here, because predicting does without

    try:
        return cast(BinaryIO, tempfile.TemporaryFile(dir=folder))
    except OSError as error:
        raise FileError(f"{folder}: cannot be written to: {error.strerror or error}") from None


def replace(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Gives `path` new content: written beside it, flushed to the disk, then renamed over it.

    Whatever happens there is the old file or the new one. A link stays a link and its target is replaced; a file
    that was there keeps its mode. Raises FileError.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name[:200]}.{os.getpid()}.tmp")
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, 0o666)
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror or error}") from None
    try:
        with os.fdopen(descriptor, "w+b") as file:
            if target.exists():
                os.fchmod(descriptor, stat.S_IMODE(target.stat().st_mode))
            write(file)
            file.flush()
            os.fsync(descriptor)
        temporary.replace(target)
        _flush_folder(target.parent)
    except OSError as error:
        raise FileError(f"{path}: not saved: {error.strerror or error}") from None
    finally:
        temporary.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
