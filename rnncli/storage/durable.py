"""The only place that writes files: a file is replaced whole or not at all."""

import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from errno import EINVAL
from typing import Any, BinaryIO, cast

from ..errors import FileError, InUseError
from .checksum import StrPath


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
    try:
        target = os.path.realpath(path)
        _require_file(path, target)
        folder = os.path.dirname(target)
        temporary = _hidden(target, f".{os.getpid()}.tmp")
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
        with suppress(OSError):
            os.unlink(temporary)


def lock(path: StrPath) -> Callable[[], None]:
    """Keeps other trainings from a file until what this returns is called, or the process ends, however it does.

    Clears away what a process that was killed while it wrote the file has left. A file system without locks does
    without. Raises InUseError, FileError.
    """
    from glob import escape, glob  # here, because predicting does without

    try:
        target = os.path.realpath(path)
        _require_file(path, target)
        name = _hidden(target, ".lock")
        descriptor = _locked(name)
    except BlockingIOError as error:
        raise InUseError(f"{path}: in use by another process ({error.strerror})") from None
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror or error}") from None
    for left in glob(f"{escape(_hidden(target, ''))}.*.tmp"):
        with suppress(OSError):
            os.unlink(left)

    def release() -> None:
        with suppress(OSError):
            os.unlink(name)
        os.close(descriptor)

    return release


def _require_file(path: StrPath, target: str) -> None:
    """Raises FileError where something is that no file may take the place of."""
    with suppress(OSError):
        if not stat.S_ISREG(os.stat(target).st_mode):
            raise FileError(f"{path}: cannot be written: is a folder, a pipe or a device. Give another name")


def _locked(name: str) -> int:
    """The descriptor of a lock file, locked. Raises BlockingIOError with the holder's process for its text."""
    from fcntl import LOCK_EX, LOCK_NB, flock

    while True:
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        try:
            flock(descriptor, LOCK_EX | LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise BlockingIOError(error.errno, holder) from None
        except OSError:  # a file system without locks
            return descriptor
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), os.stat(name)):  # else its holder has just taken it away
                os.ftruncate(descriptor, 0)
                os.write(descriptor, f"{os.getpid()}\n".encode())
                return descriptor
        os.close(descriptor)


def _hidden(target: str, ending: str) -> str:
    """The name of a file that serves another one, beside it."""
    folder, name = os.path.split(target)
    return os.path.join(folder, f".{os.fsdecode(os.fsencode(name)[:200])}{ending}")


def remove(path: StrPath) -> None:
    """Takes a file away, if it is there, for good. Raises FileError."""
    try:
        target = os.path.realpath(path)
        with suppress(FileNotFoundError):
            os.unlink(target)
            _flush_folder(os.path.dirname(target))
    except OSError as error:
        raise FileError(f"{path}: cannot be removed: {error.strerror or error}") from None


def _flush_folder(folder: StrPath) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != EINVAL:  # some file systems have nothing to flush there
            raise
    finally:
        os.close(descriptor)


@contextmanager
def journal(path: StrPath) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Opens a JSON Lines file and yields a function that appends an object to it, at once.

    Raises FileError where this file cannot be opened or written, and nothing for errors of other files in between.
    """

    @contextmanager
    def writing() -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise FileError(f"{path}: cannot be written: {error.strerror or error}") from None

    def append(value: dict[str, Any]) -> None:
        with writing():
            print(json.dumps(value, ensure_ascii=False), file=file)

    with writing():
        file = open(path, "a", encoding="utf-8", buffering=1)  # noqa: SIM115
    try:
        yield append
    except BaseException:
        with suppress(OSError):  # the first error is the one to report
            file.close()
        raise
    with writing():
        file.close()
