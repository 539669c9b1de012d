"""The matrix, A: faults of corpora, and what is only unusual."""

import bz2
import gzip
import io
import json
import lzma
import os
import pty
import resource
import shutil
import signal
import socket
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

import rnncli as library

pytestmark = pytest.mark.faults
Size = Callable[[int, int], int]
TRAIN = ["--epochs", "1", "--hidden", "4", "-q", "-o", "new.npz"]
TEXT = "the cat sat on the mat\na dog ran by the fire\n" * 30
MAX_TRAINING_BYTES = 260 << 20  # of data, for a text of any length; 160 MB are NumPy and its threads
STRACE, SETPRIV = shutil.which("strace"), shutil.which("setpriv")
POWERLESS = [str(SETPRIV), "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


def written(content: str | bytes, name: str = "c.txt") -> bytes:
    """Writes a corpus; returns its bytes."""
    data = content.encode() if isinstance(content, str) else content
    Path(name).write_bytes(data)
    return data


def within(limit: int) -> Callable[[], None]:
    """Returns a function that limits the memory of a process before it starts its command."""
    return partial(resource.setrlimit, resource.RLIMIT_DATA, (limit, limit))


def refused(rnncli: Any, corpus: str | bytes, code: int, *said: str, **options: Any) -> None:
    rnncli("train", corpus, *TRAIN, code=code, said=["Error:", *said], **options)
    assert not [left for left in os.listdir() if "new.npz" in left]


def words_of(model: str) -> list[str]:
    return library.load(model).vocabulary.words[2:]


# too little text


@pytest.mark.rows("A1", "A2", "A3")
@pytest.mark.parametrize(("content", "said"), [("", "is empty"), (" \n\t\n", "no words"), ("cat", "at least 2")])
def test_less_than_two_words_are_refused(rnncli: Any, here: Path, content: str, said: str) -> None:
    written(content)
    refused(rnncli, "c.txt", 3, "c.txt", said)


@pytest.mark.rows("A4", "A5")
@pytest.mark.parametrize("n", [5, 100_000])
def test_few_words_and_one_repeated_word_are_learned(rnncli: Any, here: Path, size: Size, n: int) -> None:
    written("cat\n" * (size(n, 10 * n) if n > 5 else n))
    assert b"perplexity\t" in rnncli("train", "c.txt", *TRAIN, "--bptt", "100", "--batch", "50", seconds=30).out
    assert words_of("new.npz") == ["cat"]
    assert library.load("new.npz").record["plan"]["steps"] > 0


@pytest.mark.rows("A24")
def test_min_count_selects_words_or_is_refused(rnncli: Any, here: Path) -> None:
    written("the cat sat\nthe dog ran\n" * 3)
    rnncli("train", "c.txt", *TRAIN, "--min-count", "7", code=3, said="no word occurs 7 times or more")
    rnncli("train", "c.txt", *TRAIN, "--min-count", "3")
    assert words_of("new.npz") == ["the", "cat", "dog", "ran", "sat"]  # equal counts go by alphabet


# paths that are no files


@pytest.mark.rows("A6", "A7", "A32")
@pytest.mark.parametrize(
    ("corpus", "code", "said"),
    [
        ("nothing.txt", 5, "No such file"),
        ("dangling", 5, "No such file"),
        ("loop", 5, "Too many levels"),
        (".", 5, "is a directory"),
        ("socket", 5, "cannot be read"),
        ("/dev/null", 3, "is empty"),
        ("/dev/zero", 3, "NUL byte in line 1"),
        ("/proc/self/mem", 5, "cannot be read"),
    ],
)
def test_missing_file_folder_socket_and_device_are_refused(
    rnncli: Any, here: Path, corpus: str, code: int, said: str
) -> None:
    os.symlink("nothing.txt", "dangling")
    os.symlink("loop", "loop")
    if corpus == "socket":
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind("socket")
    refused(rnncli, corpus, code, corpus, said)


@pytest.mark.rows("A32")
def test_corpus_given_twice_is_read_twice(rnncli: Any, here: Path) -> None:
    data = written("the cat sat\n")
    rnncli("train", "c.txt", "c.txt", *TRAIN)
    assert library.load("new.npz").record["corpus"]["words"] == 6
    rnncli("train", "-", "-", *TRAIN, stdin=data, code=3, said="standard input: is empty")


@pytest.mark.rows("A8")
@pytest.mark.skipif(os.geteuid() == 0 and not SETPRIV, reason="root reads everything, and there is no setpriv")
def test_corpus_without_read_permission_is_refused(rnncli: Any, here: Path) -> None:
    written(TEXT)
    Path("c.txt").chmod(0)
    refused(rnncli, "c.txt", 5, "c.txt", "Permission denied", through=POWERLESS)


@pytest.mark.rows("A29")
@pytest.mark.skipif(not STRACE, reason="strace is not installed")
@pytest.mark.parametrize("nth", [1, 3])
def test_read_error_in_the_middle_keeps_the_old_model(rnncli: Any, here: Path, nth: int) -> None:
    written(TEXT * 2000)
    before = Path("model.npz").read_bytes()
    fault = [STRACE, "-fqq", "-o", "/dev/null", "-P", str(here / "c.txt"), "-e", f"inject=read:error=EIO:when={nth}"]
    options = ["--epochs", "1", "--hidden", "4", "-q", "--force"]
    rnncli("train", str(here / "c.txt"), *options, code=5, said="Input/output error", through=fault, seconds=30)
    assert Path("model.npz").read_bytes() == before


# bytes that are no text


@pytest.mark.rows("A9", "A10", "A14")
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"one\ntwo\nthe \xff cat", "not UTF-8 at byte 12 (line 3): the byte 0xFF"),
        (TEXT.encode() * 900 + b"th\xffe cat\n" + TEXT.encode(), "iconv -c -f utf-8 -t utf-8 c.txt > clean.txt"),
        (b"the cat \xe2\x82", "not UTF-8 at byte 8 (line 1): the file ends inside a character"),
        (b"the \xed\xa0\x80 cat", "not UTF-8 at byte 4 (line 1)"),
        (b"the \xc0\x80 cat", "not UTF-8 at byte 4 (line 1)"),
        (b"one\nthe\0cat", "a NUL byte in line 2; is this a binary file?"),
    ],
)
def test_bytes_that_are_no_text_are_reported_with_their_place(
    rnncli: Any, here: Path, content: bytes, said: str
) -> None:
    written(content)
    refused(rnncli, "c.txt", 3, "c.txt: ", said)


