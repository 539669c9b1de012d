"""Knows files that are not plain text by how they begin, and which command makes text of them."""

import re
from typing import NamedTuple

MIN_CONTROLS, CONTROL_SHARE = 4, 0.04  # of bytes, above which they are no text; random bytes have a share of 0.09
CONTROLS = bytes(c for c in range(32) if c not in b"\t\n\v\f\r\x1b\x1c\x1d\x1e\x1f") + b"\x7f"
ZIP_HEAD_BYTES = 1 << 16  # in which the members of a zip archive tell what the archive is
MAX_MAGIC_PLACE = 512  # before which a format shows
OUTPUT = "text.txt"  # of the commands that are advised


class Format(NamedTuple):
    """A kind of file that is not plain text."""

    what: str  # continues "is "
    command: str = ""  # writes its text to standard output; {} is the file

    def advice(self, file: str) -> str:
        """Returns the sentence that says what to do, for a file as a shell takes it."""
        if not self.command:
            return "Give a text file"
        return f"Make text of it: {self.command.format(file)}{'' if OUTPUT in self.command else f' > {OUTPUT}'}"


def _pandoc(what: str, name: str) -> Format:
    return Format(what, f"pandoc -f {name} -t plain {{}}")


HTML = _pandoc("HTML, not plain text", "html")
RTF = Format("RTF, not plain text", "unrtf --text {}")
WORD = Format("a document of Microsoft Office 97 (.doc and the like), not plain text", "antiword {}")
ZIP = Format("a zip archive, not text", "unzip -p {}")
BINARY = Format("a binary file, not text")
OFFICE = b"[Content_Types].xml"
IN_ZIP = (  # (what is found near the beginning of the archive, the format)
    (
        (b"mimetypeapplication/vnd.oasis.opendocument.text",),
        _pandoc("an OpenDocument text (.odt), not plain text", "odt"),
    ),
    ((b"mimetypeapplication/epub+zip",), _pandoc("an EPUB book, not plain text", "epub")),
    ((b"mimetypeapplication/vnd.oasis.opendocument",), Format("an OpenDocument file, not plain text")),
    ((OFFICE, b"word/"), _pandoc("a Word document (.docx), not plain text", "docx")),
    ((OFFICE, b"ppt/"), Format("a PowerPoint presentation (.pptx), not plain text")),
    ((OFFICE, b"xl/"), Format("an Excel workbook (.xlsx), not plain text")),
    ((b".npy",), Format("a file of NumPy arrays, such as a model, not text")),
)
MAGICS = (
    (b"%PDF-", Format("a PDF, not text", "pdftotext {} -")),
    (b"%!PS", Format("PostScript, not plain text", "ps2ascii {}")),
    (b"AT&TFORM", Format("a DjVu document, not text", "djvutxt {}")),
    (b"\xd0\xcf\x11\xe0", WORD),
    (b"\xdb\xa5\x2d\0", WORD),
    (b"7z\xbc\xaf\x27\x1c", Format("a 7z archive, not text", "7z x -so {}")),
    (b"Rar!\x1a\x07", Format("a RAR archive, not text", "unrar p -inul {}")),
    (b"LZIP\1", Format("compressed by lzip", "lzip -dc {}")),
    (b"\x04\x22\x4d\x18", Format("compressed by lz4", "lz4 -dc {}")),
    (b"\x1f\x9d", Format("compressed by compress (.Z)", "gzip -dc {}")),
    *(
        (magic, Format(f"a binary file ({what}), not text"))
        for magics, what in (
            ((b"\x7fELF",), "ELF program"),
            ((b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"), "Mach-O program"),
            ((b"\xca\xfe\xba\xbe",), "Mach-O program or Java class"),
            ((b"\0asm",), "WebAssembly"),
            ((b"!<arch>\n",), "ar archive"),
            ((b"\x89PNG\r\n\x1a\n",), "PNG image"),
            ((b"\xff\xd8\xff",), "JPEG image"),
            ((b"GIF87a", b"GIF89a"), "GIF image"),
            ((b"II*\0", b"MM\0*"), "TIFF image"),
            ((b"\0\0\1\0",), "icon"),
            ((b"ID3",), "MP3 sound"),
            ((b"OggS",), "Ogg sound"),
            ((b"fLaC",), "FLAC sound"),
            ((b"\x1aE\xdf\xa3",), "Matroska video"),
            ((b"SQLite format 3\0",), "SQLite database"),
            ((b"\x93NUMPY",), "NumPy array"),
            ((b"\x89HDF\r\n\x1a\n",), "HDF5 data"),
            ((b"PAR1",), "Parquet data"),
            ((b"\x80\2c", b"\x80\2}", b"\x80\2]", b"\x80\3", b"\x80\4\x95", b"\x80\5\x95"), "Python pickle"),
            ((b"MZ",), "Windows program"),
            ((b"BM",), "BMP image"),
            ((b"wOFF", b"wOF2", b"OTTO", b"\0\1\0\0"), "font"),
        )
        for magic in magics
    ),
)
ELSEWHERE = (  # (place, bytes there, format)
    (257, b"ustar", Format("a tar archive, not text", "tar -xOf {}")),
    (60, b"BOOKMOBI", Format("a Kindle book (.mobi), not text", "ebook-convert {} text.txt")),
    (4, b"ftyp", Format("a binary file (MP4 or HEIF media), not text")),
    (8, b"WEBP", Format("a binary file (WebP image), not text")),
    (8, b"WAVE", Format("a binary file (WAV sound), not text")),
    (8, b"AVI ", Format("a binary file (AVI video), not text")),
)
LEADER = re.compile(r"\s+|<\?xml[^>]*>|<!--.*?-->", re.I | re.S)  # what may stand before the first tag, many times
MARKUP = (
    (r"\{\\rtf", RTF),
    (r"<(?:!doctype\s+html|html|head|body)[\s>]", HTML),
    (r"<FictionBook[\s>]", _pandoc("a FictionBook, not plain text", "fb2")),
    (r"<office:document[\s>]", Format("a flat OpenDocument file, not plain text", "odt2txt {}")),
    (r"<svg[\s>]", Format("an SVG image, not text")),
)


def format_of_bytes(head: bytes) -> Format | None:
    """Returns the format of a file that begins with some bytes; None if the bytes may be text."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        members = head[:ZIP_HEAD_BYTES]
        return next((format_ for marks, format_ in IN_ZIP if all(mark in members for mark in marks)), ZIP)
    has_nul = b"\0" in head[:MAX_MAGIC_PLACE]
    for magic, format_ in MAGICS:
        if head.startswith(magic) and (has_nul or not magic.isalnum()):  # a text may begin with "ID3" or "OTTO"
            return format_
    found = (format_ for at, magic, format_ in ELSEWHERE if has_nul and head[at : at + len(magic)] == magic)
    return next(found, None)


def format_of_text(start: str) -> Format | None:
    """Returns the format of a document in markup that begins with some text; None for plain text."""
    at = 0
    while leader := LEADER.match(start, at):  # one by one: a pattern for all of them tries every way to cut them
        at = leader.end()
    return next((format_ for tag, format_ in MARKUP if re.compile(tag, re.I).match(start, at)), None)


def is_binary(head: bytes) -> bool:
    """Tells whether too many of the bytes that a file begins with are control characters."""
    controls = len(head) - len(head.translate(None, CONTROLS))
    return controls >= MIN_CONTROLS and controls > CONTROL_SHARE * len(head)
