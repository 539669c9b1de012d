"""Gates, and the matrix of faults.

Gates: how much of each is tried, and from which seed; every one prints its figures (pytest -s shows them).

The matrix: a command line in a process of its own, in each of the ways in which all rows have to hold. Its rows are A
corpus, B model file, C saving, D signals, E prompts and options, F streams and environment, G numbers and memory,
H resuming, I security. A test says with the mark `rows` which it stands for, and test_matrix.py that none is left out.
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

SECONDS, LINES = 10.0, 3  # that a command may take, and that its message may have
SMALL = "the cat sat on the mat .\nthe dog ran to the old man .\n" * 20
VARIANTS = ("plain", "optimised", "closed", "terminal", "narrow")
COLUMNS = {"terminal": 80, "narrow": 1}
ENDING = ("code", "said", "seconds", "lines")  # what a command that has ended has to be like
BARE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}


class Done(NamedTuple):
    """What a command did."""

    code: int  # below zero: the signal that ended it
    out: bytes
    err: str


class Runner:
    """Runs command lines in one of the ways in which all rows have to hold.

    plain      as it is
    optimised  python -OO, in the C locale with all that would make UTF-8 of it turned off
    closed     with no standard error, and no standard input but what is given
    terminal   with a terminal for standard error
    narrow     with one that is one column wide
    """

    def __init__(self, variant: str) -> None:
        self.variant = variant
        self.started: list[subprocess.Popen[bytes]] = []

    def command(self, *arguments: str | bytes, first: str = "") -> list[str | bytes]:
        optimised = ["-OO"] if self.variant == "optimised" else []
        program = ["-c", f"{first}\nfrom rnncli.__main__ import run\nrun()"] if first else ["-m", "rnncli"]
        return [sys.executable, *optimised, *program, *arguments]

    def start(
        self,
        *arguments: str | bytes,
        env: Mapping[str, str] | None = None,
        first: str = "",
        through: Sequence[str] = (),
        **options: Any,
    ) -> Any:
        """A process that is left to run.

        first    Python that is run in it before all else
        through  a command that starts it
        """
        environment = os.environ | (BARE if self.variant == "optimised" else {}) | dict(env or {})
        command: Sequence[str | bytes] = self.command(*arguments, first=first)
        if self.variant == "closed":
            closing = "exec 2>&- <&-" if "stdin" not in options else "exec 2>&-"
            command = ["/bin/sh", "-c", f'{closing}; exec "$@"', "sh", *command]
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL} | options
        shows = self.variant in COLUMNS and options["stderr"] == subprocess.PIPE
        if shows:
            master, options["stderr"] = terminal(COLUMNS[self.variant])
            environment = {"TERM": "xterm"} | environment
        process = subprocess.Popen([*through, *command], env=environment, **options)
        self.started.append(process)
        if shows:
            os.close(options["stderr"])
            process.stderr = text_on(master)
        return process

    def training(self, *arguments: str, output: str = "new.npz", **options: Any) -> Any:
        """A process that trains and has saved where it stands."""
        process = self.start("train", *arguments, "-o", output, **options)
        wait_for(resume_path(output), process)
        return process

    def __call__(self, *arguments: str | bytes, stdin: bytes | None = None, **options: Any) -> Done:
        """Runs a command line to its end; the options are those of `start` and of `end`."""
        ending = {name: options.pop(name) for name in ENDING if name in options}
        if stdin is not None:
            options["stdin"] = subprocess.PIPE
        return self.end(self.start(*arguments, **options), stdin=stdin, **ending)

    def end(
        self,
        process: Any,
        code: int | Container[int] = 0,
        said: str | Sequence[str] = (),
        stdin: bytes | None = None,
        seconds: float = SECONDS,
        lines: int = LINES,
    ) -> Done:
        """Waits for the end of a process.

        code     that it has to end with, or those of which it has to be one
        said     what its message has to contain, where there is a standard error
        seconds  that it may take
        Never is there a traceback, nor, where it failed, a message of more than so many lines.
        """
        began = time.monotonic()
        out, err = process.communicate(stdin, timeout=3 * seconds)
        done = Done(process.returncode, out or b"", as_shown((err or b"").decode()))
        assert "Traceback" not in done.err, done
        assert done.code in ((code,) if isinstance(code, int) else code), done
        assert time.monotonic() - began < seconds, done
        if done.code:
            assert len(done.err.splitlines()) <= lines, done
        if self.variant != "closed":
            for words in [said] if isinstance(said, str) else said:
                assert words in done.err, done
        return done

    def screen(
        self, *arguments: str | bytes, code: int = 0, columns: int = 80, keys: bytes = b"", env: Mapping[str, str] = {}
    ) -> str:
        """What a terminal gets of a command line, standard error with it, while these keys are typed."""
        master, slave = terminal(columns)
        process = self.start(*arguments, stdin=slave, stdout=slave, stderr=slave, env={"TERM": "xterm", **env})
        os.close(slave)
        os.write(master, keys)
        seen = b""
        try:
            while select([master], [], [], SECONDS)[0]:
                seen += os.read(master, 1 << 16)
        except OSError:  # the other end is closed: Linux says so
            pass
        os.close(master)
        assert process.wait(SECONDS) == code, seen
        assert b"Traceback" not in seen
        return seen.decode()


def terminal(columns: int) -> tuple[int, int]:
    """The two ends of a terminal so wide: what it shows can be read at the first."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, columns))
    modes = termios.tcgetattr(slave)
    modes[1] &= ~termios.OPOST  # no carriage return before a line's end but those that are written
    termios.tcsetattr(slave, termios.TCSANOW, modes)
    return master, slave


