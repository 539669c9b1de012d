"""Reading text from bytes, and refusing other bytes."""

import bz2
import gzip
import lzma
import random
import subprocess
from collections.abc import Callable
from contextlib import suppress
from encodings.aliases import aliases
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.errors import FileError, TextError, UsageError
from rnncli.text import reader
from rnncli.text.decoding import decoded
from rnncli.text.reader import read_text, read_texts


def text_of(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return "".join(read_text(str(path)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "c.txt"


def test_line_ends_become_newlines_and_byte_order_mark_is_dropped(path: Path) -> None:
    assert text_of(path, b"\xef\xbb\xbfone\r\ntwo\rthree\n") == "one\ntwo\nthree\n"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_byte_order_mark_says_the_encoding(path: Path, encoding: str) -> None:
    text = "naïve café 🙂\n" * 30_000
    assert text_of(path, text.encode(encoding)) == text
    mark = {"utf-16": "\ufeff".encode("utf-16-be"), "utf-32": "\ufeff".encode("utf-32-be")}[encoding]
    assert text_of(path, mark + text.encode(f"{encoding}-be")) == text


@pytest.mark.parametrize("encoding", ["windows-1252", "utf-8", "utf-16-le", "utf-32-be"])
def test_given_encoding_is_read_and_a_mark_dropped(path: Path, encoding: str) -> None:
    path.write_bytes(f"{'' if encoding.startswith('w') else chr(0xFEFF)}café\r\ntwo\n".encode(encoding))
    assert "".join(read_text(str(path), encoding)) == "café\ntwo\n"


def test_character_of_two_bytes_across_blocks_stays_whole(path: Path) -> None:
    text = "x" + "書" * 700_000
    path.write_bytes(text.encode("gbk"))
    assert "".join(read_text(str(path), "gbk")) == text


@pytest.mark.parametrize("name", ["", "nonsense", "rot13", "hex", "utf-8\0", "é", "\udc80"])
def test_unknown_encoding_is_refused_by_its_option(path: Path, name: str) -> None:
    path.write_bytes(b"one\n")
    with pytest.raises(UsageError, match="--encoding"):
        list(read_text(str(path), name))


def test_misspelled_encoding_gets_a_suggestion(path: Path) -> None:
    path.write_bytes(b"one\n")
    with pytest.raises(UsageError, match="do you mean windows-1252"):
        list(read_text(str(path), "windows1252"))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("書\n書x\n".encode("gbk") + b"\xff\n", r"c.txt: not gbk at byte 7 \(line 3\).*iconv -c -f gbk"),
        ("書\n書".encode("gbk")[:-1], r"c.txt: ends inside a character of gbk, at byte 3 \(line 2\).*iconv -c -f gbk"),
        (b"x\n" * 800_000 + "書".encode("gbk")[:1], r"at byte 1600000 \(line 800001\)"),
    ],
)
def test_bytes_that_do_not_fit_the_given_encoding_are_reported_with_their_place(
    path: Path, data: bytes, said: str
) -> None:
    path.write_bytes(data)
    with pytest.raises(TextError, match=said):
        list(read_text(str(path), "gbk"))


def test_utf_16_with_a_mark_that_is_cut_is_said_to_end_inside_a_character(path: Path) -> None:
    with pytest.raises(TextError, match=r"ends inside a character of utf-16, at byte 8 \(line 1\)"):
        text_of(path, "one two".encode("utf-16")[:9])
    with pytest.raises(TextError, match=r"not utf-16 at byte 4 \(line 1\)"):
        text_of(path, "o".encode("utf-16") + b"\0\xdco\0")


def test_utf_16_without_a_mark_is_refused_by_the_byte_that_does_not_fit(path: Path) -> None:
    path.write_bytes(b"\xc3\xa4\xdc\xdc\xdc\xdc\n")
    with pytest.raises(TextError, match=r"not utf-16 at byte 2 \(line 1\). Give another --encoding"):
        list(read_text(str(path), "utf-16"))


@pytest.mark.parametrize("name", sorted(set(aliases.values())))
def test_random_bytes_are_read_or_refused_in_a_sentence_whatever_encoding_is_given(name: str) -> None:
    rng = random.Random(name)
    for size in (1, 2, 3, 7, 65, 200) * 5:
        data = rng.randbytes(size).replace(b"\0", b"a")
        at = rng.randrange(1, size + 1)
        with suppress(TextError, UsageError):  # the latter for what encodes no text
            list(decoded([data[:at], data[at:]] if at < size else [data], "c.txt", name))


def test_encoding_that_yields_half_a_character_is_refused(path: Path) -> None:
    path.write_bytes(b"one \\ud800 two\n")
    with pytest.raises(TextError, match="not unicode_escape at byte 0"):
        list(read_text(str(path), "unicode_escape"))


def test_bad_utf8_is_reported_with_byte_and_line(path: Path) -> None:
    with pytest.raises(TextError, match=r"c.txt: not UTF-8 at byte 11 \(line 3\): the byte 0xFF.*iconv -c"):
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


@pytest.mark.parametrize(
    ("name", "compress"),
    [("gzip", gzip.compress), ("bzip2", bz2.compress), ("xz", lzma.compress), ("xz", partial(lzma.compress, format=2))],
)
def test_compressed_text_is_detected_by_its_bytes(path: Path, name: str, compress: Callable[[bytes], bytes]) -> None:
    assert text_of(path, compress("café\n".encode())) == "café\n"
    assert text_of(path, compress("café\n".encode("utf-16"))) == "café\n"
    with pytest.raises(TextError, match="is empty"):
        text_of(path, compress(b""))
    whole = compress(b"".join(b"%d\n" % i for i in range(100_000)))
    with pytest.raises(TextError, match=f"c.txt: damaged {name} file"):
        text_of(path, whole[:-10])
    with pytest.raises(TextError, match=f"c.txt: damaged {name} file"):
        text_of(path, whole[:4000] + b"\xff" * 200 + whole[4200:])


def test_zstd_is_read_or_its_command_named(path: Path) -> None:
    try:
        from compression import zstd
    except ImportError:
        with pytest.raises(TextError, match=r"zstd.*: zstd -dc \S*c.txt > text.txt"):
            text_of(path, b"\x28\xb5\x2f\xfd\0\0")
    else:
        assert text_of(path, zstd.compress(b"one\n")) == "one\n"


def test_directories_missing_and_empty_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is a directory"):
        list(read_text(str(tmp_path)))
    with pytest.raises(FileError, match="No such file"):
        list(read_text(str(tmp_path / "nothing")))
    (tmp_path / "empty").touch()
    with pytest.raises(TextError, match="is empty"):
        list(read_text(str(tmp_path / "empty")))


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff\r<%")), st.integers(1, 9))
def test_text_is_equal_for_blocks_of_any_size(text: str, size: int) -> None:
    data = text.encode()
    pieces = [data[i : i + size] for i in range(0, len(data), size)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "READ_BLOCK_BYTES", 2 * size)
        assert "".join(reader._whole_words(decoded(pieces, "c.txt", "utf-8"))) == text


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


def test_odd_characters_are_counted_once_over_all_files(tmp_path: Path) -> None:
    paths = [str(tmp_path / name) for name in ("a.txt", "b.txt", "c.txt")]
    for path, text in zip(paths, ("fine, café\n", "one\nI don\x92t\n\x93no\x94\n", "it\x92s a\ufffd\n"), strict=True):
        Path(path).write_text(text, encoding="utf-8")
    notes: list[str] = []
    assert "".join(read_texts(paths, notify=notes.append)).count("\x92") == 2
    assert len(notes) == 2
    assert "4 control characters between U+0080 and U+009F, the first in line 2 of " in notes[0]
    assert "b.txt (U+0092): probably windows-1252" in notes[0]
    assert "1 replacement character (U+FFFD), in line 1 of " in notes[1]
    assert "c.txt" in notes[1]


def test_control_characters_are_told_with_what_takes_them_out(path: Path) -> None:
    path.write_bytes(b"one\ttwo\x0c\r\n\x1b[31mred\x1b[0m fox\n")
    notes: list[str] = []
    list(read_texts([str(path)], notify=notes.append))
    assert len(notes) == 1
    assert notes[0].startswith("2 control characters, the first in line 2 of ")
    assert "(U+001B, of a terminal)" in notes[0]
    command = notes[0].split("out: ")[1].split(" > ")[0]
    assert subprocess.run(command, shell=True, capture_output=True).stdout.endswith(b"\nred fox\n")
    path.write_bytes("é one\x01 two\x7f\n".encode())
    notes.clear()
    list(read_texts([str(path)], notify=notes.append))
    assert "(U+0001). Take them out: tr -d" in notes[0]
    command = notes[0].split("out: ")[1].split(" > ")[0]
    assert subprocess.run(command, shell=True, capture_output=True).stdout == "é one two\n".encode()


def test_text_without_odd_characters_is_not_remarked_on(path: Path) -> None:
    path.write_text("“I don’t” — Привет\n" * 9, encoding="utf-8")
    notes: list[str] = []
    list(read_texts([str(path)], notify=notes.append))
    assert notes == []


def test_latin1_read_as_such_is_said_to_be_windows_1252(path: Path) -> None:
    path.write_bytes(b"I don\x92t\n")
    notes: list[str] = []
    list(read_texts([str(path)], encoding="latin1", notify=notes.append))
    assert "--encoding windows-1252" in notes[0]
