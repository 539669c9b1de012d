"""Knowing files that are not plain text by how they begin."""

import io
import pickle
import sqlite3
import tarfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from rnncli.errors import TextError
from rnncli.text.names import command_name, source_names
from rnncli.text.reader import read_text


def zipped(**members: str) -> bytes:
    """Makes a zip archive; in names of members, _ stands for a dot and __ for a slash."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name.replace("__", "/").replace("_", ".")), content)  # of one date always
    return file.getvalue()


def office(folder: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("[Content_Types].xml", "_rels/.rels", f"{folder}/document.xml"):
            archive.writestr(zipfile.ZipInfo(name), "<xml/>" * 99, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def tarred() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    return file.getvalue()


def numpy_archive() -> bytes:
    file = io.BytesIO()
    np.savez(file, weights=np.zeros(3))
    return file.getvalue()


DOCUMENTS = [
    (office("word"), "Word document", "pandoc -f docx -t plain"),
    (zipped(mimetype="application/vnd.oasis.opendocument.text"), "OpenDocument text", "pandoc -f odt -t plain"),
    (zipped(mimetype="application/epub+zip"), "EPUB", "pandoc -f epub -t plain"),
    (zipped(a_txt="keyword/list"), "zip archive", "unzip -p"),
    (office("xl"), "Excel", ""),
    (numpy_archive(), "NumPy", ""),
    (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF", "pdftotext"),
    (b"%!PS-Adobe-3.0\n", "PostScript", "ps2ascii"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "Office 97", "antiword"),
    (b"{\\rtf1\\ansi\\deff0 {\\b Hello} world.\\par}\n", "RTF", "unrtf --text"),
    (b"<!DOCTYPE html>\n<html><body><p>Hello</p></body></html>\n", "HTML", "pandoc -f html -t plain"),
    (b"\xef\xbb\xbf\n<?xml version='1.0'?>\n<!-- a\nb -->\n<html lang='en'>\n", "HTML", "pandoc -f html -t plain"),
    ("<HTML><body>Hello</body></HTML>".encode("utf-16"), "HTML", "pandoc -f html -t plain"),
    (b"<?xml version='1.0'?>\n<FictionBook xmlns='x'>", "FictionBook", "pandoc -f fb2 -t plain"),
    (tarred(), "tar archive", "tar -xOf"),
    (b"7z\xbc\xaf\x27\x1c\0\4", "7z", "7z x -so"),
    (b"Rar!\x1a\x07\x01\0", "RAR", "unrar p -inul"),
    (b"LZIP\x01\x0c", "lzip", "lzip -dc"),
    (b"\x04\x22\x4d\x18\x64", "lz4", "lz4 -dc"),
]
BINARIES = [
    (b"\x7fELF\x02\x01\x01" + bytes(9), "ELF program"),
    (b"\xcf\xfa\xed\xfe\x07\0\0\1", "Mach-O program"),
    (b"MZ\x90\0\3\0\0\0", "Windows program"),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "PNG image"),
    (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "JPEG image"),
    (b"GIF89a\1\0\1\0\0\0\0", "GIF image"),
    (b"SQLite format 3\0" + bytes(84), "SQLite database"),
    (pickle.dumps({"a": [1, 2]}), "Python pickle"),
    (b"\x93NUMPY\1\0v\0", "NumPy array"),
    (b"RIFF\x24\0\0\0WAVEfmt ", "WAV sound"),
]


def refusal(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(TextError) as caught:
        list(read_text(str(path)))
    return str(caught.value)


@pytest.mark.parametrize(("data", "what", "command"), DOCUMENTS)
def test_document_is_named_with_the_command_that_makes_text_of_it(
    tmp_path: Path, data: bytes, what: str, command: str
) -> None:
    said = refusal(tmp_path / "my text", data)
    assert what in said
    if command:
        assert f"Make text of it: {command} '" in said
        assert "text.txt" in said
    else:
        assert "Give a text file" in said


@pytest.mark.parametrize(("data", "what"), BINARIES)
def test_binary_file_is_refused_by_its_kind(tmp_path: Path, data: bytes, what: str) -> None:
    assert f"is a binary file ({what}), not text. Give a text file" in refusal(tmp_path / "c", data)


def test_control_characters_in_number_are_binary(tmp_path: Path) -> None:
    assert "is a binary file, not text" in refusal(tmp_path / "c", bytes(range(1, 256)) * 9)
    assert "is a binary file, not text" in refusal(tmp_path / "c", b"ab\x01\x02c\x05\x06\x10" * 9)


@pytest.mark.parametrize(
    "text",
    [
        "OTTO went home. ID3 is a tag, BM a word, MZ another.\n",
        "ID3 tags\n",
        "MZ\n",
        "BZh is no word\n",
        "PK is a name\n",
        "% PDF is a format\n",
        "In HTML, <html> opens a document.\n",
        "a < b and <b>c</b>\n",
        "\\rtf is a control word\n",
        "\x1b[31mred\x1b[0m and a form feed\f\n",
        "the \x01 mark\n",
    ],
)
def test_plain_text_about_formats_is_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "c").write_text(text)
    assert "".join(read_text(str(tmp_path / "c"))) == text


def test_a_database_and_an_archive_as_they_are_made(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "base") as base:
        base.execute("create table t (a)")
    base.close()
    with pytest.raises(TextError, match="SQLite database"):
        list(read_text(str(tmp_path / "base")))


def test_many_names_are_counted_and_a_few_listed() -> None:
    assert source_names(["a", "-", "c", "d"]) == "a, standard input, c, d"
    assert source_names([f"{i}.txt" for i in range(422)]) == "422 files (0.txt, 1.txt, 2.txt, …)"


def test_names_in_commands_are_quoted() -> None:
    assert [command_name(name) for name in ("a.txt", "my text", "-a", "-")] == ["a.txt", "'my text'", "./-a", "FILE"]


def test_many_comments_before_plain_text_are_read_in_no_time(tmp_path: Path) -> None:
    """Each comment more doubled the time: 28 of them took minutes."""
    text = "<!-- a -->\n" * 300 + "Hello"
    (tmp_path / "c").write_text(text)
    start = time.process_time()
    assert "".join(read_text(str(tmp_path / "c"))) == text
    assert time.process_time() - start < 2
    assert "is HTML" in refusal(tmp_path / "c", (text[:-5] + "<html>").encode())


def test_comment_without_an_end_is_plain_text(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("<!-- a -->\n<!-- <html>\n")
    assert "".join(read_text(str(tmp_path / "c"))) == "<!-- a -->\n<!-- <html>\n"
