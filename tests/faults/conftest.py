"""Provides the gates with their sizes and seed, and the matrix of faults with a runner of command lines.

tests/README.md lists the gates and the rows of the matrix. A test names its rows with the mark `rows`, and
test_matrix.py checks that no row is left out. Each command line runs in a process of its own, in several ways (Runner).
"""

import fcntl
import os
import pty
import re
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from select import select
from threading import Thread
from typing import Any, BinaryIO, NamedTuple

import pytest

import rnncli as package
from rnncli.storage.checksum import resume_path

MAX_SECONDS = 10.0  # of a command
MAX_MESSAGE_LINES = 3
CORPUS = "the cat sat on the mat .\nthe dog ran to the old man .\n" * 20
VARIANTS = ("plain", "optimized", "closed", "terminal", "narrow")
TERMINAL_COLUMNS = {"terminal": 80, "narrow": 1}
END_OPTIONS = ("code", "said", "seconds", "lines")
ASCII_LOCALE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}


class Done(NamedTuple):
    """Holds the exit code, the output and the messages of a command."""

    code: int  # negative: the number of the signal that ended the process
    out: bytes
    err: str


class Runner:
    """Runs command lines in one of the ways in which every row has to hold.

    plain      as a user would
    optimized  by python -OO, in the C locale with everything turned off by which Python would prefer UTF-8
    closed     with standard error closed, and standard input too unless the test gives one
    terminal   with a terminal of 80 columns as standard error
    narrow     with a terminal of one column as standard error
    """

    def __init__(self, variant: str) -> None:
        self.variant = variant
        self.started: list[subprocess.Popen[bytes]] = []

    def command(self, *arguments: str | bytes, first: str = "") -> list[str | bytes]:
        optimized = ["-OO"] if self.variant == "optimized" else []
        program = ["-c", f"{first}\nfrom rnncli.__main__ import run\nrun()"] if first else ["-m", "rnncli"]
        return [sys.executable, *optimized, *program, *arguments]

    def start(
        self,
        *arguments: str | bytes,
        env: Mapping[str, str] | None = None,
        first: str = "",
        through: Sequence[str] = (),
        **options: Any,
    ) -> Any:
        """Starts a process and returns it.

        first    Python code to run in the process before the program
        through  a command that starts the process, such as strace
        options  for subprocess.Popen
        """
        environment = os.environ | (ASCII_LOCALE if self.variant == "optimized" else {}) | dict(env or {})
        command: Sequence[str | bytes] = self.command(*arguments, first=first)
        if self.variant == "closed":
            closing = "exec 2>&- <&-" if "stdin" not in options else "exec 2>&-"
            command = ["/bin/sh", "-c", f'{closing}; exec "$@"', "sh", *command]
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL} | options
        shows = self.variant in TERMINAL_COLUMNS and options["stderr"] == subprocess.PIPE
        if shows:
            master, options["stderr"] = terminal(TERMINAL_COLUMNS[self.variant])
            environment = {"TERM": "xterm"} | environment
        process = subprocess.Popen([*through, *command], env=environment, **options)
        self.started.append(process)
        if shows:
            os.close(options["stderr"])
            process.stderr = text_on(master)
        return process

    def training(self, *arguments: str, output: str = "new.npz", **options: Any) -> Any:
        """Starts a training and returns its process once a training state has been saved."""
        process = self.start("train", *arguments, "-o", output, **options)
        wait_for(resume_path(output), process)
        return process

    def __call__(self, *arguments: str | bytes, stdin: bytes | None = None, **options: Any) -> Done:
        """Runs a command line to its end; takes the options of `start` and of `end`."""
        ending = {name: options.pop(name) for name in END_OPTIONS if name in options}
        if stdin is not None:
            options["stdin"] = subprocess.PIPE
        return self.end(self.start(*arguments, **options), stdin=stdin, **ending)

    def end(
        self,
        process: Any,
        code: int | Container[int] = 0,
        said: str | Sequence[str] = (),
        stdin: bytes | None = None,
        seconds: float = MAX_SECONDS,
        lines: int = MAX_MESSAGE_LINES,
    ) -> Done:
        """Waits for the end of a process and checks how the process ended.

        code     the expected exit code, or a set of allowed ones
        said     texts that standard error has to contain, unless closed
        seconds  after three times as many, the process counts as hanging
        lines    the most lines that standard error may have if the exit code is not 0
        A traceback always fails.
        """
        out, err = process.communicate(stdin, timeout=3 * seconds)
        done = Done(process.returncode, out or b"", as_shown((err or b"").decode()))
        assert "Traceback" not in done.err, done
        assert done.code in ((code,) if isinstance(code, int) else code), done
        if done.code:
            assert len(done.err.splitlines()) <= lines, done
        if self.variant != "closed":
            for words in [said] if isinstance(said, str) else said:
                assert words in done.err, done
        return done

    def screen(
        self, *arguments: str | bytes, code: int = 0, columns: int = 80, keys: bytes = b"", env: Mapping[str, str] = {}
    ) -> str:
        """Runs a command line at a terminal, types keys, and returns what the terminal shows of both outputs."""
        master, slave = terminal(columns)
        process = self.start(*arguments, stdin=slave, stdout=slave, stderr=slave, env={"TERM": "xterm", **env})
        os.close(slave)
        os.write(master, keys)
        seen = b""
        try:
            while select([master], [], [], MAX_SECONDS)[0]:
                seen += os.read(master, 1 << 16)
        except OSError:  # Linux reports EIO once the other end is closed
            pass
        os.close(master)
        assert process.wait(MAX_SECONDS) == code, seen
        assert b"Traceback" not in seen
        return seen.decode()


