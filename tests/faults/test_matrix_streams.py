"""Rows F of the matrix of faults: standard streams, terminals, and the environment of a command."""

import os
import pty
import re
import resource
import shutil
import signal
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import rnncli as product

pytestmark = pytest.mark.faults
TRAIN = ["train", "c.txt", "--epochs", "1", "--hidden", "4", "-o", "new.npz"]
PREDICT = ["predict", "the naïve", "-k", "3"]


@pytest.fixture
def corpus(here: Path) -> Path:
    """Writes a small corpus into the working folder and returns its path."""
    path = here / "c.txt"
    path.write_text("the naïve cat sat\nthe dog ran\n" * 20)
    return path


@pytest.fixture(scope="module")
def naive(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Trains a model that predicts "naïve" and returns its path."""
    folder = tmp_path_factory.mktemp("naive")
    (folder / "c.txt").write_text("the naïve cat sat\n" * 40)
    product.train(folder / "c.txt", folder / "m.npz", hidden=8, epochs=8, learning_rate=0.05, min_count=1)
    return str(folder / "m.npz")


def unread() -> int:
    """Returns the writing end of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def unreadable() -> None:
    """Replaces standard input by a descriptor that only allows writing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 0)


# standard output


@pytest.mark.rows("F1")
def test_reader_that_stops_ends_generate_by_sigpipe_without_message(rnncli: Any, here: Path) -> None:
    with rnncli.start("generate", "--words", "1000000") as process:
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == -signal.SIGPIPE


@pytest.mark.rows("F2")
@pytest.mark.parametrize("arguments", [["predict", "the cat"], ["generate", "--words", "9"], ["info"], ["--help"]])
def test_unread_pipe_ends_every_command_by_sigpipe_without_message(
    rnncli: Any, here: Path, arguments: list[str]
) -> None:
    output = unread()
    assert rnncli(*arguments, stdout=output, code=-signal.SIGPIPE).err == ""
    os.close(output)


@pytest.mark.rows("F3", "F4")
@pytest.mark.parametrize(
    "arguments",
    [["predict", "the cat"], ["generate", "--words", "3000"], ["info", "--json"], ["--help"], ["--version"]],
)
def test_full_or_closed_stdout_is_reported(rnncli: Any, here: Path, arguments: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        rnncli(*arguments, stdout=full, code=5, said="standard output: cannot be written: No space left")
    closed = {"stdout": None, "preexec_fn": lambda: os.close(1)}
    rnncli(*arguments, **closed, code=5, said="standard output: cannot be written: it is closed")


@pytest.mark.rows("F9")
def test_output_that_fills_up_keeps_what_was_written_before(rnncli: Any, here: Path) -> None:
    command = ["generate", "--words", "3000", "--seed", "1"]
    with open("part", "wb") as part:
        limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))}
        rnncli(*command, stdout=part, **limit, code=5, said="standard output: cannot be written: File too large")
    assert rnncli(*command).out[:5000] == Path("part").read_bytes()


@pytest.mark.rows("F10", "F11")
@pytest.mark.parametrize("rnncli", ["plain", "optimized", "closed"], indirect=True)
def test_pipes_get_whole_lines_without_escape_sequences(rnncli: Any, corpus: Path) -> None:
    long = " ".join(["the cat sat"] * 50)
    done = [
        rnncli(*TRAIN, said=["vocabulary: ", "epoch 1.0 perplexity"]),
        rnncli("predict", long, said="Not listed: "),
        rnncli("score", "--per", "sentence", stdin=long.encode()),
        rnncli("score", stdin=long.encode()),
        rnncli("generate", long, "--words", "0"),
        rnncli("info"),
    ]
    for one in done:
        assert not re.search(r"[\x1b\r]", one.out.decode() + one.err)
    assert [len(one.out.splitlines()) for one in done[1:3]] == [10, 1]
    assert done[2].out.startswith(long.encode() + b"\t")
    assert done[4].out == long.encode() + b"\n"


# standard error and standard input


@pytest.mark.rows("F5")
@pytest.mark.parametrize("kind", ["full", "unread"])
def test_stderr_that_cannot_be_written_changes_no_exit_code(rnncli: Any, corpus: Path, kind: str) -> None:
    errors = os.open("/dev/full", os.O_WRONLY) if kind == "full" else unread()
    for arguments, code in ((TRAIN, 0), (["predict", "-k", "x"], 2), (["predict", "-m", "no.npz", "x"], 5)):
        rnncli(*arguments, stderr=errors, code=code)
    os.close(errors)
    assert product.load("new.npz").predict("the").words


@pytest.mark.rows("F6")
@pytest.mark.parametrize("arguments", [["predict"], ["generate", "-"], ["score"], ["train", "-", "-q", "-o", "n.npz"]])
def test_closed_or_unreadable_stdin_is_reported(rnncli: Any, here: Path, arguments: list[str]) -> None:
    rnncli(*arguments, preexec_fn=lambda: os.close(0), code=5, said="standard input: closed")
    rnncli(*arguments, stdin=b"", preexec_fn=unreadable, code=5, said="standard input: cannot be read")
    assert os.listdir() == ["model.npz"]


@pytest.mark.rows("F7")
def test_folder_as_stdin_is_refused_by_python_itself(rnncli: Any, here: Path) -> None:
    folder = {"stdin": b"", "preexec_fn": lambda: os.dup2(os.open(".", os.O_RDONLY), 0)}
    assert not rnncli("predict", **folder, code=1, said="<stdin> is a directory", lines=9).out


@pytest.mark.rows("F8")
def test_training_without_any_standard_stream_writes_the_same_model(rnncli: Any, corpus: Path) -> None:
    streams = {"stdin": None, "stdout": None, "stderr": None}
    rnncli(*TRAIN, **streams, preexec_fn=lambda: os.closerange(0, 3), code=5)
    alone = Path("new.npz").read_bytes()
    rnncli(*TRAIN, "--force")
    assert Path("new.npz").read_bytes() == alone


# terminals


@pytest.mark.rows("F12")
def test_terminal_without_styles_gets_no_escape_sequences(rnncli: Any, corpus: Path) -> None:
    assert "\x1b[" in rnncli.screen("predict", "the cat")
    for env in ({"NO_COLOR": "1"}, {"CLICOLOR": "0"}, {"TERM": "dumb"}, {"TERM": ""}):
        assert "\x1b" not in rnncli.screen("predict", "the cat", env=env)
    assert "\x1b" not in rnncli.screen(*TRAIN, env=env)


@pytest.mark.rows("F13")
def test_words_and_figures_are_shown_at_every_terminal_width(rnncli: Any, here: Path) -> None:
    for wide in ({"columns": 0}, {"columns": 1}, *({"env": {"COLUMNS": n}} for n in ("0", "1", "abc", "1000000"))):
        assert re.search(r"sat\b.* \d+\.\d%", rnncli.screen("predict", "the cat", **wide)), wide
    assert re.search(r"perplexity\b.* \d+\.\d", rnncli.screen("info", columns=1))


@pytest.mark.rows("F13")
def test_training_survives_changes_of_the_terminal_size(rnncli: Any, corpus: Path) -> None:
    master, slave = pty.openpty()
    process = rnncli.start(*TRAIN, "--epochs", "200", stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    shown = os.read(master, 1 << 16)
    for columns in (1, 300, 0, 80):
        termios.tcsetwinsize(master, (24, columns))
        process.send_signal(signal.SIGWINCH)
    with suppress(OSError):  # Linux reports a closed terminal this way
        while True:
            shown += os.read(master, 1 << 16)
    assert process.wait() == 0
    assert b"Traceback" not in shown


# the environment


@pytest.mark.rows("F14", "F15", "F16")
@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"LC_ALL": "de_DE.UTF-8", "PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "xx_YY.latin1", "PYTHONIOENCODING": "latin-1"},
    ],
)
def test_text_is_utf8_and_numbers_have_decimal_points_in_every_locale(
    rnncli: Any, naive: str, env: dict[str, str]
) -> None:
    done = rnncli(*PREDICT, "-m", naive, env=env)
    assert re.match(r"cat\t\d\.\d{6}\n", done.out.decode())
    assert "\nnaïve\t" in done.out.decode()
    assert "vocabulary" not in done.err
    assert "the naïve …" in rnncli.screen(*PREDICT, "-m", naive, env={"TERM": "dumb", **env})


@pytest.mark.rows("F17", "F18")
def test_home_and_temporary_folder_are_neither_needed_nor_written_to(
    rnncli: Any, corpus: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    empty = tmp_path_factory.mktemp("empty")
    for folder in (str(empty), "/nonexistent", ""):
        rnncli(*TRAIN, "--force", env={"HOME": folder, "TMPDIR": folder})
        rnncli("predict", "the cat", env={"HOME": folder, "TMPDIR": folder})
    assert os.listdir(empty) == []
    assert sorted(os.listdir()) == ["c.txt", "model.npz", "new.npz"]


@pytest.mark.rows("F17")
@pytest.mark.skipif(os.getuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv")
def test_predict_works_for_a_user_without_a_name_or_home(rnncli: Any, model_file: Path) -> None:
    nobody = ["setpriv", "--reuid", "54321", "--clear-groups", *rnncli.command("predict", "-m", "/dev/stdin", "the")]
    homeless = {name: value for name, value in os.environ.items() if name != "HOME"}
    with open(model_file, "rb") as model:
        done = subprocess.run(nobody, stdin=model, capture_output=True, env=homeless)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 10), done


@pytest.mark.rows("F19")
def test_absolute_paths_work_in_a_deleted_working_folder(rnncli: Any, corpus: Path) -> None:
    def leave() -> None:
        os.mkdir("gone")
        os.chdir("gone")
        os.rmdir("../gone")

    model, new = str(corpus.with_name("model.npz")), str(corpus.with_name("new.npz"))
    rnncli("predict", "-m", model, "the cat", preexec_fn=leave)
    rnncli(TRAIN[0], str(corpus), *TRAIN[2:-1], new, preexec_fn=leave)
    rnncli("predict", "the cat", preexec_fn=leave, code=5, said="there is no model.npz here")
    rnncli(TRAIN[0], str(corpus), *TRAIN[2:], preexec_fn=leave, code=5, said="new.npz: cannot be written")


@pytest.mark.rows("F20")
def test_refusals_hold_when_python_drops_assertions(rnncli: Any, here: Path) -> None:
    env = {"PYTHONOPTIMIZE": "1"}  # the variant "optimized" has more
    damaged = bytearray(Path("model.npz").read_bytes())
    damaged[99] ^= 1
    Path("damaged.npz").write_bytes(damaged)
    rnncli("predict", "-m", "damaged.npz", "x", code=4, said="damaged", env=env)
    rnncli("predict", "a\udcff", code=3, said="not UTF-8", env=env)
    rnncli("predict", "-k", "0", "x", code=2, lines=4, said="-k", env=env)
    rnncli("train", "-", "-q", "-o", "n.npz", stdin=b"", code=3, said="is empty", env=env)


@pytest.mark.rows("F21")
def test_commands_raise_no_warnings_in_development_mode(rnncli: Any, corpus: Path) -> None:
    env = {"PYTHONWARNINGS": "error", "PYTHONDEVMODE": "1"}
    for arguments, code in (
        (TRAIN, 0),
        (["generate", "the"], 0),
        (["score", "c.txt"], 0),
        (["info", "-m", "c.txt"], 4),
    ):
        assert not re.search("Warning|Exception", rnncli(*arguments, code=code, env=env).err)
    with open("/dev/full", "wb") as full:
        rnncli("predict", "the cat", stdout=full, code=5, env=env)


@pytest.mark.rows("F22")
def test_command_imports_nothing_from_the_working_folder(here: Path, tmp_path_factory: Any) -> None:
    for name in ("numpy", "click", "rich", "tqdm", "json", "threadpoolctl", "rnncli"):
        Path(f"{name}.py").write_text("import os\nos.mkdir('caught')\n")
    script = tmp_path_factory.mktemp("bin") / "rnncli"
    script.write_text("from rnncli.__main__ import run\nrun()\n")  # as an installer writes it
    folder = os.path.dirname(os.path.dirname(product.__file__))
    done = subprocess.run(
        [sys.executable, script, "predict", "the cat"], env=os.environ | {"PYTHONPATH": folder}, capture_output=True
    )
    assert done.returncode == 0, done
    assert not Path("caught").exists()


@pytest.mark.rows("F23")
def test_blas_thread_variables_change_no_model(rnncli: Any, corpus: Path) -> None:
    models = set()
    for env in ({"OPENBLAS_NUM_THREADS": n} for n in ("0", "64")):
        rnncli(*TRAIN, "--force", env={"OMP_NUM_THREADS": "1", **env})
        models.add(Path("new.npz").read_bytes())
    assert len(models) == 1


@pytest.mark.rows("F24")
def test_help_and_version_work_without_numpy(rnncli: Any, here: Path) -> None:
    Path("blocked").mkdir()
    Path("blocked/numpy.py").write_text("raise ImportError")
    env = {"PYTHONPATH": f"{here}/blocked:{os.path.dirname(os.path.dirname(product.__file__))}", "HOME": "/nonexistent"}
    assert rnncli("--version", env=env).out == f"rnncli {product.__version__}\n".encode()
    for command in ("train", "predict", "generate", "score", "info"):
        assert b"Usage: rnncli " in rnncli(command, "--help", env=env).out


@pytest.mark.rows("F25")
@pytest.mark.parametrize(("umask", "mode"), [(0o000, 0o666), (0o777, 0o000)])
def test_model_file_has_the_mode_that_the_umask_gives(rnncli: Any, corpus: Path, umask: int, mode: int) -> None:
    rnncli(*TRAIN, umask=umask)
    assert Path("new.npz").stat().st_mode & 0o777 == mode
    Path("new.npz").chmod(0o600)
    assert product.load("new.npz").predict("the").words
