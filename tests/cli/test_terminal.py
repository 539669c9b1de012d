"""The commands in a terminal: tables, bars, plots and colors, at several widths."""

import os
import pty
import re
import subprocess
import sys
import termios
from pathlib import Path

import pytest

import rnncli
from rnncli.cli.display import percent, rounded
from rnncli.cli.drawing import bar, plot
from rnncli.cli.escape import printable

KEPT = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def in_terminal(*arguments: str, columns: int = 80, **environment: str) -> str:
    """Runs a command in a terminal; returns what it printed there, standard error included."""
    return run_in_terminal([sys.executable, "-m", "rnncli", *arguments], columns, environment)


def in_shell(command: str) -> str:
    """Runs a line of a shell in a terminal, as `in_terminal` does."""
    return run_in_terminal(["/bin/sh", "-c", command], 80, {})


def run_in_terminal(command: list[str], columns: int, environment: dict[str, str]) -> str:
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, columns))
    environment = {**KEPT, "TERM": "xterm", **environment}
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment) as process:
        os.close(slave)
        seen = b""
        while True:
            try:
                data = os.read(master, 1 << 16)
            except OSError:  # the other end is closed: Linux says so
                break
            if not data:
                break
            seen += data
        os.close(master)
    assert process.returncode == 0, seen.decode()
    return seen.decode().replace("\r\n", "\n")


def plain(text: str) -> list[str]:
    """Returns the lines of a text without escape sequences."""
    return ANSI.sub("", text).splitlines()


@pytest.mark.parametrize("columns", [80, 40, 20])
def test_predict_prints_a_table_with_bars(here: Path, columns: int) -> None:
    lines = plain(in_terminal("predict", "the cat", "-k", "3", columns=columns))
    assert lines[0] == "the cat …"
    assert re.match(r"sat +\d+\.\d% +█", lines[1])
    assert all(len(line.rstrip()) <= columns for line in lines)
    assert "unknown word" in " ".join(lines).replace("\n", " ") or columns == 20


@pytest.mark.parametrize("columns", [80, 40])
def test_training_prints_report_evaluations_and_summary(here: Path, corpus_file: Path, columns: int) -> None:
    out = in_terminal("train", str(corpus_file), "--epochs", "8", "--hidden", "8", columns=columns)
    lines = plain(out)
    assert any(line.startswith("vocabulary ") for line in lines)
    others = r" bits/char \d\.\d\d unknown \d+\.\d%" if columns == 80 else ""
    evaluations = [line.split("\r")[-1] for line in lines if "best so far" in line]
    assert evaluations
    for line in evaluations:
        assert re.fullmatch(rf"epoch \d\.\d perplexity \d+\.\d{others} best so far( +█*.?)?", line)
        assert len(line) <= columns
    assert any(re.match(r"accuracy at 3 +\d+\.\d%", line) for line in lines)
    assert "w/s" in out
    assert "loss" in out


@pytest.mark.parametrize("columns", [80, 40])
def test_score_prints_confidence_and_accuracy_side_by_side(here: Path, columns: int) -> None:
    Path("text.txt").write_text("The cat sat on the mat.\n" * 9)
    lines = plain(in_terminal("score", "text.txt", columns=columns))
    assert any(re.match(r"keystroke savings +\d+\.\d%", line) for line in lines)
    at = next(i for i, line in enumerate(lines) if line.split() == ["words", "predicted", "right"])
    assert any(re.match(r" *\d+ +\d+\.\d% +\d+\.\d%", line) for line in lines[at:])
    assert all(len(line.rstrip()) <= columns for line in lines)


@pytest.mark.parametrize("columns", [80, 40])
def test_long_candidate_is_folded_and_keeps_its_share_in_sight(here: Path, columns: int) -> None:
    long = "sat on the mat by the fire in London by the old man on the mat by the fire in London"
    lines = plain(in_terminal("predict", "the cat", "--among", f"{long},sat", columns=columns))
    assert re.match(r"sat +\d+\.\d% +█", lines[1])
    shares = [line for line in lines[2:] if re.search(r" +\d[\d.e-]*%", line)]
    assert re.match(r"sat on the mat.* [1-9][\d.e-]*%", shares[0])
    words = " ".join(re.sub(r" +\d[\d.e-]*%.*", "", line).strip() for line in lines[2:])
    assert words.startswith(long)
    assert all(len(line.rstrip()) <= columns for line in lines)


