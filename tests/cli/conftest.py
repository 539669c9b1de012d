"""Command lines run within the process of the tests."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rnncli.cli.main import main


class Done:
    """A finished command."""

    def __init__(self, code: int, out: bytes, err: bytes) -> None:
        self.code, self.out, self.err = code, out.decode(), err.decode()
        self.lines = self.out.splitlines()
        self.rows = [line.split("\t") for line in self.lines]


@pytest.fixture
def call(here: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Runs a command line in a folder with a model in it."""

    def run(*arguments: str, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin))))
        capfdbinary.readouterr()
        code = main(arguments)
        sys.stderr.flush()
        return Done(code, *capfdbinary.readouterr())

    return run
