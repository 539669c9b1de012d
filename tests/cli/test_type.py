"""rnncli type: what is suggested, what each key makes of a line, and a person at a terminal."""

import os
import pty
import re
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import rnncli
from rnncli.cli.line import MIN_GHOST_PROBABILITY, Line, bar
from rnncli.errors import FileError
from rnncli.model import NextWord, Prediction

DEADLINE_SECONDS = 60  # on a busy machine
DOWN, UP, RIGHT = "\x1b[B", "\x1b[A", "\x1b[C"


def test_taking_a_suggestion_writes_the_word_and_a_blank(model: rnncli.LanguageModel) -> None:
    line = Line(model)
    assert line.suggestions("The c").typed == "c"
    assert line.take("The c", 0) == "The cat "
    assert line.take("the cat ", 0) == "the cat sat "
    assert line.take("The cat sat on the mat ", 0) == "The cat sat on the mat. "
    assert line.take("", 0).startswith(("The ", '"'))
    assert line.take("The c", 2) == "The c"  # only one word fits


def test_ghost_is_the_rest_of_the_first_suggestion(model: rnncli.LanguageModel) -> None:
    line = Line(model)
    assert line.ghost("The c") == "at"
    assert line.ghost("The cat sat on the mat ") == ""  # a full stop would take the blank back


def test_suggestion_replaces_a_slip_and_is_no_grey_text(model: rnncli.LanguageModel) -> None:
    line = Line(model)
    assert line.suggestions("The catt").slips == {"cat"}
    assert line.ghost("The catt") == ""
    assert line.take("The catt", 0) == "The cat "
    assert line.mark(line.take("in Lnodo", 0), ".") == "in London."
    assert line.ghost("in Lond") == "on"


@pytest.mark.parametrize(("probability", "ghost"), [(MIN_GHOST_PROBABILITY, "sat"), (0.99 * MIN_GHOST_PROBABILITY, "")])
def test_ghost_appears_only_from_the_least_probability_on(probability: float, ghost: str) -> None:
    prediction = Prediction([NextWord("sat", probability)], 0.0, 0.0, [])
    model: Any = SimpleNamespace(
        session=lambda: None,
        predict=lambda *_, **__: prediction,
        codec=SimpleNamespace(after=lambda text, word: text + word),
        settings=SimpleNamespace(tokenizer="words"),
    )
    assert Line(model).ghost("the cat ") == ghost


def test_closing_marks_replace_the_blank_of_a_suggestion_only(model: rnncli.LanguageModel) -> None:
    line = Line(model)
    for mark, text in (("?", "The cat?"), (",", "The cat,"), (")", "The cat)"), ("'", "The cat '")):
        assert line.mark(line.take("The c", 0), mark) == text
    assert line.mark(line.take('"The c', 0), '"') == '"The cat"'
    assert Line(model).mark("The cat ", "?") == "The cat ?"  # the writer's own blank stays
    assert line.end(line.take("The c", 0)) == "The cat"
    assert Line(model).end("The cat ") == "The cat "


def test_saved_share_is_zero_before_anything_is_written(model: rnncli.LanguageModel) -> None:
    line = Line(model)
    assert line.saved("", 0) == 0
    assert line.saved("", 1) == 0
    assert line.saved("abc", 4) == 0  # with a key that wrote nothing
    assert line.saved("The cat ", 4) == 0.5


def test_bar_shows_words_with_their_keys_as_wide_as_the_terminal() -> None:
    offered = Prediction([NextWord("woman", 0.41), NextWord("cat", 0.07), NextWord("m\x1bn", 0.05)], 0.0, 0.0, [])
    assert bar(offered, 0.125, 60) == " Tab woman 41%  ↓ cat 7%  ↑ m\\x1bn 5% ".ljust(50) + " saved 12%"
    assert bar(offered, 0.125, 42) == " Tab woman 41%  ↓ cat  ↑ m\\x1bn  saved 12%"
    assert bar(offered, 0.125, 20) == " Tab woman  ↓ cat  ↑"
    assert bar(Prediction([], 0.0, 0.0, []), 0.5, 12) == bar(None, 0.5, 12) == "   saved 50%"


def test_model_puts_words_after_a_text_as_a_writer_would(model: rnncli.LanguageModel) -> None:
    assert model.codec.after("", "the") == "The"
    assert model.codec.after("the cat", "sat") == "the cat sat"
    assert model.codec.after("the cat  ", "sat") == "the cat  sat"
    assert model.codec.after("the cat ", ",") == "the cat,"


