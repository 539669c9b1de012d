"""The README is a promise: its commands and programs run as they stand."""

import gzip
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import rnncli

README = Path(__file__).parent.parent / "README.md"
if not README.exists():
    pytest.skip("the README is not beside the tests", allow_module_level=True)
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README.read_text(), re.S | re.M)
SHELL = [line for kind, block in BLOCKS if kind == "sh" for line in block.splitlines()]
PYTHON = [block for kind, block in BLOCKS if kind == "python"]


@pytest.fixture
def folder(here: Path, corpus_file: Path) -> Path:
    """A folder with the files that the README speaks of, small ones."""
    text = corpus_file.read_text()
    for name in ("corpus.txt", "chapter.txt", "data/fables.txt"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text)
    Path("corpus.gz").write_bytes(gzip.compress(text.encode()))
    Path("contexts.txt").write_text("the cat\nthe dog\n")
    return here


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """Runs a line as a user's shell does, with `rnncli` on the path."""
    tools = Path("bin").absolute()
    tools.mkdir()
    (tools / "rnncli").write_text(f'#!/bin/sh\nexec {sys.executable} -m rnncli "$@"\n')
    (tools / "rnncli").chmod(0o755)
    path = f"{tools}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command], env={**os.environ, "PATH": path}, capture_output=True, text=True, timeout=60
    )


def test_there_are_two_commands_for_a_fresh_machine() -> None:
    first, second = [line for line in SHELL if line.startswith("python3 -m venv")]
    assert first.endswith('train data/fables.txt && .venv/bin/rnncli predict "the cat"')
    assert second.endswith(".venv/bin/pytest")


@pytest.mark.parametrize("command", [line for line in SHELL if not line.startswith("python3 -m venv")])
def test_each_shell_line_runs_as_it_stands(folder: Path, command: str) -> None:
    for tool in ("jq", "zcat", "paste"):
        if f"{tool} " in command and not shutil.which(tool):
            pytest.skip(f"{tool} is not on this machine")
    done = shell(command)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert "rror" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not shutil.which("vim"), reason="vim is not on this machine")
def test_the_recipe_for_vim_completes_and_commits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (recipe,) = [block for kind, block in BLOCKS if kind == "vim"]
    assert len(recipe.splitlines()) <= 40
    if "+job" not in subprocess.run(["vim", "--version"], capture_output=True, text=True).stdout:
        pytest.skip("this vim has no jobs")
    monkeypatch.setenv("HOME", str(folder))
    Path("recipe.vim").write_text(recipe)
    Path("t.txt").write_text("I see the c\n")
    keys = 'call feedkeys("A\\<C-x>\\<C-u>\\<Esc>", "tx")'
    done = shell(f"vim -N -u NONE -i NONE -n -es t.txt -S recipe.vim -c '{keys}' -c RnncliCommit -c wq")
    assert done.returncode == 0, done.stdout
    assert Path("t.txt").read_text() == "I see the cat\n"
    assert Path(".rnncli.npz").exists()


def test_the_recipe_for_the_shell_suggests_from_its_history(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (recipe,) = [block for kind, block in BLOCKS if kind == "bash"]
    monkeypatch.setenv("HOME", str(folder))
    Path(".bash_history").write_text("git status\ngit commit -a\ngit commit -m\ncd src\nmake test\n" * 60)
    done = shell(f"{recipe}learn-history > /dev/null && next git && next make")
    assert done.returncode == 0, done.stderr
    words = done.stdout.split()
    assert len(words) == 10
    assert {"status", "commit"} & set(words[:5])


@pytest.mark.parametrize("program", PYTHON, ids=["use", "plain NumPy"])
def test_each_python_program_runs_as_it_stands(folder: Path, program: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert len([line for line in program.splitlines() if line and not line.startswith("import")]) <= 10
    exec(compile(program, "README.md", "exec"), {})
    assert capsys.readouterr().out.strip()


def test_plain_numpy_gives_the_probabilities_of_predict(folder: Path) -> None:
    program = next(block for block in PYTHON if "np.load" in block)
    names: dict[str, np.ndarray] = {}
    exec(program, names)
    np.testing.assert_allclose(names["y"], rnncli.load("model.npz").probabilities("the cat"), rtol=1e-4)


def test_output_shown_is_of_the_kind_that_is_printed() -> None:
    shown = next(block for kind, block in BLOCKS if kind == "text")
    assert shown.startswith("the cat …\n")
    assert all(re.fullmatch(r"\S+ +\d+\.\d%  █.*", line) for line in shown.splitlines()[1:11])


@pytest.mark.slow
def test_the_first_command_gives_what_is_shown(here: Path) -> None:
    """Processors differ in their last bits, and so do models trained on them, but not by much."""
    fables = README.parent / "data" / "fables.txt"
    training = rnncli.Training(fables)
    for _ in training:
        pass
    assert training.evaluation
    assert training.evaluation.perplexity < 25
    shown = [line.split()[0] for line in next(b for kind, b in BLOCKS if kind == "text").splitlines()[1:11]]
    assert len({word for word, _ in training.model.predict("the cat")} & set(shown)) >= 7
