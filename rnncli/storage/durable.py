"""The only place that writes files: a file is replaced as a whole or not at all."""

import fcntl
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from errno import EDQUOT, EINVAL, ENOSPC
from typing import Any, BinaryIO, cast

from ..errors import FileError, InUseError, ResourceError
from .checksum import StrPath

MAX_STEM_BYTES = 200  # of a file name, so that a dot and a suffix still fit


def scratch(folder: StrPath) -> BinaryIO:
    """Returns a new file without a name, gone when it is closed, on the disk that holds `folder`. Raises FileError."""
    import tempfile  # here, because predicting does without

    try:
        return cast(BinaryIO, tempfile.TemporaryFile(dir=folder))
    except OSError as error:
        raise FileError(f"{folder}: cannot be written to: {error.strerror or error}") from None


def require_space(folder: StrPath, needed: int, what: str, advice: str) -> None:
    """Raises ResourceError if the disk that holds `folder` has fewer bytes free than are needed, and says how many it
    has; `what` and `advice` go into the message. Raises FileError.
    """
    try:
        disk = os.statvfs(folder)
    except OSError as error:
        raise FileError(f"{folder}: cannot be written to: {error.strerror or error}") from None
    free = disk.f_bavail * disk.f_frsize
    if needed > free and disk.f_blocks:  # some file systems do not say what they have
        raise ResourceError(
            f"{folder}: {what} takes up to {needed / 1e6:,.1f} MB of its disk, and {free / 1e6:,.1f} MB are free. "
            f"{advice}"
        )


@contextmanager
def writing_scratch(folder: StrPath) -> Iterator[None]:
    """Turns the failure to write scratch files because the disk that holds `folder` is full into ResourceError."""
    try:
        yield
    except OSError as error:
        if error.errno not in (ENOSPC, EDQUOT):
            raise
        raise ResourceError(
            f"{folder}: its disk is full ({error.strerror}). Make room there, or give an output (-o) on another disk"
        ) from None


def replace(path: StrPath, write: Callable[[BinaryIO], None]) -> None:
    """Replaces the content of `path`: writes a temporary file in its folder, flushes it to the disk and renames it.

    Whatever happens, the old file or the new one is there. A link stays a link and its target is replaced; a file keeps
    its mode. Raises FileError.
    """
    try:
        target = os.path.realpath(path)
        _require_file(path, target)
        temporary = _sibling(target, f".{os.urandom(8).hex()}.tmp")  # a process number may be another container's, too
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, 0o666)
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror or error}") from None
    try:
        with os.fdopen(descriptor, "w+b") as file:
            if _was_removed(descriptor, temporary):
                return replace(path, write)
            if os.path.exists(target):
                os.fchmod(descriptor, stat.S_IMODE(os.stat(target).st_mode))
            write(file)
            file.flush()
            os.fsync(descriptor)
            os.replace(temporary, target)  # before the file is closed, and with it unlocked
        _flush_folder(os.path.dirname(target))
    except OSError as error:
        raise FileError(f"{path}: not saved: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def lock(path: StrPath) -> Callable[[], None]:
    """Locks a file for one training, until the returned function is called or the process ends, however it ends.

    Removes temporary files of processes that were killed. On a file system without locks nothing is locked. Raises
    InUseError, FileError.
    """
    from glob import escape, glob  # here, because predicting does without

    try:
        target = os.path.realpath(path)
        _require_file(path, target)
        name = _sibling(target, ".lock")
        descriptor = _lock_file(name)
    except BlockingIOError as error:
        raise InUseError(f"{path}: in use by another process ({error.strerror})") from None
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror or error}") from None
    for temporary in glob(f"{escape(_sibling(target, ''))}.*.tmp"):
        with suppress(OSError):
            _remove_stale(temporary)

    def release() -> None:
        with suppress(OSError):
            os.unlink(name)
        os.close(descriptor)

    return release


def _require_file(path: StrPath, target: str) -> None:
    """Raises FileError if the target exists and is not a regular file."""
    with suppress(OSError):
        if not stat.S_ISREG(os.stat(target).st_mode):
            raise FileError(f"{path}: cannot be written: is a folder, a pipe or a device. Give another name")


def _lock_file(name: str) -> int:
    """Returns the descriptor of a lock file, locked. Raises BlockingIOError with the process number of the holder."""
    while True:
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        try:
            if _is_locked(descriptor, name):
                os.ftruncate(descriptor, 0)
                os.write(descriptor, f"{os.getpid()}\n".encode())
                return descriptor
        except BlockingIOError as error:
            holder = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise BlockingIOError(error.errno, holder) from None
        os.close(descriptor)


def _is_locked(descriptor: int, name: str) -> bool:
    """Locks an open file until it is closed; False if the name is no longer the file's. Raises BlockingIOError if
    another process has the file locked. On a file system without locks only the name counts.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return True
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), os.stat(name))
    return False


def _was_removed(descriptor: int, temporary: str) -> bool:
    """Locks a new temporary file, so that `lock` sees a live writer; True if `lock` in another process came first."""
    try:
        return not _is_locked(descriptor, temporary)
    except BlockingIOError:
        return True


def _remove_stale(temporary: str) -> None:
    """Removes a temporary file. Raises OSError if it is being written, or if that cannot be found out."""
    if os.path.islink(temporary):  # planted: a temporary file is never one
        os.unlink(temporary)
        return
    descriptor = os.open(temporary, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(temporary)
    finally:
        os.close(descriptor)


def _sibling(target: str, suffix: str) -> str:
    """Returns the name of a hidden file in the folder of a target."""
    folder, name = os.path.split(target)
    return os.path.join(folder, f".{os.fsdecode(os.fsencode(name)[:MAX_STEM_BYTES])}{suffix}")


def remove(path: StrPath) -> None:
    """Removes a file, if it exists, and flushes its folder to the disk. Raises FileError."""
    try:
        target = os.path.realpath(path)
        with suppress(FileNotFoundError):
            os.unlink(target)
            _flush_folder(os.path.dirname(target))
    except OSError as error:
        raise FileError(f"{path}: cannot be removed: {error.strerror or error}") from None


def _flush_folder(folder: StrPath) -> None:
    """Flushes to the disk which files a folder has."""
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
