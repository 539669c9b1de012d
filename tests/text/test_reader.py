"""Reading text from bytes, and refusing other bytes."""

import gzip
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.errors import FileError, TextError
from rnncli.text import reader
from rnncli.text.reader import read_text, read_texts


def text_of(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return "".join(read_text(str(path)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "c.txt"


def test_line_ends_become_newlines_and_byte_order_mark_is_dropped(path: Path) -> None:
    assert text_of(path, b"\xef\xbb\xbfone\r\ntwo\rthree\n") == "one\ntwo\nthree\n"


@pytest.mark.parametrize("data", ["o".encode("utf-32"), b"\xff\xfeo\0", b"\xfe\xff\0o", b"PK\x03\x04zip", b"%PDF-1.7"])
def test_known_file_formats_are_named(path: Path, data: bytes) -> None:
    with pytest.raises(TextError, match="UTF-32|UTF-16|zip|PDF"):
        text_of(path, data)


def test_bad_utf8_is_reported_with_byte_and_line(path: Path) -> None:
    with pytest.raises(TextError, match=r"c.txt: not UTF-8 at byte 11 \(line 3\).*iconv"):
        text_of(path, b"one\ntwo\nthr\xffee\n")
    with pytest.raises(TextError, match=r"byte 5 \(line 1\)"):
        text_of(path, b"caf\xc3\xa9\xc3")


def test_bad_utf8_in_a_later_block_is_reported_with_its_place_in_the_file(path: Path) -> None:
    line = b"x" * 99 + b"\n"
    with pytest.raises(TextError, match=r"byte 3000050 \(line 30001\)"):
        text_of(path, line * 30_000 + b"y" * 50 + b"\xff\n")


def test_nul_byte_is_refused_with_its_line(path: Path) -> None:
    with pytest.raises(TextError, match="NUL byte in line 2; is this a binary file"):
        text_of(path, b"one\nt\0wo\n")


def test_gzip_is_detected_by_its_bytes(path: Path) -> None:
    assert text_of(path, gzip.compress("café\n".encode())) == "café\n"
    with pytest.raises(TextError, match="damaged gzip"):
        text_of(path, gzip.compress(b"x" * 1000)[:-10])


def test_directories_missing_and_empty_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is a directory"):
        list(read_text(str(tmp_path)))
    with pytest.raises(FileError, match="No such file"):
        list(read_text(str(tmp_path / "nothing")))
    (tmp_path / "empty").touch()
    with pytest.raises(TextError, match="is empty"):
        list(read_text(str(tmp_path / "empty")))


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff\r")), st.integers(1, 9))
def test_text_is_equal_for_blocks_of_any_size(text: str, size: int) -> None:
    data = text.encode()
    pieces = [data[i : i + size] for i in range(0, len(data), size)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "READ_BLOCK_BYTES", 2 * size)
        blocks = [part.decode() for part in reader._whole_words(pieces)]
    assert "".join(blocks) == text


def test_endless_line_is_cut_between_words(path: Path) -> None:
    path.write_bytes(b"word " * 700_000)
    blocks = list(read_text(str(path)))
    assert len(blocks) > 1
    assert all(len(block) < 2 * reader.READ_BLOCK_BYTES for block in blocks)
    assert "".join(blocks).split() == ["word"] * 700_000


def test_endless_word_of_wide_characters_is_cut_between_characters(path: Path) -> None:
    assert text_of(path, "€".encode() * 1_000_000) == "€" * 1_000_000


def test_digest_depends_on_the_text_and_not_on_its_encoding(tmp_path: Path) -> None:
    digests = set()
    for data in (b"one\ntwo\n", b"one\r\ntwo\r\n", b"\xef\xbb\xbfone\ntwo\n", gzip.compress(b"one\ntwo\n")):
        (tmp_path / "c").write_bytes(data)
        digest = sha256()
        assert "".join(read_texts([str(tmp_path / "c")], digest)) == "one\ntwo\n\n\n"
        digests.add(digest.hexdigest())
    assert len(digests) == 1
