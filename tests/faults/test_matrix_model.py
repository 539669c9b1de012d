"""The matrix, B: faults of model files."""

import dataclasses
import io
import json
import os
import pickle
import pty
import resource
import shutil
import socket
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rnncli as library
from rnncli.network.cells import Elman, initial
from rnncli.storage import archive, checkpoint, checksum
from rnncli.storage.checksum import CHECKSUM_DIGITS, CHECKSUM_LABEL
from rnncli.storage.word_lists import joined
from rnncli.text.vocabulary import SPECIALS, Vocabulary

pytestmark = pytest.mark.faults
Size = Callable[[int, int], int]
Arrays = dict[str, np.ndarray]
MAX_REFUSAL_BYTES = 230 << 20  # of data; 160 MB are NumPy and its threads
GOLDEN = Path(__file__).parent / "golden"
STRACE, SETPRIV, UNSHARE = map(shutil.which, ("strace", "setpriv", "unshare"))
IS_ROOT = os.geteuid() == 0
POWERLESS = [str(SETPRIV), "--bounding-set=-dac_override,-dac_read_search"] if IS_ROOT else []


def refused(rnncli: Any, code: int, *said: str, model: str = "model.npz", **options: Any) -> None:
    options = {
        "preexec_fn": partial(resource.setrlimit, resource.RLIMIT_DATA, (MAX_REFUSAL_BYTES, MAX_REFUSAL_BYTES))
    } | options
    done = rnncli("predict", "the cat", "-m", model, code=code, said=["Error:", model, *said], lines=1, **options)
    assert done.out == b""


def with_checksum(data: bytes) -> bytes:
    """Returns an archive without a comment, with a checksum for its comment."""
    data = data[:-2] + (len(CHECKSUM_LABEL) + CHECKSUM_DIGITS).to_bytes(2, "little") + CHECKSUM_LABEL
    return data + sha256(data).hexdigest().encode()


def with_new_checksum(data: bytes) -> bytes:
    return data[:-CHECKSUM_DIGITS] + sha256(data[:-CHECKSUM_DIGITS]).hexdigest().encode()


def arrays_of(path: Path) -> Arrays:
    with np.load(path) as arrays:
        return dict(arrays)


def put(arrays: Arrays) -> None:
    """Writes a model file of any arrays, with a valid checksum."""
    with open("model.npz", "wb") as file:
        archive.write(file, arrays)


def json_blob(value: Any) -> np.ndarray:
    return np.frombuffer(value if isinstance(value, bytes) else json.dumps(value).encode(), np.uint8)


