"""Reads and writes an uncompressed .npz with a checksum, in one canonical form: np.load opens what is written here, and
nothing else is read here.

Each array is a member of a zip64 archive: local header, .npy header, numbers; after the members the directory. The .npy
headers are padded so that the numbers begin at multiples of ALIGNMENT bytes and can be used where they lie. The comment
of the archive, the last bytes of the file, is a SHA-256 of all bytes before it.

The reader takes from each header only the shape and the CRC, makes the header that an array of that shape would have,
and asks for equal bytes: a file is read if and only if writing what it holds gives that file again (but for the CRCs,
which the SHA-256 makes idle). Nothing is allocated but one copy of the file.

Why not zipfile and np.lib.format: zipfile takes 17 ms to import, copies each array once more, and reads many forms
(compression, several members of a name, trailing data) that would have to be refused one by one. The cost is this file,
which tests hold against zipfile and np.load.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from math import prod
from struct import Struct
from typing import Any, BinaryIO
from zlib import crc32

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..errors import CheckpointError
from .checksum import CHECKSUM_DIGITS, CHECKSUM_LABEL, ZIP_MAGIC, HeldFile, StrPath, VerifiedFile

ALIGNMENT = 64  # bytes
MAX_DIMENSIONS = 3  # of an array

LOCAL = Struct("<4s5H3I2H")  # followed by the name and SIZES
SIZES = Struct("<2H2Q")
ENTRY = Struct("<4s6H3I5H2I")  # followed by the name and PLACE
PLACE = Struct("<2H3Q")
END64 = Struct("<4sQ2H2I4Q" + "4sIQI")  # with its locator
END = Struct("<4s4H2IH")
ZIP64, UNIX, YEAR_1980, MODE = 45, 3 << 8, 0x21, 0o644 << 16
NO16, NO32 = 0xFFFF, 0xFFFFFFFF  # the number is in the 64-bit field


def write(file: BinaryIO, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Writes arrays by name, in their order."""
    digest, directory, at = sha256(), [], 0

    def put(data: Any) -> None:
        nonlocal at
        file.write(data)
        digest.update(data)
        at += len(data)

    for name, array in arrays.items():
        array = np.asarray(array)
        head, numbers = _npy_header(name, at, array.dtype, array.shape), array.reshape(-1).view(np.uint8).data
        size, crc = len(head) + len(numbers), crc32(numbers, crc32(head))
        directory.append(_entry(name, at, size, crc))
        put(_local_header(name, size, crc))
        put(head)
        put(numbers)
    put(_ending(at, directory))
    file.write(digest.hexdigest().encode())


class Reader:
    """Reads a file's arrays in the order in which they were written.

    Raises FileError if the file cannot be read, CheckpointError if it was not written by `write` or is damaged.
    """

    def __init__(self, source: StrPath | VerifiedFile | HeldFile) -> None:
        file = source if isinstance(source, VerifiedFile | HeldFile) else VerifiedFile(source)
        self.path = file.path
        self._content = np.frombuffer(file.content(), np.uint8)
        self._at = 0
        self._directory: list[bytes] = []

    def bad(self, why: str) -> CheckpointError:
        """Returns the error to raise when an array is not what it should be."""
        return CheckpointError(f"{self.path}: damaged file ({why})")

    def take(self, name: str, dtype: DTypeLike) -> NDArray[Any]:
        """Returns the next array, a view of the file's content, which must have that name and type and at most
        MAX_DIMENSIONS.
        """
        dtype, at = np.dtype(dtype), self._at
        head_at = at + _local_length(name)
        prefix = self._bytes(head_at, head_at + 10)
        text = self._bytes(head_at + 10, head_at + 10 + int.from_bytes(prefix[8:], "little"))
        shape = tuple(map(int, re.findall(rb"\d{1,15}", text.partition(b"shape")[2])[:MAX_DIMENSIONS]))
        head = _npy_header(name, at, dtype, shape)
        count, start = prod(shape), head_at + len(head)
        size, crc = count * dtype.itemsize, int.from_bytes(self._bytes(at + 14, at + 18), "little")
        if size > len(self._content) - start:
            raise self.bad(f"{name} is missing, or cut short")
        if self._bytes(at, start) != _local_header(name, len(head) + size, crc) + head:
            raise self.bad(f"where {name} should be there is something else; is it an rnncli file of another kind?")
        self._directory.append(_entry(name, at, len(head) + size, crc))
        self._at = start + size
        return np.frombuffer(self._content, dtype, count, start).reshape(shape)

    def finish(self) -> None:
        """Raises CheckpointError if the file holds more than the arrays that were taken."""
        if self._bytes(self._at, len(self._content) - CHECKSUM_DIGITS) != _ending(self._at, self._directory):
            raise self.bad("its directory does not match its arrays")

    def _bytes(self, start: int, stop: int) -> bytes:
        return self._content[start:stop].tobytes()


def _file_name(name: str) -> bytes:
    return name.encode() + b".npy"


def _local_length(name: str) -> int:
    return LOCAL.size + len(_file_name(name)) + SIZES.size


def _local_header(name: str, size: int, crc: int) -> bytes:
    fields = (ZIP_MAGIC, ZIP64, 0, 0, 0, YEAR_1980, crc, NO32, NO32, len(_file_name(name)), SIZES.size)
    return LOCAL.pack(*fields) + _file_name(name) + SIZES.pack(1, SIZES.size - 4, size, size)


def _npy_header(name: str, at: int, dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """Returns the .npy header (NumPy's format 1.0) of the member that begins at `at`."""
    text = f"{{'descr': {dtype.str!r}, 'fortran_order': False, 'shape': {shape!r}, }}".encode()
    begin = at + _local_length(name) + 10
    text = text.ljust(-(begin + len(text) + 1) % ALIGNMENT + len(text)) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def _entry(name: str, at: int, size: int, crc: int) -> bytes:
    """Returns the member's entry in the directory."""
    fields = (b"PK\x01\x02", ZIP64 | UNIX, ZIP64, 0, 0, 0, YEAR_1980, crc, NO32, NO32)
    lengths = (len(_file_name(name)), PLACE.size, 0, 0, 0)
    return ENTRY.pack(*fields, *lengths, MODE, NO32) + _file_name(name) + PLACE.pack(1, PLACE.size - 4, size, size, at)


def _ending(at: int, directory: list[bytes]) -> bytes:
    """Returns the directory, which begins at `at`, and all bytes after it except the digest."""
    entries, n = b"".join(directory), len(directory)
    end = at + len(entries)
    fields = (b"PK\x06\x06", 44, ZIP64 | UNIX, ZIP64, 0, 0, n, n, len(entries), at)
    locator = (b"PK\x06\x07", 0, end, 1)
    last = END.pack(b"PK\x05\x06", 0, 0, NO16, NO16, NO32, NO32, len(CHECKSUM_LABEL) + CHECKSUM_DIGITS)
    return entries + END64.pack(*fields, *locator) + last + CHECKSUM_LABEL
