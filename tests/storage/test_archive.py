"""The archive: NumPy reads what is written, and only bytes that would be written are read."""

import hashlib
import zipfile
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numbers

from rnncli.errors import CheckpointError
from rnncli.storage import archive
from rnncli.storage.archive import ALIGNMENT, CHECKSUM_DIGITS, CHECKSUM_LABEL, Reader, write

ARRAYS = numbers.arrays(
    st.sampled_from([np.float32, np.int64, np.uint8]), numbers.array_shapes(min_dims=0, max_dims=2, min_side=0)
)
NAMES = st.text("abWy_", min_size=1, max_size=40)
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def put(path: Path, arrays: dict[str, Any]) -> bytes:
    with open(path, "wb") as file:
        write(file, arrays)
    return path.read_bytes()


def take(path: Path, arrays: dict[str, Any]) -> dict[str, Any]:
    reader = Reader(path)
    taken = {name: reader.take(name, array.dtype) for name, array in arrays.items()}
    reader.finish()
    return taken


def with_checksum(data: bytes) -> bytes:
    return data[:-CHECKSUM_DIGITS] + hashlib.sha256(data[:-CHECKSUM_DIGITS]).hexdigest().encode()


@SHARED
@given(arrays=st.dictionaries(NAMES, ARRAYS, min_size=1, max_size=4))
def test_numpy_and_the_reader_read_what_was_written(tmp_path: Path, arrays: dict[str, Any]) -> None:
    path = tmp_path / "a.npz"
    data = put(path, arrays)
    with np.load(path, allow_pickle=False) as opened:
        assert opened.files == list(arrays)
        for ours, theirs in zip(take(path, arrays).values(), opened.values(), strict=True):
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs)
    with zipfile.ZipFile(path) as zipped:
        assert zipped.testzip() is None
        assert {info.compress_type for info in zipped.infolist()} <= {zipfile.ZIP_STORED}
        for info in zipped.infolist():
            member = zipped.read(info)
            numbers_at = len(member) - len(arrays[info.filename[:-4]].tobytes())
            begin = info.header_offset + 30 + len(info.filename) + 20
            assert (begin + numbers_at) % ALIGNMENT == 0
    assert with_checksum(data) == data


@SHARED
@given(data=st.data())
def test_change_with_a_valid_checksum_is_refused_unless_in_the_numbers(tmp_path: Path, data: st.DataObject) -> None:
    path, arrays = tmp_path / "a.npz", {"a": np.arange(6, dtype=np.int64).reshape(2, 3), "b": np.array(7, np.int32)}
    whole = put(path, arrays)
    at, cut = data.draw(st.integers(0, len(whole) - CHECKSUM_DIGITS - 1)), data.draw(st.integers(0, 3))
    changed = whole[:at] + data.draw(st.binary(max_size=3)) + whole[at + cut : -CHECKSUM_DIGITS]
    path.write_bytes(with_checksum(changed + b"0" * CHECKSUM_DIGITS))
    try:
        take(path, arrays)
    except CheckpointError:
        return
    for array in arrays.values():
        begin = whole.index(array.tobytes())
        changed = changed[:begin] + array.tobytes() + changed[begin + array.nbytes :]
    assert changed == whole[:-CHECKSUM_DIGITS]


def test_arrays_in_any_memory_order_are_written_by_rows(tmp_path: Path) -> None:
    a = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    put(tmp_path / "a.npz", {"a": a})
    np.testing.assert_array_equal(take(tmp_path / "a.npz", {"a": a})["a"], a)


@pytest.mark.parametrize("shape", ["(9999999999999, 9999999999999)", "(99999999, 1)", "(1,", "(6, 0.5)"])
def test_shape_larger_than_the_file_is_refused_before_anything_is_allocated(tmp_path: Path, shape: str) -> None:
    path, arrays = tmp_path / "a.npz", {"a": np.arange(6, dtype=np.int64)}
    text = b"'shape': (6,), }"
    whole = put(path, arrays)
    forged = f"'shape': {shape}, }}".encode()
    at = whole.index(text)
    path.write_bytes(with_checksum(whole[:at] + forged + whole[at + len(forged) :]))
    with pytest.raises(CheckpointError, match="a is missing|something else"):
        take(path, arrays)


@pytest.mark.parametrize("shape", [(10**6,), (10**8, 10**8), (10**14, 10**14)])
def test_numbers_missing_from_the_file_are_refused_though_all_headers_agree(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    head = archive._npy_header("a", 0, np.dtype(np.int64), shape)
    local = archive._local_header("a", min(len(head) + 8 * prod(shape), 2**64 - 1), 0)
    (tmp_path / "a.npz").write_bytes(with_checksum(local + head + bytes(48) + CHECKSUM_LABEL + b"0" * CHECKSUM_DIGITS))
    with pytest.raises(CheckpointError, match="a is missing, or cut short"):
        Reader(tmp_path / "a.npz").take("a", np.int64)


def test_directory_beyond_four_gigabytes_is_read_by_zipfile(tmp_path: Path) -> None:
    begin, place, size = 6 << 30, 5 << 30, 1 << 29
    with open(tmp_path / "a.npz", "wb") as file:
        file.seek(begin)  # a hole: it takes no room on the disk
        file.write(archive._ending(begin, [archive._entry("a", place, size, 7)]) + b"0" * CHECKSUM_DIGITS)
    with zipfile.ZipFile(tmp_path / "a.npz") as zipped:
        (info,) = zipped.infolist()
    assert (info.filename, info.header_offset, info.file_size, info.CRC) == ("a.npy", place, size, 7)
