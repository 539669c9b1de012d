"""A sealed file's bytes. Without NumPy, so that reading them can begin while NumPy is still being loaded."""

import os
import stat
from threading import Thread

from ..errors import CheckpointError, FileError, RnncliError

StrPath = str | os.PathLike[str]

MAGIC = b"PK\x03\x04"  # the first bytes of an archive
SEAL = b"rnncli sha256 "  # before the digest, which is the last of the file
DIGEST = 64  # hex digits
RESUME = ".resume"
LONGEST = 255 - len(RESUME)  # bytes of a name that this can stand behind


def beside(model: StrPath) -> str:
    """The name of the file that says where the interrupted training of a model stands; as long as a name may be."""
    folder, name = os.path.split(os.fspath(model))
    return os.path.join(folder, os.fsdecode(os.fsencode(name)[:LONGEST]) + RESUME)


class Image:
    """All bytes of a file whose seal fits; reading and checking them begins at once, on a thread of its own."""

    def __init__(self, path: StrPath) -> None:
        self.path = path
        self._content: bytearray | RnncliError | None = None
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def content(self) -> bytearray:
        """The bytes. Raises FileError if they cannot be read, CheckpointError if they are not sealed or are damaged."""
        self._thread.join()
        if not isinstance(self._content, bytearray):
            raise self._content or MemoryError(f"{self.path} does not fit")
        return self._content

    def _read(self) -> None:
        try:
            self._content = _checked(self.path)
        except OSError as error:
            self._content = FileError(f"{self.path}: cannot be read: {error.strerror or error}")
        except RnncliError as error:
            self._content = error
        except MemoryError:  # told by there being nothing
            return


def _checked(path: StrPath) -> bytearray:
    from hashlib import sha256  # here, because loading it takes time that the thread has

    kind = stat.S_IFMT(os.stat(path).st_mode)
    if kind not in (stat.S_IFREG, stat.S_IFDIR):  # opening a pipe would wait for someone to write into it
        raise FileError(f"{path}: not a regular file. Give the model as one")
    with open(path, "rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            raise CheckpointError(f"{path}: empty file (an interrupted copy?)")
        begin = file.read(len(MAGIC))
        file.seek(max(0, size - len(SEAL) - DIGEST))
        if begin != MAGIC or file.read(len(SEAL)) != SEAL:
            raise CheckpointError(f"{path}: not an rnncli model, or cut short")
        file.seek(0)
        content, at = bytearray(size), 0
        with memoryview(content) as image:
            while at < size and (count := file.readinto(image[at:])):
                at += count
            digest = sha256(image[: size - DIGEST]).hexdigest()
    if content[size - DIGEST :] != digest.encode():
        raise CheckpointError(f"{path}: damaged: its content does not match its SHA-256")
    return content