class Writer:
    """A person at a terminal in which `rnncli type` runs, with its lines going to a file."""

    def __init__(self, columns: int, out: Path, environment: dict[str, str]) -> None:
        self.out = out
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, columns))
        with out.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "rnncli", "type"],
                stdin=slave,
                stdout=file,
                stderr=slave,
                env={**os.environ, "TERM": "xterm", **environment},
                start_new_session=True,
            )
        os.close(slave)
        os.set_blocking(self.master, False)

    def wait(self, words: str) -> None:
        """Waits until the terminal shows new text with these words in it."""
        end, shown = time.monotonic() + DEADLINE_SECONDS, ""
        while words not in re.sub(r"\x1b\[[?\d;]*[a-zA-Z]", "", shown):
            assert time.monotonic() < end, (words, shown)
            try:
                data = os.read(self.master, 1 << 16).decode()
                if "\x1b[6n" in data:  # asks where the cursor is
                    self.type("\x1b[1;1R")
                shown += data
            except BlockingIOError:
                time.sleep(0.02)

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def write(self, *lines: str) -> list[str]:
        """Types lines, each ended by Enter; returns what went to the file."""
        for keys in lines:
            self.type(keys + "\r")
            self.wait(">")
        end = time.monotonic() + DEADLINE_SECONDS
        while self.process.poll() is None and time.monotonic() < end:
            self.type("\x04")  # again, for one that comes between two lines is lost
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(1)
        assert self.process.wait(0) == 0
        return self.out.read_text().split("\n")[:-1]


@pytest.fixture(params=[(80, {}), (40, {"NO_COLOR": "1"})], ids=["80", "40 without color"])
def writer(request: pytest.FixtureRequest, here: Path) -> Iterator[Writer]:
    """A person at a terminal of so many columns."""
    columns, environment = request.param
    person = Writer(columns, here / "out.txt", environment)
    yield person
    person.process.kill()
    person.process.wait()
    os.close(person.master)


def test_digits_are_text_wherever_they_are_typed(writer: Writer) -> None:
    writer.wait(">")
    lines = ["We met at 10:30 on 12 May", "2 of 3", "the 1 2 3", "Tel. 123-321"]
    assert writer.write(*lines) == lines


def test_keys_take_the_first_second_and_third_word(writer: Writer, model: rnncli.LanguageModel) -> None:
    writer.wait(">")
    first, second, third = (word for word, _ in model.predict("the ", 3))
    taken = writer.write(
        "the \t", f"the {RIGHT}", f"the {DOWN}", f"the {UP}", "The c\t\t", f"the x\x1b[D{RIGHT}{RIGHT}y"
    )
    assert taken == [f"the {first}", f"the {first}", f"the {second}", f"the {third}", "The cat sat", "the xy"]


def test_question_mark_closes_up_after_a_taken_word(writer: Writer) -> None:
    writer.wait(">")
    typed = writer.write("The c\t?", "The cat  ?", "The c\t ?", "The c\t\t,")
    assert typed == ["The cat?", "The cat  ?", "The cat  ?", "The cat sat,"]  # blanks that were typed stay


def test_grey_text_and_bar_follow_a_taken_word(writer: Writer) -> None:
    writer.wait(">")
    writer.type("The c")
    writer.wait("100")
    writer.type("\t")
    writer.wait("sat")
    assert writer.write("") == ["The cat"]


def test_empty_lines_and_pasted_text_save_no_keys(writer: Writer) -> None:
    writer.wait("saved 0")
    writer.type("\r")
    writer.wait("saved 0")
    writer.type("\x1b[200~the hen sang by the fire and\x1b[201~\r")
    writer.wait("saved 0")
    assert writer.write() == ["", "the hen sang by the fire and"]


def test_line_goes_out_before_learning_fails(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise FileError("my.npz: cannot be written: No space left on device")

    monkeypatch.setattr("rnncli.cli.type.at_terminal", lambda: True)
    monkeypatch.setattr("rnncli.cli.type.written_lines", lambda _: iter(["the cat sat"]))
    monkeypatch.setattr(rnncli.Personal, "learn", fail)
    done = call("type", "--learn", "my.npz")
    assert (done.code, done.out) == (5, "the cat sat\n")


def test_type_refuses_to_run_without_a_terminal(call: Any) -> None:
    done = call("type", stdin=b"the cat\n")
    assert done.code == 2
    assert "needs a terminal" in done.err


def test_type_names_the_package_that_it_misses(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prompt_toolkit", None)
    monkeypatch.setattr("rnncli.cli.type.at_terminal", lambda: True)
    done = call("type")
    assert done.code == 2
    assert "pip install 'rnncli[type]'" in done.err