def text_on(master: int) -> BinaryIO:
    """What a terminal shows, as a pipe: nobody has to wait because it was not read yet."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 1 << 20)

    def copy() -> None:
        with suppress(OSError):  # the other end is closed: Linux says so
            while True:
                os.write(writing, os.read(master, 1 << 16))
        os.close(writing)
        os.close(master)

    Thread(target=copy, daemon=True).start()
    return open(reading, "rb")


def as_shown(text: str) -> str:
    """A text without what moves a terminal's cursor and without what was written over."""
    text = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", text)
    return re.sub(r"[^\n]*\r(?!\n)", "", text)


def wait_for(file: str, process: Any) -> None:
    """Waits until a process has made a file."""
    end = time.monotonic() + 3 * SECONDS
    while not os.path.exists(file):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, file
        time.sleep(0.002)


def nothing_left(folder: Path, *files: str) -> None:
    """Asserts that a folder holds these files and no other, no temporary one nor a lock."""
    assert sorted(os.listdir(folder)) == sorted(files)


@pytest.fixture
def size(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """The first of two sizes, or the second with --release; of what runs in several ways, if it is run as it is."""
    case = getattr(request.node, "callspec", None)
    large = request.config.getoption("--release") and (not case or case.params.get("rnncli", "plain") == "plain")
    return lambda push, release: release if large else push


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    chosen: int = request.config.getoption("--seed")
    return chosen


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with nothing in it but a small corpus, c.txt; an epoch takes 34 steps of 2 by 5 words."""
    (tmp_path / "c.txt").write_text(SMALL)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The model of 30 such epochs on it, 4 units wide."""
    path = tmp_path_factory.mktemp("whole")
    (path / "c.txt").write_text(SMALL)
    package.train(path / "c.txt", path / "m.npz", hidden=4, batch=2, bptt=5, epochs=30)
    return (path / "m.npz").read_bytes()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of a test with several cases each case is run as it is and in one other way, which take turns, and at no terminal
    but those that tests make themselves; for a release in all ways."""
    if config.getoption("--release"):
        return
    kept, left_out, turns = list[pytest.Item](), list[pytest.Item](), dict[str, dict[str, int]]()
    for item in items:
        test, _, case = item.nodeid.partition("[")
        variant = item.callspec.params.get("rnncli", "") if isinstance(item, pytest.Function) and case else ""
        case = case.replace(variant, "", 1).strip("-]")
        turn = turns.setdefault(test, {}).setdefault(case, len(turns[test]))
        is_left_out = variant in COLUMNS or (case and variant in VARIANTS[1:] and variant != VARIANTS[1 + turn % 2])
        (left_out if is_left_out else kept).append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept


@pytest.fixture(params=VARIANTS)
def rnncli(request: pytest.FixtureRequest) -> Iterator[Runner]:
    """Runs command lines, in one way after the other."""
    runner = Runner(request.param)
    yield runner
    for process in runner.started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                with suppress(BrokenPipeError):
                    stream.close()