def office_document() -> bytes:
    """Makes the beginning of a Word document."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w:document/>")
    return file.getvalue()


@pytest.mark.rows("A13", "A15")
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (TEXT.encode("utf-16-le"), "is UTF-16 (LE, without a byte order mark). Give --encoding utf-16-le"),
        (TEXT.encode("utf-16-be"), "is UTF-16 (BE, without a byte order mark). Give --encoding utf-16-be"),
        (TEXT.encode("utf-32-be"), "--encoding utf-32-be"),
        (
            office_document(),
            "is a Word document (.docx), not plain text. Make text of it: pandoc -f docx -t plain c.txt",
        ),
        (b"PK\3\4" + bytes(26) + b"mimetypeapplication/epub+zip", "is an EPUB book"),
        (b"PK\5\6" + bytes(18), "is a zip archive"),
        (b"%PDF-1.7\n", "is a PDF, not text. Make text of it: pdftotext c.txt - > text.txt"),
        (b"{\\rtf1\\ansi Hello}", "is RTF, not plain text. Make text of it: unrtf --text c.txt"),
        (b"<!DOCTYPE html>\n<p>Hello", "is HTML, not plain text"),
        (b"\x7fELF\2\1\1" + bytes(9), "is a binary file (ELF program)"),
        (Random(1).randbytes(9999).replace(b"\0", b""), "is a binary file"),
        (gzip.compress(TEXT.encode(), mtime=0)[:-9], "damaged gzip file"),
        (bz2.compress(TEXT.encode())[:-9], "damaged bzip2 file"),
        (lzma.compress(TEXT.encode())[:-9], "damaged xz file"),
    ],
)
def test_files_that_are_not_plain_text_are_named(rnncli: Any, here: Path, content: bytes, said: str) -> None:
    written(content)
    refused(rnncli, "c.txt", 3, "c.txt: ", said)


FOREIGN = (
    ("I don’t know, she said – it’s late.\n", "windows-1252"),
    ("Старый рыбак рассказал нам, что раньше здесь было гораздо тише.\n", "koi8-r"),
    ("老渔夫告诉我们，从前这里比现在安静得多，河上也没有这么多的船。\n", "gbk"),
    ("年をとった漁師は、昔ここはもっと静かだったと話してくれました。\n", "cp932"),
)


@pytest.mark.rows("A34", "A35")
@pytest.mark.parametrize(("text", "encoding"), FOREIGN)
def test_encoding_is_told_and_read_when_given(rnncli: Any, here: Path, text: str, encoding: str) -> None:
    written(text * 9, "utf-8.txt")
    written((text * 9).encode(encoding))
    refused(rnncli, "c.txt", 3, "c.txt: not UTF-8 at byte ", f"--encoding {encoding}")
    rnncli("train", "utf-8.txt", "--valid", "c.txt", *TRAIN, code=3, said=f"--encoding {encoding}")
    assert not Path("new.npz").exists()
    rnncli("train", "utf-8.txt", "--valid", "utf-8.txt", *TRAIN)
    model = Path("new.npz").read_bytes()
    Path("new.npz").unlink()
    rnncli("train", "c.txt", "--valid", "c.txt", "--encoding", encoding, *TRAIN)
    assert Path("new.npz").read_bytes() == model
    rnncli("score", "c.txt", "--encoding", encoding, "-m", "new.npz")
    written((text * 9).encode(encoding) + b"\x81\xff\n", "bad.txt")
    if encoding in ("gbk", "cp932"):
        rnncli("score", "bad.txt", "--encoding", encoding, "-m", "new.npz", code=3, said="(line 10)")


@pytest.mark.rows("A35")
@pytest.mark.parametrize("name", ["windows1252", "", "hex", "é"])
def test_unknown_encoding_is_refused(rnncli: Any, here: Path, name: str) -> None:
    written(TEXT)
    rnncli("train", "c.txt", "--encoding", name, *TRAIN, code=2, said="--encoding")
    rnncli("score", "c.txt", "--encoding", name, code=2, said="--encoding")
    assert not Path("new.npz").exists()


@pytest.mark.rows("A36")
def test_characters_that_a_conversion_spoiled_are_reported(rnncli: Any, here: Path) -> None:
    written("one\nI don\x92t know\nsome \ufffd letters\n" * 9)
    notes = ["9 control characters between U+0080 and U+009F, the first in line 2", "9 replacement characters (U+FFFD)"]
    loud = [option for option in TRAIN if option != "-q"]
    rnncli("train", "c.txt", *loud, said=notes, lines=20)
    rnncli("score", "c.txt", "-m", "new.npz", said=notes)


@pytest.mark.rows("A37")
def test_many_files_are_counted_in_messages(rnncli: Any, here: Path) -> None:
    names = [f"{i}.txt" for i in range(422)]
    for name in names:
        written("\n", name)
    done = rnncli("train", *names, "-o", "new.npz", code=3, said="422 files (0.txt, 1.txt, 2.txt, …): no words")
    assert len(done.err) < 300


# one text, one model


@pytest.mark.rows("A12", "A13", "A15", "A16", "A26")
def test_one_text_gives_one_model_by_file_pipe_compression_mark_and_any_line_ends(rnncli: Any, here: Path) -> None:
    """With a byte order mark, other line ends, compressed, through a pipe, a few bytes at a time: equal bytes."""
    data = written(TEXT)
    mixed = TEXT.replace("mat\n", "mat\r\n").replace("fire\n", "fire\r").encode()
    os.mkfifo("fifo")

    def train(corpus: str, **options: Any) -> bytes:
        rnncli("train", corpus, *TRAIN, **options)
        model = Path("new.npz").read_bytes()
        Path("new.npz").unlink()
        return model

    def slowly(path: str) -> None:
        with open(path, "wb", buffering=0) as file:
            for at in range(0, len(data), 7):
                file.write(data[at : at + 7])

    models = [train("c.txt")]
    written(b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"), "crlf.txt")
    models += [train("crlf.txt"), train("-", stdin=mixed)]
    models += [train("-", stdin=module.compress(data)) for module in (gzip, bz2, lzma)]
    models += [train("-", stdin=TEXT.encode(encoding)) for encoding in ("utf-16", "utf-32")]
    threading.Thread(target=slowly, args=["fifo"]).start()
    models.append(train("fifo"))
    assert len(set(models)) == 1


@pytest.mark.rows("A23")
def test_hash_seed_does_not_change_the_model(rnncli: Any, here: Path) -> None:
    written(TEXT)
    models = set()
    for seed in ("0", "1", "random"):
        rnncli("train", "c.txt", *TRAIN, env={"PYTHONHASHSEED": seed})
        models.add(Path("new.npz").read_bytes())
    assert len(models) == 1


@pytest.mark.rows("A26")
def test_resume_from_standard_input_refuses_another_text(rnncli: Any, here: Path) -> None:
    data = written(TEXT)
    command = ["train", "-", "--epochs", "100000", "--hidden", "4", "-q", "-o", "new.npz"]
    with open("c.txt", "rb") as file:
        process = rnncli.start(*command, "--save-steps", "1", stdin=file)
    while not Path("new.npz.resume").exists():
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == -signal.SIGINT
    there = Path("new.npz.resume").read_bytes()
    rnncli("train", "-", "--resume", "-o", "new.npz", stdin=data + b"x", code=3, said="is not the one", lines=4)
    assert Path("new.npz.resume").read_bytes() == there


# odd text


@pytest.mark.rows("A11")
def test_character_across_two_reads_stays_whole(rnncli: Any, here: Path) -> None:
    block = 1 << 20
    written(TEXT, "valid.txt")
    for shift in range(1, 4):  # the first read ends before, or within, the first of the wide characters
        written(f"{'a' * 127} " * (block // 128 - 1) + "c" * 123 + " " + "b" * shift + "€ the cat\n" * 9)
        rnncli("train", "c.txt", "--valid", "valid.txt", *TRAIN, "--min-count", "1", "--force")
        assert set(words_of("new.npz")) == {"a" * 127, "c" * 123, "b" * shift, "€", "the", "cat"}


ODD = (
    "one\u00a0two\u0085three\u2028four\x1cfive\vsix\fseven\teight",  # blanks of all kinds
    "caf\u00e9 cafe\u0301 \U0001f468\u200d\U0001f469\u200d\U0001f467 שלום नमस्ते ﷺ e\u0301\u0301",
    "soft\u00adhyphen zero\u200bwidth İstanbul ß ǅ ﬁ",
)


@pytest.mark.rows("A17", "A18")
@pytest.mark.parametrize("tokenizer", ["words", "whitespace", "chars"])
def test_odd_characters_give_equal_words_in_train_predict_and_score(rnncli: Any, here: Path, tokenizer: str) -> None:
    lines = "".join(line + "\n" for line in ODD).encode()
    written(lines * 3)
    rnncli("train", "c.txt", *TRAIN, "--tokenizer", tokenizer, "--min-count", "1")
    answers = [json.loads(line) for line in rnncli("predict", "--json", "-m", "new.npz", stdin=lines).out.splitlines()]
    assert [(each["text"], each["unknown_words"]) for each in answers] == [(line, []) for line in ODD]
    scored = json.loads(rnncli("score", "--json", "-m", "new.npz", "c.txt").out)
    assert (scored["unknown_words"], scored["words"]) == (0, library.load("new.npz").record["corpus"]["words"])


@pytest.mark.rows("A19")
def test_special_words_are_special_only_to_the_whitespace_tokenizer(rnncli: Any, here: Path) -> None:
    written("the <unk> cat <s> sat </s> on <pad> it\n" * 20)
    rnncli("train", "c.txt", *TRAIN)
    assert {"<", ">", "unk", "s", "pad"} <= set(words_of("new.npz"))
    rnncli("train", "c.txt", *TRAIN, "--tokenizer", "whitespace", "--force")
    assert set(words_of("new.npz")) == {"the", "cat", "<s>", "sat", "</s>", "on", "<pad>", "it"}
    assert library.load("new.npz").record["corpus"]["covered"] == pytest.approx(8 / 9)


# large text


@pytest.mark.rows("A20", "A21", "A33")
@pytest.mark.parametrize(
    ("part", "code", "said"),
    [
        ("word ", 0, ""),
        ("a", 3, "longer than 255 characters"),
        ("-", 3, "longer than 255 characters"),
        ("'", 3, "longer than 255 characters"),
        ("x.", 0, ""),
        ("Once upon a time there\nwas " + "y" * 1_000_000, 0, ""),
    ],
)
def test_endless_line_takes_bounded_memory(
    rnncli: Any, here: Path, size: Size, part: str, code: int, said: str
) -> None:
    length = size(1 << 23, 1 << 30) if part in ("word ", "a") else size(1 << 22, 1 << 24)
    with open("c.txt", "w") as file:
        for _ in range(max(1, length // max(1 << 20, len(part)))):
            file.write(part * max(1, (1 << 20) // len(part)))
    done = ["--time", "1s", "--hidden", "4", "-q", "-o", "new.npz"]
    rnncli("train", "c.txt", *done, code=code, said=said, preexec_fn=within(MAX_TRAINING_BYTES), seconds=size(20, 2000))


@pytest.mark.rows("A22")
def test_too_many_words_are_refused_before_memory_is_taken(rnncli: Any, here: Path, size: Size) -> None:
    written("\n".join(map(str, range(size(60_000, 10_000_000)))))
    wide = ["--hidden", "100000", "--vocabulary-size", "10000000", "-q", "-o", "new.npz"]
    limits = {"preexec_fn": within(size(300 << 20, 8 << 30)), "seconds": size(20, 600)}
    rnncli("train", "c.txt", *wide, "--min-count", "1", "--epochs", "1", code=6, said="--hidden", **limits)
    rnncli("train", "c.txt", *TRAIN, "--min-count", "1", "--vocabulary-size", "1000", **limits)
    assert len(words_of("new.npz")) == 998


@pytest.mark.rows("A27")
def test_ctrl_c_ends_reading_of_endless_input_at_once(rnncli: Any, here: Path) -> None:
    with subprocess.Popen(["yes", "the cat sat"], stdout=subprocess.PIPE) as endless:
        process = rnncli.start("train", "-", *TRAIN, stdin=endless.stdout)
        assert endless.stdout
        endless.stdout.close()
        time.sleep(1.5)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        err = process.communicate(timeout=10)[1]
    assert (process.returncode, b"Traceback" in err) == (-signal.SIGINT, False)
    assert not Path("new.npz").exists()


# changing text


@pytest.mark.rows("A25")
@pytest.mark.parametrize("how", ["truncated", "appended", "replaced"])
def test_corpus_changed_while_it_is_read_gives_a_valid_model(rnncli: Any, here: Path, how: str, seed: int) -> None:
    written(TEXT * 1500)
    process = rnncli.start("train", "c.txt", "--time", "1s", "--hidden", "4", "-q", "-o", "new.npz")
    time.sleep(Random(f"{seed}{how}{rnncli.variant}").uniform(0.3, 1.0))
    if how == "truncated":
        os.truncate("c.txt", 5000)
    elif how == "appended":
        with open("c.txt", "a") as file:
            file.write(TEXT * 10)
    else:
        written("other words\n", "other.txt")
        os.replace("other.txt", "c.txt")
    err = process.communicate(timeout=30)[1]
    assert (process.returncode, err) == (0, b"")
    assert library.load("new.npz").record["corpus"]["words"] > 1


# names


@pytest.mark.rows("A30")
@pytest.mark.parametrize("file", ["two\nlines", "\x1b[31mred", b"\xff", "-dash", "n" * 255, "[red] :smile: 'q'"])
def test_file_names_with_control_characters_are_read_and_escaped(rnncli: Any, here: Path, file: str | bytes) -> None:
    Path(os.fsdecode(file)).write_text(TEXT)
    options = ["--epochs", "1", "--hidden", "4", "-o", "new.npz"]
    done = rnncli("train", *options, "--", file)
    assert library.load("new.npz").record["corpus"]["words"]
    Path(os.fsdecode(file)).write_text("")
    done = rnncli("train", *options, "--force", "--", file, code=3, said="is empty", lines=2)
    assert done.err.replace("\n", "").isprintable()
    shown = {"two\nlines": "two\\nlines", "\x1b[31mred": "\\x1b[31mred", b"\xff": "\\udcff"}.get(file, file)
    assert rnncli.variant == "closed" or f"Error: {shown}: is empty" in done.err


@pytest.mark.rows("A31")
def test_no_output_overwrites_a_text_that_is_read(rnncli: Any, here: Path) -> None:
    data = written(TEXT)
    written(TEXT + "more\n", "other.txt")
    os.link("c.txt", "hard")
    os.symlink("c.txt", "soft")
    for arguments in (
        ["c.txt", "-o", "c.txt"],
        ["c.txt", "-o", "hard"],
        ["other.txt", "--valid", "c.txt", "-o", "soft"],
        ["c.txt", "--log", "soft"],
    ):
        rnncli("train", "--epochs", "1", *arguments, "--force", "-q", code=2, said=f"{arguments[-1]}: is the corpus")
        assert Path("c.txt").read_bytes() == data
    assert os.path.islink("soft")


# a terminal


@pytest.mark.rows("A28")
def test_text_typed_at_a_terminal_ends_with_ctrl_d(rnncli: Any, here: Path) -> None:
    master, slave = pty.openpty()
    process = rnncli.start("train", "-", "--epochs", "1", "--hidden", "4", "-o", "new.npz", stdin=slave)
    os.close(slave)
    os.write(master, b"the cat sat\nthe dog ran\n\x04")
    _, err = process.communicate(timeout=20)
    os.close(master)
    assert process.returncode == 0
    assert rnncli.variant == "closed" or b"Reading standard input" in err
    assert library.load("new.npz").record["corpus"]["words"] == 6
