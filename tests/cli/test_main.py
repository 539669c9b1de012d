"""The command line as a whole: errors and exit codes, streams, help, and how it finds the model."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

import rnncli
from rnncli.cli.main import COMMANDS, cli

RNNCLI = [sys.executable, "-m", "rnncli"]


def test_model_is_found_by_option_then_folder_then_variable(
    call: Any, model_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.rename("model.npz", "named.npz")
    done = call("predict", "the cat")
    assert (done.code, done.out) == (5, "")
    assert "rnncli train" in done.err
    assert call("predict", "the cat", "-m", "named.npz").code == 0
    monkeypatch.setenv("RNNCLI_MODEL", str(model_file))
    assert call("predict", "the cat").code == 0
    Path("model.npz").write_text("not a model")
    assert call("predict", "the cat").code == 4  # the one here comes first
    assert call("predict", "the cat", "-m", "nowhere.npz").code == 5


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "Usage"),
        (["dance"], 2, "No such command"),
        (["predict", "-k", "0", "x"], 2, "-k"),
        (["generate", "--temperature", "nan"], 2, "temperature"),
        (["generate", "--temperature", "-1"], 2, "temperature"),
        (["generate", "--top-p", "0"], 2, "top-p"),
        (["generate", "--seed", "-1"], 2, "seed"),
        (["train", "c.txt", "--dropout", "nan"], 2, "dropout"),
        (["train", "c.txt", "--hidden", "-1"], 2, "hidden"),
        (["train", "good.txt", "--hidden", "0", "--ngrams", "0"], 2, "hidden and ngrams: both are 0"),
        (["train", "good.txt", "--hidden", "0", "--time", "9s"], 2, "time: no effect where hidden is 0"),
        (["train", "c.txt", "--tokenizer", "x"], 2, "tokenizer"),
        (["train"], 2, "CORPUS"),
        (["train", "nothing.txt", "-o", "n.npz"], 5, "nothing.txt: cannot be read"),
        (["train", "empty.txt", "-o", "n.npz"], 3, "is empty"),
        (["train", "latin.txt", "-o", "n.npz"], 3, "not UTF-8 at byte 3 (line 1)"),
        (["train", "good.txt", "-o", "no/folder/n.npz"], 5, "no/folder"),
        (["train", "good.txt", "--valid", "empty.txt", "-o", "n.npz"], 3, "is empty"),
        (["score", "empty.txt"], 3, "is empty"),
        (["predict", "-m", "good.txt", "x"], 4, "not an rnncli model"),
        (["predict", "caf\udce9"], 3, "not UTF-8"),
    ],
)
def test_each_error_is_one_sentence_with_its_exit_code(call: Any, arguments: list[str], code: int, said: str) -> None:
    Path("empty.txt").touch()
    Path("good.txt").write_text("the cat sat\n" * 9)
    Path("latin.txt").write_bytes(b"caf\xe9")
    done = call(*arguments)
    assert done.code == code
    assert said in done.err
    assert done.out == ""
    assert "Traceback" not in done.err
    assert not Path("n.npz").exists()


def test_bad_input_line_is_named_after_earlier_lines_were_answered(call: Any) -> None:
    done = call("predict", "-k", "1", stdin=b"the cat\nthe \xff\n")
    assert (done.code, len(done.lines)) == (3, 1)
    assert "not UTF-8 in line 2, byte 5" in done.err
    assert "NUL byte in line 1" in call("predict", stdin=b"a\0b").err


def test_control_characters_in_messages_are_escaped(call: Any) -> None:
    done = call("train", "\x1b[31mred\n.txt", "-o", "n.npz")
    assert "\x1b" not in done.err
    assert [line.count("\\x1b[31mred\\n.txt") for line in done.err.splitlines()] == [1, 1]


def test_markup_in_text_is_not_interpreted(call: Any) -> None:
    assert json.loads(call("predict", "--json", "the [/] [red] cat :smile:").out)["text"] == "the [/] [red] cat :smile:"


def test_closed_or_full_output_ends_with_code_5(here: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*RNNCLI, "predict", "the cat"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 5
    assert "standard output" in done.stderr
    assert "Traceback" not in done.stderr
    done = subprocess.run(
        f"{sys.executable} -m rnncli predict 'the cat' >&-", shell=True, stderr=subprocess.PIPE, text=True
    )
    assert done.returncode == 5
    assert "Traceback" not in done.stderr


def test_output_is_utf8_in_every_locale(here: Path) -> None:
    rnncli.train(*_naive(here), hidden=8, epochs=8, learning_rate=0.05, min_count=1)
    for setting in ({"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0"}):
        done = subprocess.run(
            [*RNNCLI, "generate", "-m", "n.npz", "--words", "20", "--temperature", "0"],
            env={**os.environ, **setting},
            capture_output=True,
            check=True,
        )
        assert "naïve" in done.stdout.decode()


def _naive(folder: Path) -> tuple[Path, Path]:
    (folder / "n.txt").write_text("the naïve cat sat\n" * 40)
    return folder / "n.txt", folder / "n.npz"


def too_large_an_array() -> Exception:
    """Returns the error by which NumPy reports a lack of memory."""
    try:
        np.empty((10**9, 10**9), np.float32)
    except MemoryError as error:
        return error
    raise AssertionError


def system_error(message: str, cause: BaseException | None) -> SystemError:
    error = SystemError(message)
    error.__cause__ = cause
    return error


LACKS_OF_MEMORY = {
    "NumPy": (too_large_an_array(), "Unable to allocate 3.47 EiB"),
    "caused": (system_error("<function f> returned a result with an exception set", MemoryError()), "exception set"),
    "unnoticed": (SystemError("<function f> returned NULL without setting an exception"), "without setting"),
    "thread": (RuntimeError("can't start new thread"), "can't start new thread"),
    "library": (ImportError("failed to map segment from shared object"), "failed to map segment"),
}


@pytest.mark.parametrize("name", LACKS_OF_MEMORY)
def test_lack_of_memory_has_code_6_and_only_train_advises_hidden(
    call: Any, corpus_file: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    error, said = LACKS_OF_MEMORY[name]

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("rnncli.cli.predict.open_model", fail)
    done = call("predict", "x")
    assert done.code == 6
    assert done.err.startswith("Error: not enough memory: ")
    assert said in done.err
    assert "--hidden" not in done.err
    monkeypatch.setattr("rnncli.run.training.Training.__init__", fail)
    done = call("train", str(corpus_file), "-q")
    assert done.code == 6
    assert "Try a smaller --hidden" in done.err


@pytest.mark.parametrize("bug", [SystemError("bad argument to internal function"), RuntimeError("a bug"), KeyError(1)])
def test_bug_is_not_reported_as_lack_of_memory(call: Any, monkeypatch: pytest.MonkeyPatch, bug: Exception) -> None:
    def fail(*_: object) -> None:
        raise bug

    monkeypatch.setattr("rnncli.cli.predict.open_model", fail)
    with pytest.raises(type(bug)):  # for Python to show where it is
        call("predict", "x")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (PermissionError(13, "Permission denied", "x.npz"), 5, "Error: x.npz: Permission denied"),
        (OSError(5, "Input/output error"), 5, "Error: the system: Input/output error"),
        (ImportError("no module x"), 5, "Error: a part of the program cannot be loaded: no module x"),
        (click.exceptions.Exit(1), 1, ""),
    ],
)
def test_errors_of_the_system_have_their_sentence_and_code(
    call: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, said: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("rnncli.cli.predict.open_model", fail)
    done = call("predict", "x")
    assert (done.code, done.err.strip()) == (code, said)


@pytest.mark.parametrize("option", ["--model", "--learn"])
@pytest.mark.parametrize("command", [["predict", "x"], ["type"]])
def test_empty_file_name_is_refused_by_its_option(call: Any, command: list[str], option: str) -> None:
    done = call(*command, option, "")
    assert done.code == 2
    assert option in done.err
    assert "the name of the file is empty" in done.err


def test_missing_model_says_who_named_it(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    os.remove("model.npz")
    monkeypatch.setenv("RNNCLI_MODEL", "far.npz")
    assert "Error: far.npz: no such model (named by $RNNCLI_MODEL). Train one" in call("predict", "x").err
    monkeypatch.setenv("RNNCLI_MODEL", "")
    assert "Error: no model: there is no model.npz here" in call("predict", "x").err


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples_to_copy(call: Any, command: str) -> None:
    done = call(command, "--help")
    assert done.code == 0
    assert f"  rnncli {command}" in done.out
    defined = cli.get_command(click.Context(cli), command)
    options = {flag for parameter in defined.params for flag in parameter.opts if flag.startswith("--")}
    assert all(flag in done.out for flag in options)


def test_version_is_printed(call: Any) -> None:
    assert call("--version").out == f"rnncli {rnncli.__version__}\n"


def test_usage_error_keeps_its_lines(call: Any) -> None:
    done = call("predict", "--nonsense\x1b")
    assert done.code == 2
    assert done.err.startswith("Usage: rnncli predict [OPTIONS] [TEXT]...\nTry 'rnncli predict --help' for help.\n")
    assert "\\x1b" in done.err.splitlines()[-1]
    assert "\\n" not in done.err


@pytest.mark.parametrize("columns", [80, 40])
def test_help_shows_every_summary_whole_and_fits_the_terminal(
    call: Any, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    done = call("--help")
    assert all(len(line) <= columns for line in done.lines)
    text = " ".join(done.out.split())
    for name, summary in COMMANDS.items():
        assert f" {name} {summary}" in text
        assert columns == 40 or re.search(rf"^  {name} +{re.escape(summary)}$", done.out, re.M)
    assert "…" not in text
    assert "..." not in text.split("Commands:")[1]


@pytest.mark.parametrize("command", COMMANDS)
def test_options_of_every_command_fit_a_narrow_terminal(
    call: Any, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    options = call(command, "--help").out.split("Options:")[1]
    assert max(map(len, options.splitlines())) <= 40
