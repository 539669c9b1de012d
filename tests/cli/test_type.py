"""type: what is suggested, what a key takes, and a person at a terminal."""

import os
import pty
import re
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any

import pytest

import rnncli
from rnncli.cli.type import Line, bar
from rnncli.model import NextWord, Prediction


def test_a_suggestion_is_put_after_the_text_as_a_writer_would(model: rnncli.LanguageModel) -> None:
    line = Line(model)
    assert line.suggestions("The c").typed == "c"
    assert line.taken("The c", 0) == "The cat "
    assert line.ghost("The c") == "at"
    assert line.taken("the cat ", 0) == "the cat sat "
    assert line.taken("The cat sat on the mat ", 0) == "The cat sat on the mat. "
    assert line.ghost("The cat sat on the mat ") == ""
    assert line.taken("", 0).startswith(("The ", '"'))
    assert line.taken("The c", 2) == "The c"  # there is but one


def test_words_after_a_text(model: rnncli.LanguageModel) -> None:
    assert model.after("", "the") == "The"
    assert model.after("the cat", "sat") == "the cat sat"
    assert model.after("the cat  ", "sat") == "the cat  sat"
    assert model.after("the cat ", ",") == "the cat,"


def test_the_bar_has_room_for_what_matters() -> None:
    offered = Prediction([NextWord("woman", 0.41), NextWord("cat", 0.07), NextWord("m\x1bn", 0.05)], 0.0, 0.0, [])
    assert bar(offered, 0.125, 60) == " 1 woman 41%  2 cat 7%  3 m\\x1bn 5% ".ljust(50) + " saved 12%"
    assert bar(offered, 0.125, 40) == " 1 woman 41%  2 cat  3 m\\x1bn  saved 12%"
    assert bar(offered, 0.125, 20) == " 1 woman  2 cat  3 m"
    assert bar(Prediction([], 0.0, 0.0, []), 0.5, 12) == "   saved 50%"


class Terminal:
    """A person at a terminal, where `rnncli type` runs with its lines going to a file."""

    def __init__(self, columns: int, out: Path, **environment: str) -> None:
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, columns))
        environment = {**os.environ, "TERM": "xterm", **environment}
        with out.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "rnncli", "type"],
                stdin=slave,
                stdout=file,
                stderr=slave,
                env=environment,
                start_new_session=True,
            )
        os.close(slave)
        os.set_blocking(self.master, False)

    def wait(self, words: str) -> None:
        """Until the screen has shown something new."""
        end, shown = time.monotonic() + 20, ""
        while words not in re.sub(r"\x1b\[[?\d;]*[a-zA-Z]", "", shown):
            assert time.monotonic() < end, (words, shown)
            try:
                data = os.read(self.master, 1 << 16).decode()
                if "\x1b[6n" in data:  # where is the cursor?
                    self.type("\x1b[1;1R")
                shown += data
            except BlockingIOError:
                time.sleep(0.02)

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def end(self) -> int:
        self.type("\x04")
        code = self.process.wait(20)
        os.close(self.master)
        return code


@pytest.mark.parametrize(("columns", "environment"), [(80, {}), (40, {"NO_COLOR": "1"})])
def test_a_person_writes_with_suggestions(here: Path, columns: int, environment: dict[str, str]) -> None:
    screen = Terminal(columns, here / "out.txt", **environment)
    screen.wait(">")
    screen.type("The c")
    screen.wait("100")
    screen.type("\t1\x112\r")  # Ctrl-Q, and the digit itself
    screen.wait(">")
    screen.type("the hen\x1b[C \r")
    screen.wait(">")
    assert screen.end() == 0
    assert (here / "out.txt").read_text() == "The cat sat 2\nthe hen  \n"


def test_without_a_terminal_it_says_so(call: Any) -> None:
    done = call("type", stdin=b"the cat\n")
    assert done.code == 2
    assert "needs a terminal" in done.err


def test_without_its_extra_it_says_what_to_install(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prompt_toolkit", None)
    monkeypatch.setattr("rnncli.cli.type.at_terminal", lambda: True)
    done = call("type")
    assert done.code == 2
    assert "pip install 'rnncli[type]'" in done.err
