"""Verifies a file's checksum. Without NumPy, so that reading can begin while NumPy is still being loaded."""

import os
import stat
from threading import Thread
from typing import NamedTuple

from ..errors import CheckpointError, FileError, RnncliError

StrPath = str | os.PathLike[str]

ZIP_MAGIC = b"PK\x03\x04"  # the first bytes of an archive
CHECKSUM_LABEL = b"rnncli sha256 "  # before the digest, which ends the file
CHECKSUM_DIGITS = 64  # hexadecimal
RESUME_SUFFIX = ".resume"
MAX_FILE_NAME_BYTES = 255


def resume_path(model: StrPath) -> str:
    """Returns the name of a model's training state: RESUME_SUFFIX is added, and a name too long for that truncated."""
    folder, name = os.path.split(os.fspath(model))
    stem = os.fsencode(name)[: MAX_FILE_NAME_BYTES - len(RESUME_SUFFIX)]
    return os.path.join(folder, os.fsdecode(stem) + RESUME_SUFFIX)


class VerifiedFile:
    """A file's bytes, verified against the SHA-256 at its end: integrity, not authenticity.

    Reading and verifying begin at once, on a thread.
    """

    def __init__(self, path: StrPath) -> None:
        self.path = path
        self._content: bytearray | RnncliError | None = None
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def content(self) -> bytearray:
        """Returns the bytes. Raises FileError if they cannot be read, CheckpointError if the checksum is wrong or
        missing.
        """
        self._thread.join()
        if not isinstance(self._content, bytearray):
            raise self._content or MemoryError(f"{self.path} does not fit")
        return self._content

    def _read(self) -> None:
        try:
            self._content = _verified(self.path)
        except OSError as error:
            self._content = FileError(f"{self.path}: cannot be read: {error.strerror or error}")
        except RnncliError as error:
            self._content = error
        except MemoryError:  # `content` raises it in its own thread
            return


class HeldFile(NamedTuple):
    """A file's bytes within another file, whose checksum verifies them."""

    path: StrPath  # of the other file
    held: bytes

    def content(self) -> bytes:
        """Returns the bytes."""
        return self.held


def fingerprint(content: bytes | bytearray) -> str:
    """Returns the SHA-256 at the end of a file, hexadecimal."""
    return content[-CHECKSUM_DIGITS:].decode("ascii", "replace")


def _verified(path: StrPath) -> bytearray:
    from hashlib import sha256  # here, because the thread has time to load it

    kind = stat.S_IFMT(os.stat(path).st_mode)
    if kind not in (stat.S_IFREG, stat.S_IFDIR):  # opening a pipe would wait until someone writes into it
        raise FileError(f"{path}: not a regular file. Give the model as one")
    with open(path, "rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            raise CheckpointError(f"{path}: empty file (an interrupted copy?)")
        begin = file.read(len(ZIP_MAGIC))
        file.seek(max(0, size - len(CHECKSUM_LABEL) - CHECKSUM_DIGITS))
        if begin != ZIP_MAGIC or file.read(len(CHECKSUM_LABEL)) != CHECKSUM_LABEL:
            raise CheckpointError(f"{path}: not an rnncli model, or cut short")
        file.seek(0)
        content, at = bytearray(size), 0
        with memoryview(content) as view:
            while at < size and (count := file.readinto(view[at:])):
                at += count
            digest = sha256(view[: size - CHECKSUM_DIGITS]).hexdigest()
    if content[size - CHECKSUM_DIGITS :] != digest.encode():
        raise CheckpointError(f"{path}: damaged: its content does not match its SHA-256")
    return content