@pytest.mark.parametrize("columns", [80, 40])
@pytest.mark.parametrize(
    ("per", "heading", "row"),
    [
        ("word", "bits rank word", r" *\d+\.\d\d +\d  cat"),
        ("sentence", "bits words unknown sentence", r" *\d+\.\d\d +2 +0  the cat$"),
        ("bin", "words predicted right", r" *\d+ +\d+\.\d% +\d+\.\d%"),
    ],
)
def test_score_prints_records_as_a_table(here: Path, columns: int, per: str, heading: str, row: str) -> None:
    Path("text.txt").write_text("the cat\n\n" + "The zebra sat on the mat by the fire in London and slept.\n" * 3)
    lines = plain(in_terminal("score", "--per", per, "text.txt", columns=columns))
    at = next(i for i, line in enumerate(lines) if line.split() == heading.split())
    assert any(re.match(row, line.rstrip()) for line in lines[at:])
    assert all(len(line.rstrip()) <= columns and "\t" not in line for line in lines)
    assert sum(line.split() == heading.split() for line in lines) == 1


def test_header_names_the_columns_of_a_table(here: Path) -> None:
    lines = plain(in_terminal("predict", "the cat", "-k", "1", "--header", columns=40))
    assert lines[1].split() == ["word", "probability"]
    assert re.match(r"sat +\d+\.\d% +█", lines[2])


def test_answers_to_several_texts_are_set_apart(here: Path) -> None:
    Path("contexts.txt").write_text("the cat\nthe dog\n")
    command = f"{sys.executable} -m rnncli predict -k 1 < contexts.txt"
    lines = plain(in_shell(command))
    assert [line for line in lines if line.startswith("the ") or not line] == ["the cat …", "", "the dog …"]


def test_quiet_training_prints_its_summary_only(here: Path, corpus_file: Path) -> None:
    lines = plain(in_terminal("train", str(corpus_file), "--epochs", "1", "--hidden", "8", "-q"))
    assert lines[0].startswith("model ")
    assert "epoch 1" not in "".join(lines)


@pytest.mark.parametrize("columns", [80, 40])
def test_info_plots_the_validation_curve(here: Path, columns: int) -> None:
    lines = plain(in_terminal("info", columns=columns))
    assert any("█" in line for line in lines)
    assert "validation perplexity, network alone" in lines
    assert lines[-1].endswith("epochs")
    assert all(len(line) <= columns for line in lines)


@pytest.mark.parametrize("columns", [80, 40])
def test_info_shows_the_networks_share_as_a_table_of_whole_rows(here: Path, columns: int) -> None:
    lines = plain(in_terminal("info", columns=columns))
    at = lines.index("words 0/8 1/8 2/8 3/8 4/8 5/8 6/8 7/8")
    weights = rnncli.load("model.npz").ngrams.network_weights.reshape(5, 8)
    assert lines[at + 1].split() == ["0", f"{100 * weights[0, 7]:.0f}"]
    for words in range(1, 5):
        assert lines[at + 1 + words].split() == [str(words), *(f"{100 * share:.0f}" for share in weights[words])]
    note = " ".join(line.strip() for line in lines[at - 6 : at])
    assert "the network's share beside the n-grams, in per cent: by how many words of the context" in note


def test_score_names_its_bins_on_one_line(here: Path) -> None:
    Path("text.txt").write_text("The cat sat on the mat.\n" * 9)
    assert "how often the likeliest word is right" in plain(in_terminal("score", "text.txt", columns=40))


def test_score_prints_a_table(here: Path, corpus_file: Path) -> None:
    assert re.search(r"accuracy at 5 +\d+\.\d%", "\n".join(plain(in_terminal("score", str(corpus_file)))))


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_color_is_off_where_the_environment_says_so(here: Path, environment: dict[str, str]) -> None:
    assert "\x1b[3" not in in_terminal("predict", "the cat", **environment)
    assert "\x1b[" in in_terminal("predict", "the cat")


def test_markup_is_text_and_control_characters_are_escaped(here: Path) -> None:
    out = in_terminal("predict", "the [/] [red] :smile: \x1b]0;title\x07 cat", "-k", "1")
    assert "the [/] [red] :smile: \\x1b]0;title\\x07 cat …" in " ".join(plain(out))
    assert "\x1b]" not in out
    assert "\x1b]" not in in_terminal("generate", "the \x1b]0;x\x07 cat", "--words", "3")


def test_bars_and_plots_of_worked_examples() -> None:
    assert [bar(share, 2) for share in (0, 0.25, 0.5, 1)] == ["", "▌", "█", "██"]
    assert plot([(1, 100.0), (2, 10.0)], 8, 2) == [
        "  100.0 ████    ",
        "   10.0 ████▁▁▁▁",
        "        1 2 epochs",
    ]
    assert [rounded("x", v) for v in (1.23456, 12.345, 1234.56, 7)] == ["1.23", "12.3", "1,234.6", "7"]
    assert [percent(y) for y in (1, 0.0512, 0.001, 0.00041, 3.2e-9, 0)] == [
        "100.0%",
        "5.1%",
        "0.1%",
        "0.041%",
        "3.2e-07%",
        "0.0%",
    ]
    assert rounded("accuracy_at_1", 0.25) == "25.0%"
    assert printable("a\tb\x9b\u202e é\n") == "a\\tb\\x9b\\u202e é\n"
