"""Provides a small model, trained once in about a second, and a runner of command lines within this process."""

import io
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

import rnncli
from rnncli.cli.main import main

# A push must not fail on an example that an unrelated push happened to draw; --hypothesis-profile=random looks for new
# ones. No deadline: how long an example takes depends on the machine.
settings.register_profile("random", deadline=None)
settings.register_profile("fixed", deadline=None, derandomize=True)
settings.load_profile("fixed")

# A shell that runs pytest in the background sets these signals to ignored, and child processes would inherit that.
for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

ANIMALS = ["cat", "dog", "fox", "hen"]
VERBS = {"cat": "sat", "dog": "ran", "fox": "slept", "hen": "sang"}


def sentences(n: int, seed: int = 0) -> str:
    """Makes n sentences whose next word is often certain ("the cat sat"), with "London" for capitals."""
    rng = random.Random(seed)
    lines = []
    for _ in range(n):
        animal = rng.choice(ANIMALS)
        place = rng.choice(["on the mat", "by the fire", "in London"])
        lines.append(f"The {animal} {VERBS[animal]} {place}.")
        if rng.random() < 0.2:
            lines.append(f'"I see the {animal}," said the old man.')
    return "\n".join(lines) + "\n"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--release", action="store_true", help="run the gates of tests/faults at the size of a release")
    parser.addoption("--seed", type=int, default=1, help="seed of the random choices of the gates")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Shows the figures that the gates print, from every worker process."""
    for report in terminalreporter.stats.get("passed", []):
        if "/faults/" in report.nodeid and report.capstdout.strip():
            terminalreporter.write_line(f"{report.nodeid.rpartition('/')[2]}: {report.capstdout.strip()}")


@pytest.fixture(scope="session")
def corpus_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "corpus.txt"
    path.write_text(sentences(500))
    return path


@pytest.fixture(scope="session")
def model_file(corpus_file: Path) -> Path:
    path = corpus_file.with_name("model.npz")
    rnncli.train(
        corpus_file, path, hidden=24, epochs=12, batch=8, bptt=12, learning_rate=0.02, dropout=0.0, min_count=1
    )
    return path


@pytest.fixture
def model(model_file: Path) -> rnncli.LanguageModel:
    return rnncli.load(model_file)


@pytest.fixture
def here(tmp_path: Path, model_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Changes to an empty folder that holds the small model as model.npz."""
    (tmp_path / "model.npz").write_bytes(model_file.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RNNCLI_MODEL", raising=False)
    return tmp_path


class Done:
    """Holds the exit code and the decoded output of a finished command."""

    def __init__(self, code: int, out: bytes, err: bytes) -> None:
        self.code, self.out, self.err = code, out.decode(), err.decode()
        self.lines = self.out.splitlines()
        self.rows = [line.split("\t") for line in self.lines]


@pytest.fixture
def call(here: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Returns a function that runs a command line in a folder that holds model.npz."""

    def run(*arguments: str, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin))))
        capfdbinary.readouterr()
        code = main(arguments)
        sys.stderr.flush()
        return Done(code, *capfdbinary.readouterr())

    return run
