"""Rows that line up with the lines of the input, and that programs read back as they were written."""

import csv
import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.cli.output import _decimal, _field

OPTIONS: list[list[str]] = [
    [],
    ["-k", "1"],
    ["-k", "3"],
    ["-k", "100"],
    ["--complete"],
    ["--complete", "-k", "1"],
    ["--next", "-k", "4"],
    ["--among", "sat,ran,slept on"],
    ["--among", "sat,ran,slept on", "-k", "2"],
    ["--among", "sat,ran,slept on", "-k", "5"],
    ["--among", "sat,cat", "--complete"],
    ["--min-p", "0.3", "-k", "5"],
    ["--min-p", "1"],
    ["--then", "3", "-k", "2"],
    ["--eos", "-k", "6"],
]


def parsed(out: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(out), delimiter="\t"))


# predict


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_predict_gives_each_line_of_input_as_many_rows(call: Any, options: list[str]) -> None:
    """Of any context: known, half typed, of no word, blank, of marks, long, the last one without an end."""
    contexts = ["the cat", "the xq", "", "the c", " \t", 'He said "', "the cat sat on the mat.", "the " * 99, "the d"]
    done = call("predict", "-q", *options, stdin="\n".join(contexts).encode())
    count = int(options[options.index("-k") + 1]) if "-k" in options else 10
    if "--among" in options:
        count = min(count, options[options.index("--among") + 1].count(",") + 1)
    assert len(done.lines) == count * len(contexts)
    assert all(len(row) == 2 and bool(row[0]) == bool(row[1]) for row in parsed(done.out))
    for n, context in enumerate(contexts):
        rows = parsed(done.out)[n * count : (n + 1) * count]
        answer = json.loads(call("predict", "-q", "--json", *options, stdin=context.encode() + b"\n").out)["words"]
        assert [row[0] for row in rows] == [word["word"] for word in answer] + [""] * (count - len(answer))


def test_predict_leaves_the_row_of_a_prefix_of_no_word_empty(call: Any) -> None:
    done = call("predict", "-k", "1", "--complete", stdin=b"the cat\nthe xq\nthe old\n")
    assert [row[0] for row in done.rows] == ["cat", "", "old"]
    assert "begins with xq" in done.err


def test_predict_pads_no_rows_of_a_text_argument(call: Any) -> None:
    assert len(call("predict", "-q", "the ca").rows) == 1
    assert call("predict", "-q", "--complete", "the xq").out == ""