def terminal(columns: int) -> tuple[int, int]:
    """Opens a pseudo-terminal of this width; returns its master end, where the screen is read, and its slave end."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, columns))
    modes = termios.tcgetattr(slave)
    modes[1] &= ~termios.OPOST  # keeps the terminal from adding carriage returns
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    return master, slave


def text_on(master: int) -> BinaryIO:
    """Copies what a terminal shows to a pipe with a large buffer, so that the writer never waits for the reader."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 1 << 20)

    def copy() -> None:
        with suppress(OSError):  # Linux reports EIO once the other end is closed
            while True:
                os.write(writing, os.read(master, 1 << 16))
        os.close(writing)
        os.close(master)

    Thread(target=copy, daemon=True).start()
    return open(reading, "rb")


def as_shown(text: str) -> str:
    """Removes escape sequences from a terminal's text, and what a carriage return made overwritten."""
    text = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", text)
    return re.sub(r"[^\n]*\r(?!\n)", "", text)


def wait_for(file: str, process: Any) -> None:
    """Waits until a process has created a file."""
    end = time.monotonic() + 3 * MAX_SECONDS
    while not os.path.exists(file):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, file
        time.sleep(0.002)


@pytest.fixture
def size(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """Returns a function that picks the size for a push or, with --release and the plain variant, for a release."""
    case = getattr(request.node, "callspec", None)
    large = request.config.getoption("--release") and (not case or case.params.get("rnncli", "plain") == "plain")
    return lambda push, release: release if large else push


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    chosen: int = request.config.getoption("--seed")
    return chosen


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Changes to a folder that holds a small corpus, c.txt; in batches of 2 by 5 words an epoch takes 34 steps."""
    (tmp_path / "c.txt").write_text(CORPUS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Returns the bytes of a model of 4 units, trained without interruption for 30 epochs on CORPUS."""
    path = tmp_path_factory.mktemp("whole")
    (path / "c.txt").write_text(CORPUS)
    package.train(path / "c.txt", path / "m.npz", hidden=4, batch=2, bptt=5, epochs=30)
    return (path / "m.npz").read_bytes()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out variants on a push: none at a terminal, and of a test with cases, each case runs plain and in one of
    the other variants in turn. With --release every case runs in every variant."""
    if config.getoption("--release"):
        return
    kept, left_out, turns = list[pytest.Item](), list[pytest.Item](), dict[str, dict[str, int]]()
    for item in items:
        test, _, case = item.nodeid.partition("[")
        variant = item.callspec.params.get("rnncli", "") if isinstance(item, pytest.Function) and case else ""
        case = case.replace(variant, "", 1).strip("-]")
        turn = turns.setdefault(test, {}).setdefault(case, len(turns[test]))
        is_another = bool(case) and variant in VARIANTS[1:] and variant != VARIANTS[1 + turn % 2]
        is_left_out = variant in TERMINAL_COLUMNS or is_another
        (left_out if is_left_out else kept).append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept


@pytest.fixture(params=VARIANTS)
def rnncli(request: pytest.FixtureRequest) -> Iterator[Runner]:
    """Provides a Runner of each variant, and ends every process that a test has left."""
    runner = Runner(request.param)
    yield runner
    for process in runner.started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                with suppress(BrokenPipeError):
                    stream.close()
