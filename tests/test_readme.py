"""Checks the README: its commands and its program run as they stand, and print output of the form that is shown."""

import gzip
import os
import pty
import re
import shutil
import subprocess
import sys
import termios
from pathlib import Path

import pytest

import rnncli
from rnncli.run.recipe import budget

README = Path(__file__).parent.parent / "README.md"
if not README.exists():
    pytest.skip("the README is not beside the tests", allow_module_level=True)
MAX_LINES = 120
BYTES_PER_WORD = 5  # fables 3.9, Penn Treebank 5.7; punctuation counts as words
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README.read_text(), re.S | re.M)
SHELL = [line for kind, block in BLOCKS if kind == "sh" for line in block.splitlines()]
SET_UP = [line for line in SHELL if line.startswith("python3 -m venv")]
PYTHON = [block for kind, block in BLOCKS if kind == "python"]
(CONSOLE,) = (block for kind, block in BLOCKS if kind == "console")
SESSION = {part.split("\n")[0]: part.split("\n")[1:-1] for part in re.split(r"^\$ ", CONSOLE, flags=re.M)[1:]}


@pytest.fixture
def folder(here: Path, corpus_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Changes to a folder with small files of the names in the README, and puts a command `rnncli` on the path."""
    text = corpus_file.read_text()
    for name in ("chapter.txt", "data/fables.txt", "bin/rnncli"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text)
    Path("corpus.gz").write_bytes(gzip.compress(text.encode()))
    Path("contexts.txt").write_text("the cat\nthe dog\n")
    rnncli.Personal(rnncli.load("model.npz"), "my.npz").learn("the cat sang")
    Path("bin/rnncli").write_text(f'#!/bin/sh\nexec {sys.executable} -m rnncli "$@"\n')
    Path("bin/rnncli").chmod(0o755)
    monkeypatch.setenv("PATH", f"{here / 'bin'}:{os.environ['PATH']}")
    return here


def at_terminal(command: str) -> str:
    """Runs a shell command at a terminal of 80 columns without styles; returns all that the terminal shows."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, 80))
    environment = {**os.environ, "TERM": "dumb"}
    with subprocess.Popen(["bash", "-c", command], stdin=slave, stdout=slave, stderr=slave, env=environment) as process:
        os.close(slave)
        screen = b""
        try:
            while data := os.read(master, 1 << 16):
                screen += data
        except OSError:  # Linux reports EIO once the other end is closed
            pass
        os.close(master)
    assert process.returncode == 0, screen.decode()
    return screen.decode()


def forms(lines: list[str]) -> set[str]:
    """Returns what must be equal in lines of output whatever the model is.

    A line of JSON gives its fields; a line of a table with shares, "word share"; any other its first word.
    Continued lines, which begin with blanks, and the ellipsis of a cut output give nothing.
    """
    found = set()
    for line in lines:
        if line.startswith("{"):
            found.add(" ".join(re.findall(r'"(\w+)":', line)))
        elif re.fullmatch(r"\S+ +\d+\.\d% +█.*", line):
            found.add("word share")
        elif line.strip() and line[0] not in " …":
            found.add(line.split()[0])
    return found


def test_readme_has_at_most_120_lines() -> None:
    assert len(README.read_text().splitlines()) <= MAX_LINES


def test_the_two_set_up_commands_install_run_and_test() -> None:
    first, second = SET_UP
    assert first.endswith('train data/fables.txt && .venv/bin/rnncli predict "the cat"')
    assert second.endswith(".venv/bin/pytest")


@pytest.mark.parametrize("command", [line for line in SHELL if line not in SET_UP])
def test_shell_command_of_the_readme_runs(folder: Path, command: str) -> None:
    for tool in ("jq", "zcat", "paste"):
        if f"{tool} " in command and not shutil.which(tool):
            pytest.skip(f"{tool} is not on this machine")
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert "rror" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", SESSION)
def test_command_prints_output_of_the_form_that_the_readme_shows(folder: Path, command: str) -> None:
    shown, printed = SESSION[command], at_terminal(command.replace("train", "train --force --epochs 2")).splitlines()
    assert shown
    assert forms(shown) <= forms(printed)
    if "…" not in shown:
        assert len(shown) == len(printed)


@pytest.mark.parametrize("program", PYTHON)
def test_python_program_of_the_readme_runs(folder: Path, program: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(program, "README.md", "exec"), {})
    assert capsys.readouterr().out.strip()


def test_times_that_the_readme_gives_are_those_that_a_text_of_that_size_is_trained_for() -> None:
    """From 1 MB on; a smaller text is read MAX_READINGS times, which takes no longer than its budget."""
    promised = re.findall(r"(\d+) (seconds?|minutes?)\s+for\s+(?:a\s+text\s+of\s+)?(\d+)\s+(KB|MB)", README.read_text())
    assert promised
    for number, unit, size, of in promised:
        seconds = int(number) * (60 if unit.startswith("minute") else 1)
        suits = budget(int(size) * {"KB": 1_000, "MB": 1_000_000}[of] // BYTES_PER_WORD)
        assert seconds <= 1.15 * suits
        assert of == "KB" or seconds >= 0.85 * suits


@pytest.mark.slow
def test_training_on_the_fables_gives_the_quality_that_the_readme_shows(here: Path) -> None:
    """Compares loosely: a training by the clock depends on the machine's speed, and the last bits on its processor."""
    training = rnncli.Training(README.parent / "data" / "fables.txt")
    for _ in training:
        pass
    assert training.evaluation
    assert training.evaluation.perplexity < 25
    (table,) = (lines for command, lines in SESSION.items() if command.startswith("rnncli predict"))
    shown = [line.split()[0] for line in table if "%  █" in line]
    assert len(shown) == 3
    assert {word for word, _ in training.model.predict("the cat", k=5)} >= set(shown)