def test_predict_writes_many_empty_rows_in_constant_memory(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnncli.cli.output.EMPTY_ROWS_AT_ONCE", 7)
    assert len(call("predict", "-q", "-k", "1000", stdin=b"the cat\nthe\n").lines) == 2000


def test_header_names_the_columns_once(call: Any) -> None:
    done = call("predict", "-q", "-k", "2", "--header", stdin=b"the cat\nthe dog\n")
    assert done.rows[0] == ["word", "probability"]
    assert len(done.rows) == 5
    assert call("predict", "-q", "-k", "1", "--header", "the cat").rows[0] == ["word", "probability"]
    text = b"The cat sat.\n"
    for per in ("word", "sentence", "bin"):
        names = list(json.loads(call("score", "--per", per, "--json", stdin=text).lines[0]))
        header, *rows = call("score", "--per", per, "--header", stdin=text).rows
        assert header == [name for name in names if name != "unknown"]
        assert {len(row) for row in rows} == {len(header)}
    assert call("score", "--header", stdin=text).rows[0] == ["measure", "value"]
    for command in (["predict", "the cat"], ["score"]):
        done = call(*command, "--json", "--header", stdin=text)
        assert (done.code, done.out) == (2, "")
        assert "--header and --json" in done.err


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"])), min_size=2, max_size=4))
def test_fields_are_quoted_as_csv_has_it(fields: list[str]) -> None:
    """As csv.QUOTE_MINIMAL quotes them, once they are on one line; what reads CSV gets them back."""
    flat = [field if field.isprintable() else " ".join(field.splitlines()).replace("\t", " ") for field in fields]
    written = io.StringIO()
    csv.writer(written, delimiter="\t", lineterminator="\n").writerow(flat)
    assert "\t".join(map(_field, fields)) + "\n" == written.getvalue()
    assert parsed(written.getvalue()) == [flat]


def test_small_probabilities_keep_their_digits() -> None:
    assert [_decimal(y) for y in (1, 0.5, 1e-5, 1.234e-6, 3.21e-30, 0)] == [
        "1.000000",
        "0.500000",
        "0.000010",
        "0.00000123",
        "0." + 29 * "0" + "321",
        "0.000000",
    ]


# texts that begin with a dash


@pytest.mark.parametrize(
    "text",
    ["- Oui, dit", "-Oui, dit-il", "-- Oui", "--Oui, dit", "-40 degrees and", "-\u00a0Quoi", "---\n", "- ", "-\tthe"],
)
def test_text_that_begins_with_a_dash_and_holds_a_blank_is_a_text(call: Any, text: str) -> None:
    for before, after in ((["-k", "2"], []), ([], ["-k", "2"]), (["-qk", "2"], []), (["-k2"], ["--min-p", "0"])):
        answer = json.loads(call("predict", "--json", *before, text, *after).out)
        assert (answer["text"], len(answer["words"])) == (text, 2)
    assert json.loads(call("predict", "--json", "the cat", text, "the").out)["text"] == f"the cat {text} the"
    assert call("generate", text, "--words", "1").out.startswith(text)


def test_options_are_still_options(call: Any) -> None:
    assert call("predict", "-q", "-k 3", "the cat").rows == call("predict", "-q", "-k", "3", "the cat").rows
    assert len(call("predict", "-q", "the cat", "--among=sat on,ran by").rows) == 2
    assert call("predict", "-q", "the cat", "--among", "- sat,ran").code == 0
    assert call("predict", "--json", "--", "-40", "degrees", "-k", "3").out.startswith('{"text": "-40 degrees -k 3"')
    assert call("generate", "-", "--words", "1", stdin=b"the cat\n").out.startswith("the cat")
    for arguments, said in (
        (["--amnog", "sat,ran", "the cat"], "--amnog"),
        (["--amnog=sat on,ran", "the cat"], "--amnog"),
        (["--among sat,ran", "the cat"], "--among"),
        (["-the", "cat"], "-t"),
        (["the cat", "-k"], "requires an argument"),
        (["the cat", "-k", "--"], "is not a valid integer"),
    ):
        done = call("predict", *arguments)
        assert (done.code, done.out) == (2, "")
        assert said in done.err


# score


def test_score_per_word_keeps_every_row_of_quoted_words(call: Any) -> None:
    text = b'"Go," said NA. null nan #N/A \' "" the "cat"\n'
    records = [json.loads(line) for line in call("score", "--per", "word", "--json", stdin=text).lines]
    header, *rows = parsed(call("score", "--per", "word", "--header", stdin=text).out)
    assert header == ["word", "bits", "rank"]
    assert [row[0] for row in rows] == [record["word"] for record in records]
    assert any('"' in row[0] for row in rows)
    sentences = b'"Go," said the cat.\nThe cat sat.\n'
    rows = parsed(call("score", "--per", "sentence", stdin=sentences).out)
    assert [row[0] for row in rows] == sentences.decode().splitlines()


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\n\n\n"])
def test_score_gives_each_line_a_row(call: Any, end: str) -> None:
    text = "\n\nThe cat sat.\n\nthe dog ran. The hen sang.\r\n \n\u200b\n\tthe hen" + end
    options = ["--sentences", "lines", "--fresh", "line", "--per", "sentence"]
    done = call("score", *options, stdin=text.encode())
    assert len(done.lines) == len(text.split("\n")) - bool(end)
    assert done.rows[0] == ["", "0.0000", "0", "0"]
    assert len(call("score", *options, "--json", stdin=text.encode()).lines) == len(done.lines)
    Path("text.txt").write_text(text, newline="")
    assert call("score", *options, "text.txt").out == done.out


def test_score_finds_sentences_as_it_is_told(call: Any, corpus_file: Path) -> None:
    text = b"the fox ran\nthe hen sat. The dog\nran.\n"
    for sentences, rows in (("lines", 3), ("wrapped", 2), ("auto", 3)):
        per = call("score", "--sentences", sentences, "--per", "sentence", stdin=text)
        assert len(per.rows) == rows
        for learn in ([], ["--learn"]):
            summary = json.loads(call("score", "--sentences", sentences, "--json", *learn, stdin=text).out)
            assert summary["sentences"] == rows
    assert call("score", stdin=text).out == call("score", "--sentences", "lines", stdin=text).out  # as it was trained
    assert call("score", "--sentences", "prose", stdin=text).code == 2


@pytest.mark.parametrize("fresh", ["sentence", "line", "block"])
def test_score_of_fresh_items_equals_that_of_each_alone(call: Any, fresh: str) -> None:
    items = ["The hen sat.\n", 'The red fox ran.\n"I see the fox," said he.\n', "The hen sat.\n"]
    if fresh != "block":
        items = "".join(items).splitlines(keepends=True)
    text = "\n".join(items).encode()
    together = call("score", "--fresh", fresh, "--per", "word", stdin=text).rows
    alone = [row for item in items for row in call("score", "--per", "word", stdin=item.encode()).rows]
    assert [(row[0], row[2]) for row in together] == [(row[0], row[2]) for row in alone]
    assert [float(row[1]) for row in together] == pytest.approx([float(row[1]) for row in alone], abs=2e-4)
    summary = json.loads(call("score", "--fresh", fresh, "--json", stdin=text).out)
    assert summary["bits_per_word"] == pytest.approx(sum(float(row[1]) for row in alone) / len(alone), abs=1e-3)
    assert call("score", "--fresh", fresh, "--per", "bin", stdin=text).code == 0


def test_score_while_learning_has_no_fresh_starts(call: Any) -> None:
    done = call("score", "--learn", "--fresh", "line", stdin=b"the cat\n")
    assert (done.code, done.out) == (2, "")
    assert "--learn and --fresh" in done.err


# tables

TABLE = "item\tcount\n" + "the cat\t3\n" * 5


def test_table_is_named_with_what_makes_a_text_of_it(call: Any) -> None:
    done = call("score", stdin=TABLE.encode())
    assert done.code == 0
    assert "standard input: looks like a table. All of its 2 columns" in done.err
    assert "cut -f2 FILE | rnncli score" in done.err
    Path("my table.tsv").write_text(TABLE)
    assert "cut -f2 'my table.tsv' | rnncli score" in call("score", "my table.tsv").err
    Path("-x.tsv").write_text(TABLE)
    assert "cut -f2 ./-x.tsv | rnncli score" in call("score", "--", "-x.tsv").err
    done = call("train", "my table.tsv", "-o", "t.npz", "--epochs", "1", "--hidden", "4")
    assert "cut -f2 'my table.tsv' | rnncli train -\n" in done.err
    assert call("train", "my table.tsv", "-o", "q.npz", "--epochs", "1", "--hidden", "4", "-q").err == ""
    done = call("train", "-", "-o", "s.npz", "--epochs", "1", "--hidden", "4", stdin=TABLE.encode())
    assert "cut -f2 FILE | rnncli train -" in done.err
    assert Path("s.npz").read_bytes() == Path("t.npz").read_bytes()  # nothing of the text is used up


@pytest.mark.parametrize(("separator", "quote"), [(",", ""), (",", '"'), (";", "")])
def test_table_with_a_heading_and_separators_is_named(call: Any, separator: str, quote: str) -> None:
    item, cat = (f"{quote}{text}{quote}" for text in ("item", "the cat"))
    rows = [(item, "seen", "how much"), *((cat, str(n), "4.50") for n in range(9))]
    Path("t.csv").write_text("".join(separator.join(row) + "\n" for row in rows))
    done = call("score", "t.csv")
    assert done.code == 0
    assert "t.csv: looks like a table. All of its 3 columns" in done.err
    command = done.err.split("say: ")[1].split(" | ")[0]
    second = subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout
    assert second == "seen\n" + "".join(f"{n}\n" for n in range(9))


@pytest.mark.parametrize(
    "text",
    [
        "Red, green, blue.\n" + "The cat, the dog, the hen.\n" * 9,
        "eggs, milk, bread\nsalt, rice, tea\nfish, jam, oil\n" * 9,
        "one;two;three\n" * 9,
        "1,2,3\n4,5,6\n" * 9,
        "a,b,c\n1,2,3\n",
        "We saw it,as he said,and ran.\n" + "\n".join(f"The cat,{n} dogs,and a hen sat." for n in range(9)),
    ],
)
def test_text_with_commas_is_no_table(call: Any, text: str) -> None:
    assert "table" not in call("score", stdin=text.encode()).err


@pytest.mark.parametrize(
    "text", ["The cat sat.\n" * 9, "The cat\tsat.\n", "\tthe cat\n" * 9, "a\tb\nc\nd\n", "the\tcat\nthe\tc\tat\n"]
)
def test_text_with_some_tabs_is_no_table(call: Any, text: str) -> None:
    assert "table" not in call("score", stdin=text.encode()).err