class Canary:
    """Makes a folder when it is unpickled."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("hatched",)


# files that are no model


@pytest.mark.rows("B1", "B34")
@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("nothing.npz", "no such model"),
        (".", "Is a directory"),
        ("fifo", "not a regular file"),
        ("socket", "not a regular file"),
        ("/dev/zero", "not a regular file"),
        ("/dev/null", "not a regular file"),
        ("/dev/ptmx", "not a regular file"),
    ],
)
def test_missing_file_folder_pipe_and_device_are_refused_at_once(
    rnncli: Any, here: Path, model: str, said: str
) -> None:
    os.mkfifo("fifo")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket")
        refused(rnncli, 5, said, model=model)


@pytest.mark.rows("B1")
@pytest.mark.skipif(IS_ROOT and not SETPRIV, reason="root reads everything, and there is no setpriv")
def test_model_without_read_permission_is_refused(rnncli: Any, here: Path) -> None:
    Path("model.npz").chmod(0)
    refused(rnncli, 5, "Permission denied", through=POWERLESS)


def other_files() -> Iterator[tuple[str, bytes]]:
    yield "nothing", b""
    yield "text", b"the cat sat on the mat\n" * 99
    yield "PNG", b"\x89PNG\r\n\x1a\n" + bytes(99)
    yield "safetensors", (16).to_bytes(8, "little") + b'{"a":{}}'.ljust(16) + bytes(99)
    yield "pickle", pickle.dumps(Canary())
    for name, save in (("npy", np.save), ("npz", np.savez), ("compressed npz", np.savez_compressed)):
        file = io.BytesIO()
        save(file, np.zeros((300, 100)))
        yield name, file.getvalue()
    file = io.BytesIO()
    np.savez(file, format=np.array([Canary()], object))
    yield "npz with a pickle", file.getvalue()
    yield "npz with a checksum and a pickle", with_checksum(file.getvalue())
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr("../escaped", "text")
        zipped.writestr("/etc/x", "text")
        zipped.writestr("n" * 60_000, "text")
    yield "zip with a checksum and hostile names", with_checksum(file.getvalue())


OTHERS = dict(other_files())


@pytest.mark.rows("B2", "B3", "B4", "B5", "B6", "B25")
@pytest.mark.parametrize("kind", OTHERS)
def test_file_of_another_kind_is_refused_and_nothing_in_it_is_run(rnncli: Any, here: Path, kind: str) -> None:
    Path("model.npz").write_bytes(OTHERS[kind])
    said = "empty file" if kind == "nothing" else "damaged file" if "checksum" in kind else "not an rnncli model"
    refused(rnncli, 4, said)
    assert os.listdir() == ["model.npz"]


# damaged and forged models


def damages(whole: bytes) -> dict[str, bytes]:
    middle = len(whole) // 2
    return {
        "cut": whole[:-1],
        "cut in the middle": whole[:middle],
        "bit": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "sector": whole[:512] + bytes(512) + whole[1024:],
        "swapped": whole[:512] + whole[1024:1536] + whole[512:1024] + whole[1536:],
        "appended": whole + b"x",
        "twice": whole + whole,
        "prepended": b"#!/bin/sh\n" + whole,
    }


@pytest.mark.rows("B7", "B8", "B9", "B10")
@pytest.mark.parametrize("how", damages(bytes(4)))
def test_damaged_model_is_refused(rnncli: Any, here: Path, how: str) -> None:
    """One damage of each kind; test_damage.py tries all."""
    Path("model.npz").write_bytes(damages(Path("model.npz").read_bytes())[how])
    refused(rnncli, 4)


def bomb(how: str) -> bytes:
    """Returns an archive as zipfile writes it, with a checksum, whose first member is `how`."""
    file = io.BytesIO()
    header = b"{'descr': '<i4', 'fortran_order': False, 'shape': (), }"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if how != "stored" else zipfile.ZIP_STORED) as zipped:
        with zipped.open("format.npy", "w", force_zip64=True) as member:
            if how == "header":
                member.write(b"\x93NUMPY\x02\x00" + (100 << 20).to_bytes(4, "little") + header)
            elif how == "numbers":
                member.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
            for _ in range(100 if how != "stored" else 0):
                member.write(b" " * (1 << 20))
        for n in range(5000 if how == "members" else 0):
            zipped.writestr(f"{n}.npy", b"")
    return with_checksum(file.getvalue())


@pytest.mark.rows("B19", "B20", "B22", "B23")
@pytest.mark.parametrize("how", ["header", "numbers", "no header", "members", "stored"])
def test_decompression_bomb_is_refused_in_little_memory(rnncli: Any, here: Path, how: str) -> None:
    Path("model.npz").write_bytes(bomb(how))
    refused(rnncli, 4, "damaged file")


def patched(whole: bytes, old: bytes, new: bytes, nth: int = 0) -> bytes:
    at = -1
    for _ in range(nth + 1):
        at = whole.index(old, at + 1)
    return with_new_checksum(whole[:at] + new + whole[at + len(old) :])


FORGERIES: dict[str, tuple[bytes, bytes]] = {
    "shape": (b"'shape': (24,)", b"'shape': (23,)"),
    "shape without bounds": (b"'shape': (24,), }        ", b"'shape': (9999999999,), }"),
    "shape of no numbers": (b"'shape': (24,)", b"'shape': (-4,)"),
    "shape of a truth": (b"'shape': (24,), }  ", b"'shape': (True,), }"),
    "brackets": (b"'shape': (24,), }", b"'shape': ((((((((("),
    "comment": (b"'shape': (24,), }  ", b"'shape': (24,), } #"),
    "order": (b"'fortran_order': False, 'shape': (24,", b"'fortran_order': True , 'shape': (24,"),
    "type": (b"'<f4'", b"'>f4'"),
    "object": (b"'<f4'", b"'|O4'"),
    "method": (b"PK\x03\x04\x2d\x00\x00\x00\x00\x00", b"PK\x03\x04\x2d\x00\x00\x00\x63\x00"),
    "encrypted": (b"PK\x03\x04\x2d\x00\x00\x00", b"PK\x03\x04\x2d\x00\x01\x00"),
    "directory": (b"PK\x01\x02", b"PK\x01\x03"),
    "end": (b"PK\x06\x06", b"PK\x06\x05"),
    "name": (b"Ws.npy", b"../Ws."),
    "NUL in a name": (b"Ws.npy", b"Ws\0npy"),
}


@pytest.mark.rows("B11", "B12", "B14", "B15", "B21", "B22", "B23", "B24", "B25")
@pytest.mark.parametrize("what", FORGERIES)
def test_headers_in_any_but_the_canonical_form_are_refused(rnncli: Any, here: Path, what: str) -> None:
    whole, (old, new) = Path("model.npz").read_bytes(), FORGERIES[what]
    Path("model.npz").write_bytes(patched(whole, old, new))
    refused(rnncli, 4, "damaged file")


def with_record(**changes: Any) -> Callable[[Arrays], Arrays]:
    def changed(arrays: Arrays) -> Arrays:
        return arrays | {"record": json_blob(json.loads(arrays["record"].tobytes()) | changes)}

    return changed


def with_words(change: Callable[[list[str]], list[str]]) -> Callable[[Arrays], Arrays]:
    def changed(arrays: Arrays) -> Arrays:
        ends = arrays["words_at"].tolist()
        text = arrays["words"].tobytes().decode()
        words, places = joined(change([text[a:b] for a, b in pairwise(ends)]))
        return arrays | {"words": words, "words_at": places}

    return changed


def one(name: str, value: float) -> Callable[[Arrays], Arrays]:
    def changed(arrays: Arrays) -> Arrays:
        arrays[name].reshape(-1)[-1] = value
        return arrays

    return changed


def replaced(name: str, array: Any) -> Callable[[Arrays], Arrays]:
    return lambda arrays: arrays | {name: np.asarray(array)}


CONTENTS: dict[str, tuple[Callable[[Arrays], Arrays], str]] = {
    "missing": (lambda a: {n: x for n, x in a.items() if n != "Ws"}, "where Ws should be"),
    "extra": (replaced("more", np.zeros(3)), "its directory does not match"),
    "float64": (lambda a: a | {"by": a["by"].astype(float)}, "where by should be"),
    "structured": (replaced("by", np.zeros(3, "f4,i4")), "where by should be"),
    "text": (replaced("by", np.array(["a"])), "where by should be"),
    "scalar": (replaced("by", np.float32(1)), "by has shape ()"),
    "three dimensions": (replaced("Ws", np.zeros((2, 2, 2), np.float32)), "Ws has shape (2, 2, 2)"),
    "four dimensions": (replaced("Ws", np.zeros((2, 2, 2, 2), np.float32)), "where Ws should be"),
    "none": (replaced("Wx", np.zeros((0, 24), np.float32)), "Wx has shape (0, 24)"),
    "transposed": (lambda a: a | {"Wy": a["Wy"].T.copy()}, "Wy has shape (24, "),
    "nan": (one("Ws", np.nan), "Ws holds numbers that are not finite"),
    "infinite": (one("by", -np.inf), "by holds numbers that are not finite"),
    "huge": (one("Wx", 3e38), "or too large"),
    "newer": (
        replaced("format", np.array(7, np.int32)),
        "made by another rnncli (format 7; this one reads 1, 2, 3 and 4)",
    ),
    "format 0": (replaced("format", np.array(0, np.int32)), "format 0"),
    "format -1": (replaced("format", np.array(-1, np.int32)), "format -1"),
    "format 1.5": (replaced("format", np.array(1.5)), "where format should be"),
    "format text": (replaced("format", np.array("1")), "where format should be"),
    "word twice": (with_words(lambda w: [*w[:-1], w[2]]), "words for"),
    "empty word": (with_words(lambda w: [*w[:4], "", *w[5:]]), "word 4 of words is empty"),
    "no special words": (with_words(lambda w: ["a b", *w[1:]]), "the first words are not"),
    "word too few": (with_words(lambda w: w[:-1]), "words for"),
    "places": (one("words_at", 0), "do not fit"),
    "no UTF-8": (lambda a: a | {"shown": a["shown"] | 0x80}, "utf-8"),
    "JSON cut": (lambda a: a | {"record": a["record"][:-1]}, "delimiter"),
    "JSON nan": (with_record(temperature=float("nan")), "temperature is not a number"),
    "JSON deep": (replaced("record", json_blob(b"[" * 100_000)), "nested too deeply"),
    "JSON digits": (replaced("record", json_blob(b"9" * 100_000)), "digits"),
    "no share of unknown words": (
        with_record(unknown={"intercept": 0.0, "slope": 1.0, "rare": 2.0, "strength": 1.0}),
        "unknown holds a weight that is none",
    ),
    "JSON number": (with_record(temperature=10**4000), "temperature is not a number, or too large"),
    "JSON of 17 MB": (replaced("record", json_blob(b" " * (17 << 20))), "bytes of JSON"),
    "settings": (replaced("settings", json_blob({"hidden": -1})), "damaged file"),
}


@pytest.mark.rows("B11", "B13", "B14", "B15", "B16", "B17", "B18", "B26", "B27", "B29", "B30")
@pytest.mark.parametrize("what", CONTENTS)
def test_content_that_makes_no_model_is_refused(rnncli: Any, here: Path, what: str) -> None:
    change, said = CONTENTS[what]
    put(change(arrays_of(Path("model.npz"))))
    refused(rnncli, 4, said)


# odd models that are accepted


@pytest.mark.rows("B18")
@pytest.mark.parametrize("value", [1e29, -1e29, 1e-45])
def test_extreme_weights_still_give_probabilities(rnncli: Any, here: Path, value: float) -> None:
    arrays = arrays_of(Path("model.npz"))
    for name in library.load("model.npz").params:
        arrays[name][:] = np.where(np.arange(arrays[name].size).reshape(arrays[name].shape) % 3, value, -value)
    put(arrays)
    answer = json.loads(rnncli("predict", "the cat", "--json", "-q", "-k", "999").out)
    assert sum(word["probability"] for word in answer["words"]) + answer["eos"] + answer["unk"] == pytest.approx(1)
    assert rnncli("generate", "the", "--words", "3", "--seed", "1").err == ""


@pytest.mark.rows("B30")
def test_duplicate_json_entry_and_infinite_perplexity_are_accepted(rnncli: Any, here: Path) -> None:
    arrays = with_record(curve=[[1, float("inf")], [2, 0.0]])(arrays_of(Path("model.npz")))
    put(arrays | {"record": json_blob(b'{"version": "x", ' + arrays["record"].tobytes()[1:])})
    assert json.loads(rnncli("info", "--json").out)["curve"] == [[1, None], [2, 0.0]]
    assert b"curve\tinf 0.0" in rnncli("info").out


@pytest.mark.rows("B28")
@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.npz")), ids=lambda path: path.stem)
def test_golden_models_predict_complete_and_score_as_they_did(rnncli: Any, here: Path, path: Path) -> None:
    said = json.loads(path.with_suffix(".json").read_text())
    for text, options, words in (
        (said["text"], [], said["words"]),
        (said["complete"], ["--complete"], said["completions"]),
    ):
        answer = json.loads(rnncli("predict", text, "--json", "-q", "-k", "5", "-m", str(path), *options).out)
        assert [word["word"] for word in answer["words"]] == [word for word, _ in words]
        assert [word["probability"] for word in answer["words"]] == pytest.approx([p for _, p in words], rel=1e-4)
    done = rnncli("score", "--per", "word", "--json", "-m", str(path), stdin=said["scored"].encode())
    scored = [json.loads(line) for line in done.out.splitlines()]
    assert [word["word"] for word in scored] == [word for word, _ in said["bits"]]
    for word, (_, bits) in zip(scored, said["bits"], strict=True):
        if word["unknown"]:  # now its spelling costs, too
            assert word["bits"] > bits + 5
        else:
            assert word["bits"] == pytest.approx(bits, rel=1e-3)


@pytest.mark.rows("B28")
def test_every_format_has_a_golden_model() -> None:
    assert {path.stem for path in GOLDEN.glob("*.npz")} == {f"format-{n}" for n in checkpoint.FORMATS}


@pytest.mark.rows("B39")
def test_words_of_a_model_cannot_control_the_terminal(rnncli: Any, here: Path) -> None:
    arrays = arrays_of(Path("model.npz"))
    words = library.load("model.npz").vocabulary.display_forms
    shown, places = joined([*SPECIALS, *(f"\x1b]0;{word}\x07\x9b" for word in words[2:])])
    put(arrays | {"shown": shown, "shown_at": places})
    for command in (["predict", "the"], ["generate", "the", "--words", "3"], ["info"]):
        master, slave = pty.openpty()
        process = rnncli.start(*command, stdout=slave, env={"TERM": "dumb"})
        os.close(slave)
        out = b""
        with os.fdopen(master, "rb", buffering=0) as terminal:
            try:
                while part := terminal.read(4096):
                    out += part
            except OSError:  # its other end is closed
                pass
        process.communicate(timeout=20)
        assert process.returncode == 0
        assert b"\\x1b]0;" in out
        assert not {b"\x1b]", b"\x07", "\x9b".encode()} & {out[at : at + n] for n in (1, 2) for at in range(len(out))}


# odd file systems


@pytest.mark.rows("B32", "B33")
@pytest.mark.parametrize("how", ["replaced", "overwritten"])
def test_model_replaced_while_it_is_read_is_old_new_or_refused(rnncli: Any, here: Path, how: str, size: Size) -> None:
    whole = Path("model.npz").read_bytes()
    arrays = arrays_of(Path("model.npz"))
    put(arrays | {"by": arrays["by"][::-1].copy()})
    other, ended = Path("model.npz").read_bytes(), threading.Event()
    said = {rnncli("predict", "the cat", "-q").out}
    Path("model.npz").write_bytes(whole)
    said.add(rnncli("predict", "the cat", "-q").out)

    def change() -> None:
        while not ended.is_set():
            for data in (whole, other):
                if how == "replaced":
                    Path("new").write_bytes(data)
                    os.replace("new", "model.npz")
                else:
                    Path("model.npz").write_bytes(data)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(size(3, 100)):
            done = rnncli("predict", "the cat", "-q", code=0 if how == "replaced" else (0, 4))
            assert done.out in (said if done.code == 0 else {b""})
    finally:
        ended.set()
        thread.join()


@pytest.mark.rows("B35")
@pytest.mark.parametrize("ends", ["zeros", "as a model does", "as a model begins and ends"])
def test_sparse_file_of_50_gigabytes_is_refused_before_it_is_read(rnncli: Any, here: Path, ends: str) -> None:
    with open("model.npz", "wb") as file:
        file.write(b"PK\x03\x04" if "begins" in ends else b"")
        file.truncate(50 << 30)
        file.seek(0, os.SEEK_END)
        file.write(CHECKSUM_LABEL + b"0" * CHECKSUM_DIGITS if "ends" in ends or "does" in ends else b"")
    refused(rnncli, 6 if "begins" in ends else 4, seconds=5)


@pytest.mark.rows("B36")
@pytest.mark.skipif(not STRACE, reason="strace is not installed")
@pytest.mark.parametrize(("fault", "code"), [("EIO", 5), ("EINTR", 0)])
def test_failed_read_is_reported_and_interrupted_read_repeated(rnncli: Any, here: Path, fault: str, code: int) -> None:
    for nth in (1, 3):
        inject = ["-P", str(here / "model.npz"), "-e", f"inject=read:error={fault}:when={nth}"]
        under = [STRACE, "-fqq", "-o", "/dev/null", *inject]
        said = "Input/output error" if code else ()
        rnncli("predict", "the", "-q", "-m", str(here / "model.npz"), code=code, said=said, through=under, seconds=30)


@pytest.mark.rows("B36")
def test_short_reads_are_continued(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Short(io.FileIO):
        def readinto(self, into: Any) -> int:
            return super().readinto(into[:1000])

    monkeypatch.setattr(checksum, "open", lambda path, *_, **__: Short(path), raising=False)
    assert library.load("model.npz").predict("the cat").words


@pytest.mark.rows("B37")
def test_limited_memory_gives_the_whole_answer_or_an_error(rnncli: Any, here: Path, size: Size) -> None:
    model = library.load("model.npz")
    words = [*SPECIALS, *(f"w{n}" for n in range(9998))]
    vocabulary = Vocabulary(words, words, [1] * len(words), "fold", True)
    params = initial(Elman(), len(words), 400, np.random.default_rng(0))
    settings = dataclasses.replace(model.settings, hidden=400)
    checkpoint.save("large.npz", checkpoint.Checkpoint(params, vocabulary, settings, model.record))
    ask, codes = ("predict", "w1", "-m", "large.npz", "-q"), set()
    whole = rnncli(*ask).out
    for megabytes in range(120, 360, size(20, 2)):
        limit = partial(resource.setrlimit, resource.RLIMIT_AS, (megabytes << 20,) * 2)
        done = rnncli(*ask, code=(0, 6), said="not enough memory" if codes == set() else (), preexec_fn=limit)
        assert done.out == (whole if done.code == 0 else b"")
        codes.add(done.code)
    assert codes == {0, 6}


@pytest.mark.rows("B38")
@pytest.mark.skipif(not (IS_ROOT and UNSHARE), reason="mounting takes root, and unshare")
def test_predict_generate_and_info_write_nothing(rnncli: Any, here: Path) -> None:
    os.mkdir("media")
    script = 'mount -t tmpfs none media && cp model.npz media && mount -o remount,ro media && cd media && exec "$@"'
    mounted = [str(UNSHARE), "-m", "sh", "-c", script, "sh"]
    if subprocess.run([*mounted, "true"], capture_output=True).returncode:
        pytest.skip("mounting is not allowed")
    for command in ("predict", "generate", "info"):
        assert rnncli(command, through=mounted, stdin=b"the cat\n").out


# resuming


@pytest.mark.rows("B31", "B40")
@pytest.mark.parametrize("what", ["generator", "no number", "a model", "nothing"])
def test_model_predicts_though_its_training_state_is_damaged_or_gone(
    rnncli: Any, here: Path, corpus_file: Path, what: str
) -> None:
    steps = iter(range(99))
    options: dict[str, Any] = {"hidden": 4, "epochs": 3, "stop": lambda: next(steps) > 3}
    for _ in library.Training(corpus_file, "new.npz", **options):
        pass
    resume = Path("new.npz.resume")
    if what == "nothing":
        resume.unlink()
    elif what == "a model":
        shutil.copy("model.npz", resume)
    else:
        arrays = arrays_of(resume)
        record = json.loads(arrays["record"].tobytes())
        rng = record["state"]["rngs"][0][0]
        if what == "generator":
            rng["bit_generator"] = "MT19937"
        else:
            rng["state"]["state"] = -1
        with resume.open("wb") as file:
            archive.write(file, arrays | {"record": json_blob(record)})
    said = "its training did not end, and new.npz.resume, its state, is missing" if what == "nothing" else "damaged"
    code = 5 if what == "nothing" else 4
    rnncli("train", str(corpus_file), "-o", "new.npz", "--resume", "-q", code=code, said=said)
    assert rnncli("predict", "the cat", "-m", "new.npz").out
