"""The matrix, I: what a file, a neighbor or a network could do to a user."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.faults
TRAIN = ["--epochs", "1", "--hidden", "4", "-q"]
EVIL = "\x1b]0;title\x07"
AUDITED = """
import sys
from random import Random
import rnncli
from rnncli.errors import CheckpointError

whole, rng, seen, watching = open("model.npz", "rb").read(), Random(1), set(), False
ALLOWED = "object.__ _thread. gc. sys._getframe os.fstat time."

def watch(event, arguments):
    if watching and not event.startswith(tuple(ALLOWED.split())):
        seen.add((event, arguments[0], arguments[1]) if event == "open" else (event,))

def load(content):
    global watching
    with open("file", "wb") as file:
        file.write(content)
    watching = True
    try:
        rnncli.load("file").predict("the cat")
    except CheckpointError:
        pass
    watching = False

load(whole)
load(b"x")
sys.addaudithook(watch)
for content in (whole, whole[:-99], b"", b"PK" * 99, b"\\x80\\x04cos\\nsystem\\n(S'touch caught'\\ntR.", whole + whole):
    load(content)
for _ in range(int(sys.argv[1])):
    at = rng.randrange(len(whole))
    load(whole[:at] + rng.randbytes(rng.randrange(9)) + whole[at + rng.randrange(9):])
print(sorted(seen))
"""


@pytest.mark.rows("I1")
def test_loading_opens_the_file_for_reading_and_nothing_else(here: Path, size: Any) -> None:
    command = [sys.executable, "-c", AUDITED, str(size(500, 10_000))]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout == "[('open', 'file', 'r')]\n", done
    assert not Path("caught").exists()


@pytest.mark.rows("I3")
def test_no_text_controls_the_terminal(rnncli: Any, here: Path) -> None:
    corpus, new = f"{EVIL}.txt", f"{EVIL}.npz"
    Path(corpus).write_text(f"the {EVIL} \x9b31m cat\n" * 20)
    model = ["-m", new]
    for arguments, code in (
        (["train", corpus, "--tokenizer", "whitespace", "--hidden", "4", "--epochs", "2", "-o", new], 0),
        (["predict", f"the {EVIL}", *model], 0),
        (["generate", f"the {EVIL}", "--words", "9", *model], 0),
        (["score", corpus, *model], 0),
        (["score", corpus, "--per", "word", *model], 0),
        (["score", corpus, "--per", "sentence", "--json", *model], 0),
        (["info", *model], 0),
        ([EVIL], 2),
        (["info", EVIL], 2),
        (["predict", f"--{EVIL}"], 2),
        (["predict", "-k", EVIL], 2),
        (["predict", "-m", f"{EVIL}/none"], 5),
        (["predict", "-m", corpus], 4),
        (["train", f"{EVIL}/none"], 5),
    ):
        shown = rnncli.screen(*arguments, code=code)
        assert not re.search("\x1b\\]|\x9b|\x07", shown), arguments


@pytest.mark.rows("I4")
def test_planted_temporary_and_lock_links_are_not_followed(rnncli: Any, here: Path) -> None:
    victim = Path("victim")
    victim.write_text("precious")
    text = b"the cat sat\n" * 20

    def plant() -> None:
        os.symlink("victim", f".new.npz.{os.getpid()}.tmp")

    rnncli("train", "-", *TRAIN, "-o", "new.npz", stdin=text, preexec_fn=plant)
    assert not Path("new.npz").is_symlink()
    os.symlink("victim", ".locked.npz.lock")
    rnncli("train", "-", *TRAIN, "-o", "locked.npz", stdin=text, code=5, said="locked.npz: cannot be written")
    assert victim.read_text() == "precious"
    assert sorted(os.listdir()) == [".locked.npz.lock", "model.npz", "new.npz", "victim"]


@pytest.mark.rows("I5")
@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_no_command_opens_a_socket(rnncli: Any, here: Path) -> None:
    Path("c.txt").write_text("the cat sat\n" * 20)
    for arguments in (["train", "c.txt", *TRAIN, "-o", "n.npz"], ["generate", "the"], ["score", "c.txt"], ["info"]):
        traced = ["strace", "-f", "-qq", "-e", "trace=socket,connect,bind,sendto", "-e", "signal=none", "-o", "trace"]
        subprocess.run([*traced, *rnncli.command(*arguments)], check=True, capture_output=True)
        assert Path("trace").read_text() == ""
        Path("n.npz").unlink(missing_ok=True)


@pytest.mark.rows("I6")
def test_models_of_different_corpora_differ_in_checksum_and_corpus_digest(rnncli: Any, here: Path) -> None:
    Path("c.txt").write_text("the cat sat\n" * 20)
    rnncli("train", "c.txt", *TRAIN, "-o", "other.npz")
    for name in ("model.npz", "other.npz"):
        content = Path(name).read_bytes()
        assert content[-64:].decode() == sha256(content[:-64]).hexdigest()
    corpora = {re.search(rb"corpus.digest\t\w{64}", rnncli("info", "-m", n).out)[0] for n in ("model.npz", "other.npz")}
    assert len(corpora) == 2


@pytest.mark.rows("I7")
def test_package_has_five_dependencies() -> None:
    project = Path(__file__).parents[2] / "pyproject.toml"
    needed = tomllib.loads(project.read_text())["project"]["dependencies"]
    assert [re.match(r"\w+", one)[0] for one in needed] == ["click", "numpy", "rich", "threadpoolctl", "tqdm"]
