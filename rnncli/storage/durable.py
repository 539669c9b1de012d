"""The only place that writes files: a file is replaced whole or not at all."""

import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, cast

from ..errors import FileError
from .sealed import StrPath


def scratch(folder: StrPath) -> BinaryIO:
    """A new file without a name, gone when it is closed, on the disk that holds `folder`."""
    import tempfile  # here, because predicting does without

    try:
        return cast(BinaryIO, tempfile.TemporaryFile(dir=folder))
    except OSError as error:
        raise FileError(f"{folder}: cannot be written to: {error.strerror or error}") from None


def replace(path: StrPath, write: Callable[[BinaryIO], None]) -> None:
    """Gives `path` new content: written beside it, flushed to the disk, then renamed over it.

    Whatever happens there is the old file or the new one. A link stays a link and its target is replaced; a file
    that was there keeps its mode. Raises FileError.
    """
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f".{name[:200]}.{os.getpid()}.tmp")
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, 0o666)
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror or error}") from None
    try:
        with os.fdopen(descriptor, "w+b") as file:
            if os.path.exists(target):
                os.fchmod(descriptor, stat.S_IMODE(os.stat(target).st_mode))
            write(file)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, target)
        _flush_folder(folder)
    except OSError as error:
        raise FileError(f"{path}: not saved: {error.strerror or error}") from None
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)


def remove(path: StrPath) -> None:
    """Takes a file away, if it is there, for good. Raises FileError."""
    target = os.path.realpath(path)
    try:
        with suppress(FileNotFoundError):
            os.unlink(target)
            _flush_folder(os.path.dirname(target))
    except OSError as error:
        raise FileError(f"{path}: cannot be removed: {error.strerror or error}") from None


def _flush_folder(folder: StrPath) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def journal(path: StrPath) -> Iterator[Callable[[dict[str, Any]], None]]:
    """A new file that gets objects as JSON, one a line, each there as soon as it is written. Raises FileError."""
    try:
        with open(path, "w", encoding="utf-8", buffering=1) as file:
            yield lambda value: print(json.dumps(value, ensure_ascii=False), file=file)
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror or error}") from None
