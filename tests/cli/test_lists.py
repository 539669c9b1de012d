"""Lists of words and repetition on the command line: --block, --vocabulary, --no-repeat, --repetition-penalty."""

import json
from pathlib import Path
from typing import Any

import pytest

import rnncli
from rnncli.cli.line import Line

SAT = ["predict", "-q", "the cat"]


@pytest.fixture(autouse=True)
def _lists(here: Path) -> None:
    Path("block.txt").write_text("SAT\n\nfox\nunheard\n")


def test_predict_lists_no_blocked_word(call: Any) -> None:
    whole, blocked = call(*SAT, "-k", "4").rows, call(*SAT, "-k", "3", "--block", "block.txt").rows
    assert whole[0][0] == "sat"
    assert blocked == whole[1:]  # with equal probabilities
    assert call("predict", "-q", "the f", "--block", "block.txt").rows == [
        row for row in call("predict", "-q", "the f").rows if row[0] != "fox"
    ]
    (row,) = call("predict", "the cat", "-q", "-k", "1", "--then", "2", "--block", "block.txt").rows
    assert "sat" not in row[0]


def test_every_line_of_standard_input_is_answered_without_blocked_words(call: Any) -> None:
    rows = call("predict", "-q", "-k", "2", "--block", "block.txt", stdin=b"the cat\nthe\nthe f\n").rows
    assert len(rows) == 6
    assert not {"sat", "fox"} & {row[0] for row in rows}


def test_coprocess_offers_no_blocked_word(call: Any) -> None:
    questions = [
        {"text": "the cat"},
        {"text": "the cat", "session": 1, "then": 2},
        {"text": "the f", "session": 1},
        {"text": "the cat", "among": ["sat", "ran"]},
    ]
    stdin = "".join(json.dumps(question) + "\n" for question in questions).encode()
    done = call("predict", "--json", "--stdin", "--block", "block.txt", stdin=stdin)
    offered = [[word["word"] for word in json.loads(line)["words"]] for line in done.lines]
    assert all(offered[:2])
    assert not any("sat" in word or "fox" in word for words in offered[:3] for word in words)
    assert offered[3] == ["sat", "ran"]  # what was asked for


def test_type_suggests_no_blocked_word(model: rnncli.LanguageModel) -> None:
    assert Line(model).ghost("the cat ") == "sat"
    line = Line(model, block=["sat", "fox"])
    assert line.ghost("the cat ") == ""
    for text in ("the cat ", "the f", ""):
        assert not {"sat", "fox"} & {word.lower() for word, _ in line.suggestions(text)}


def test_learning_offers_no_blocked_word(call: Any) -> None:
    call("predict", "-q", "--learn", "my.npz", "--commit", "the cat sat and the cat sat and the cat sat")
    rows = call(*SAT, "--learn", "my.npz", "--block", "block.txt").rows
    assert rows
    assert "sat" not in [row[0] for row in rows]


def test_generate_writes_no_blocked_word(call: Any) -> None:
    how = ["generate", "--words", "40", "--seed", "1"]
    assert " sat " in call(*how).out
    for more in ([], ["--samples", "3"], ["--json"]):
        assert not {"sat", "fox"} & set(call(*how, *more, "--block", "block.txt").out.lower().split())


def test_generate_does_not_repeat_itself(call: Any) -> None:
    how = ["generate", "--words", "60", "--temperature", "0"]

    def repeated(*options: str) -> int:
        words = call(*how, *options).out.lower().replace(".", " . ").split()
        return len(words) - 2 - len({tuple(words[at : at + 3]) for at in range(len(words) - 2)})

    assert repeated() > 20
    assert repeated("--no-repeat", "2") == 0
    assert repeated("--repetition-penalty", "20") < repeated()
    assert call(*how, "--repetition-penalty", "1").out == call(*how).out


@pytest.mark.parametrize(
    "options",
    [
        ["--no-repeat", "0"],
        ["--no-repeat", "101"],
        ["--no-repeat", "x"],
        ["--repetition-penalty", "0.5"],
        ["--repetition-penalty", "nan"],
    ],
)
def test_controls_out_of_range_are_refused(call: Any, options: list[str]) -> None:
    done = call("generate", *options)
    assert (done.code, done.out) == (2, "")
    assert options[0] in done.err


@pytest.mark.parametrize(
    ("content", "code", "why"),
    [
        (None, 5, "words.txt: cannot be read"),
        (b"", 3, "words.txt: is empty"),
        (b"\n \n", 3, "words.txt: holds no words"),
        (b"the\nNew York\n", 3, "block: 'New York' is 2 words (New, York)"),
        (b"caf\xe9 is one\n", 3, "words.txt: is not UTF-8, and a list of words has to be"),
        (b"%PDF-1.4 \n", 3, "words.txt: is a PDF"),
    ],
)
@pytest.mark.parametrize("command", [["predict", "the"], ["predict", "--json", "--stdin"], ["generate", "the"]])
def test_list_that_cannot_be_read_is_refused_before_any_output(
    call: Any, command: list[str], content: bytes | None, code: int, why: str
) -> None:
    if content is not None:
        Path("words.txt").write_bytes(content)
    done = call(*command, "--block", "words.txt", stdin=b'{"text": "the"}\n')
    assert (done.code, done.out) == (code, "")
    assert why in done.err
    assert "--encoding" not in done.err  # which these commands do not have


@pytest.mark.parametrize(
    "command", [["predict", "the", "--block"], ["generate", "--block"], ["train", "c.txt", "--vocabulary"]]
)
def test_list_does_not_come_from_standard_input_or_a_file_without_a_name(call: Any, command: list[str]) -> None:
    Path("c.txt").write_text("the cat\n")
    done = call(*command, "-", stdin=b"the\n")
    assert (done.code, done.out) == (2, "")
    assert "cannot come from standard input" in done.err
    assert call(*command, "").code == 2


def test_train_knows_the_words_of_a_list(call: Any) -> None:
    Path("c.txt").write_text("The cat sat.\nThe dog ran.\n" * 60)
    Path("words.txt").write_text("Zoë\nfox\n")
    how = ["train", "c.txt", "-o", "new.npz", "--hidden", "0", "-q"]
    assert call(*how, "--vocabulary", "words.txt").code == 0
    assert [row[0] for row in call("predict", "-q", "the z", "-m", "new.npz").rows] == ["Zoë"]
    assert "ended; there is nothing to resume" in call(*how, "--vocabulary", "words.txt", "--resume").err
    done = call(*how, "--resume")
    assert done.code == 2
    assert "of another list of --vocabulary" in done.err
