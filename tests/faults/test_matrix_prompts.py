"""Rows E of the matrix of faults: prompts, texts to score, and options of predict, generate and score."""

import csv
import json
import os
import resource
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.model import LanguageModel
from rnncli.prediction.sampling import draw
from rnncli.text.vocabulary import EOS, SPECIALS, UNK

pytestmark = pytest.mark.faults
Size = Callable[[int, int], int]
MAX_USAGE_LINES = 4  # of a message that begins with the usage
GENERATE = ["generate", "the cat", "--words", "20", "--seed", "5"]


def crafted(model: LanguageModel, **params: Any) -> list[str]:
    """Saves the model with some parameters replaced, without n-grams and without a calibrated share of unknown words;
    returns the options that name it.
    """
    record = {name: value for name, value in model.record.items() if name != "unknown"}
    replace(model, params=model.params | params, record=record, ngrams=None).save("crafted.npz")
    return ["-m", "crafted.npz"]


# prompts


@pytest.mark.rows("E1")
def test_unknown_words_are_named_and_still_predict(rnncli: Any, here: Path) -> None:
    assert rnncli("predict", "-k", "3", "zebra yak gnu", said="Not in the vocabulary: zebra, yak, gnu").out


@pytest.mark.rows("E2")
def test_empty_prompts_predict_the_start_of_a_text(rnncli: Any, here: Path) -> None:
    nothing = rnncli("predict", "-k", "1", "").out
    assert rnncli("predict", "-k", "1", stdin=b"\n \n\t").out == 3 * nothing
    assert rnncli("generate", " ", "--words", "1", "--temperature", "0").out.split() == b"The".split()


@pytest.mark.rows("E3")
def test_long_prompt_fits_in_one_gibibyte(rnncli: Any, here: Path, size: Size) -> None:
    done = rnncli(
        "predict",
        stdin=size(100_000, 1_000_000) // 2 * b"the cat ",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)),
        seconds=size(10, 60),
    )
    assert len(done.out.splitlines()) == 10


@pytest.mark.rows("E4")
@pytest.mark.parametrize("command", ["predict", "generate"])
def test_arguments_that_are_not_utf8_are_refused(rnncli: Any, here: Path, command: str) -> None:
    assert not rnncli(command, b"the \xff cat", code=3, said=["Error: the text", "not UTF-8"]).out


@pytest.mark.rows("E5", "E9", "E23")
@pytest.mark.parametrize(("line", "said"), [(b"the \xff", "not UTF-8"), (b"the\0cat", "a NUL byte")])
@pytest.mark.parametrize("command", [["predict", "-k", "1"], ["generate", "-", "--words", "1"]])
def test_bad_input_line_is_named_after_earlier_lines_were_answered(
    rnncli: Any, here: Path, command: list[str], line: bytes, said: str
) -> None:
    text = b"the cat\nthe dog\n" + line + b"\nthe hen\n"
    assert len(rnncli(*command, stdin=text, code=3, said=["standard input", said, "line 3"]).out.splitlines()) == 2


@pytest.mark.rows("E5", "E9", "E23")
def test_text_is_scored_up_to_the_block_with_bad_bytes(rnncli: Any, here: Path, size: Size) -> None:
    rnncli("score", stdin=b"the cat\nthe\0cat\n", code=3, said="a NUL byte in line 2")
    lines = size(25_000, 300_000)
    text = lines * b"the cat sat\n" + b"the \xff\n"
    said = f"not UTF-8 at byte {len(text) - 2} (line {lines + 1})"
    out = rnncli("score", "--per", "sentence", stdin=text, code=3, said=said, seconds=size(10, 60)).out
    assert out.endswith(b"\n")
    assert 0 < out.count(b"the cat sat\t") <= lines


@pytest.mark.rows("E6")
@pytest.mark.parametrize("command", ["predict", "generate"])
def test_prompt_after_two_dashes_may_begin_with_a_dash(rnncli: Any, here: Path, command: str) -> None:
    rnncli(command, "-the", "cat", code=2, lines=MAX_USAGE_LINES, said=["No such option", "--help"])
    assert b" -- " in rnncli(command, "--help").out or rnncli.variant == "optimized"  # which drops docstrings
    assert b"Usage" not in rnncli(command, "--", "--help").out
    assert rnncli(command, "-the cat", "--", "ran").out == rnncli(command, "--", "-the cat", "ran").out or (
        command == "generate"  # which draws words
    )
    rnncli(command, "--nonsense", "-the cat", code=2, lines=MAX_USAGE_LINES, said="No such option '--nonsense'")


@pytest.mark.rows("E7")
def test_markup_in_prompts_is_text(rnncli: Any, here: Path) -> None:
    text = "the [/] [red] cat :smile: {x} %s"
    assert rnncli("generate", text, "--words", "1").out.startswith(text.encode())
    assert json.loads(rnncli("predict", "--json", text).out)["text"] == text
    assert text in " ".join(rnncli.screen("predict", text, env={"TERM": "dumb"}).split())


@pytest.mark.rows("E8")
def test_control_characters_are_escaped_on_terminals_only(rnncli: Any, here: Path) -> None:
    text = "the \x1b]0;x\x07\tcat\nthe \x9b31m dog"
    assert json.loads(rnncli("predict", "--json", text).out)["text"] == text
    assert rnncli("generate", text, "--words", "1").out.startswith(text.encode())
    for command in ("predict", "generate"):
        assert "the \\x1b]0;x\\x07\\tcat\nthe \\x9b31m dog" in rnncli.screen(command, text, env={"TERM": "dumb"})


@pytest.mark.rows("E24")
def test_each_line_is_answered_before_the_next_is_written(rnncli: Any, here: Path) -> None:
    with rnncli.start("predict", "-k", "1", stdin=-1) as process:
        for context, word in ((b"the cat\n", b"sat"), (b"\n", b"the"), (b"the hen\n", b"sang")):
            process.stdin.write(context)
            process.stdin.flush()
            assert process.stdout.readline().startswith(word)
        process.stdin.close()
    assert process.returncode == 0
    typed = rnncli.screen("predict", "-k", "1", keys=b"the cat\nthe hen\n\x04", env={"TERM": "dumb"})
    assert typed.index("the cat …\nsat ") < typed.index("the hen …\nsang ")
    assert "Ctrl-D ends" in typed or rnncli.variant == "closed"


# choosing words


@pytest.mark.rows("E10", "E11", "E13")
def test_temperatures_near_zero_take_the_likeliest_word(rnncli: Any, here: Path) -> None:
    texts = {rnncli("generate", "the", "--temperature", t).out for t in ("0", "-0.0", "1e-320", "1e-45")}
    assert len(texts) == 1


@pytest.mark.rows("E13")
def test_huge_temperatures_make_all_words_equally_likely(rnncli: Any, here: Path) -> None:
    hot = [rnncli(*GENERATE, "--temperature", t).out for t in ("1e30", "1e308")]
    assert hot[0] == hot[1]
    assert len(set(hot[0].split())) > 12


@pytest.mark.rows("E14")
def test_top_k_beyond_the_vocabulary_and_top_p_of_1_truncate_nothing(rnncli: Any, here: Path) -> None:
    texts = [rnncli(*GENERATE, *bounds).out for bounds in ([], ["--top-k", "99999"], ["--top-p", "1"])]
    assert texts[1:] == 2 * texts[:1]
    assert len(rnncli("predict", "-k", "99999", "the cat").out.splitlines()) == 23


@pytest.mark.rows("E15")
def test_texts_of_no_words_and_endless_texts_are_generated(rnncli: Any, here: Path) -> None:
    assert rnncli("generate", "the cat", "--words", "0").out == b"the cat\n"
    with rnncli.start("generate", "--words", "1000000000") as process:
        process.stdout.read(1_000)
        before = resident(process.pid)
        process.stdout.read(20_000)
        assert resident(process.pid) - before < 1 << 21
        process.stdout.close()
    assert process.returncode == -signal.SIGPIPE


def resident(process: int) -> int:
    """Returns the resident memory of a process in bytes."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


@pytest.mark.rows("E17")
def test_same_seed_writes_same_text_with_any_threads_and_terminal(rnncli: Any, here: Path) -> None:
    text = rnncli(*GENERATE).out
    assert rnncli(*GENERATE, env={"OPENBLAS_NUM_THREADS": "1"}).out == text
    assert rnncli.screen(*GENERATE, env={"OPENBLAS_NUM_THREADS": "2"}).encode() == text


@pytest.mark.rows("E18")
def test_ties_are_broken_by_vocabulary_order(rnncli: Any, here: Path, model: LanguageModel) -> None:
    even = crafted(model, Wy=np.zeros_like(model.params["Wy"]), by=np.zeros_like(model.params["by"]))
    words = model.vocabulary.display_forms[len(SPECIALS) :]
    out = rnncli("predict", "-k", "5", "the", *even).out.decode()
    assert [row[0] for row in csv.reader(out.splitlines(), delimiter="\t")] == words[:5]
    unending = crafted(
        model, Wy=np.zeros_like(model.params["Wy"]), by=np.eye(1, len(words) + 2, EOS, np.float32)[0] * -9
    )
    assert rnncli("generate", "--temperature", "0", "--words", "3", *unending).out.split() == [b"The", b"the", b"the"]


@pytest.mark.rows("E19")
@pytest.mark.parametrize("share", [0.0, 0.5, np.nextafter(1.0, 0)])
def test_draw_from_a_million_words_takes_a_word_with_probability(share: float) -> None:
    class Chance:
        def random(self) -> float:
            return share

    y = np.random.default_rng(1).random(10**6).astype(np.float32)
    y[[0, -1]] = 0
    for weights in (y, y * np.float32(1e-38), y * np.float32(1e30)):
        assert weights[draw(weights, Chance())] > 0  # type: ignore[arg-type]


@pytest.mark.rows("E20")
def test_names_of_special_words_are_never_written(rnncli: Any, here: Path, model: LanguageModel) -> None:
    by = model.params["by"].copy()
    by[[EOS, UNK]] = 40, 50
    likely = crafted(model, by=by)
    assert b"<" not in rnncli("predict", "the", *likely).out
    assert rnncli("predict", "the", "--eos", *likely).out.startswith(b"<eos>\t0.0")
    assert b"<" not in rnncli(*GENERATE, *likely).out


# scores


@pytest.mark.rows("E21")
@pytest.mark.parametrize(("text", "said"), [(b"", "is empty"), (b" \n\t\n", "no words")])
def test_text_without_words_is_refused_by_score(rnncli: Any, here: Path, text: bytes, said: str) -> None:
    for per in ([], ["--per", "word"], ["--per", "sentence"], ["--per", "bin"]):
        assert not rnncli("score", *per, stdin=text, code=3, said=said).out


@pytest.mark.rows("E22")
def test_scores_of_impossible_texts_are_infinite_or_null(rnncli: Any, here: Path, model: LanguageModel) -> None:
    unknown = json.loads(rnncli("score", "--json", stdin=b"zebra yak gnu\n").out)
    assert unknown["unknown_words"] == unknown["words"] == 3
    assert np.isfinite(unknown["perplexity"])
    by = np.full_like(model.params["by"], -9e29)
    by[UNK] = 0
    impossible = crafted(model, by=by)
    assert rnncli("score", *impossible, stdin=b"the cat sat\n").out.startswith(b"perplexity\tinf\n")
    assert json.loads(rnncli("score", "--json", *impossible, stdin=b"the cat sat\n").out)["perplexity"] is None


# options


@pytest.mark.rows("E11", "E12", "E14", "E15", "E16", "E25")
@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("--temperature", ["-1", "nan", "inf", "-inf", "1e999", 5000 * "9", "0x10", ""]),
        ("--top-k", ["0", "-1", "1.5", 5000 * "9", "0x10", ""]),
        ("--top-p", ["0", "-0.0", "1.1", "nan"]),
        ("--words", ["-1", "abc"]),
        ("--seed", ["-1", str(2**64), str(2**500), "abc"]),
    ],
)
def test_option_values_out_of_range_are_refused(rnncli: Any, here: Path, option: str, values: list[str]) -> None:
    for value in values:
        assert not rnncli("generate", "the", option, value, code=2, lines=MAX_USAGE_LINES, said=option).out


@pytest.mark.rows("E25")
def test_numbers_are_parsed_as_python_does(rnncli: Any, here: Path) -> None:
    for written, number in ((" 5", "5"), ("1_0", "10")):
        assert rnncli("predict", "-k", written, "the").out == rnncli("predict", "-k", number, "the").out
    ascii_only = rnncli.variant == "optimized"
    rnncli("predict", "-k", "٣", "the", code=2 if ascii_only else 0, lines=MAX_USAGE_LINES)


@pytest.mark.rows("E26")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["dance"], ["Usage: rnncli", "No such command 'dance'"]),
        (["predict", "--nonsense"], "No such option '--nonsense'"),
        (["predict", "-k"], "requires an argument"),
        (["score", "a", "b"], "unexpected extra argument"),
        (["train"], "Missing argument 'CORPUS"),
    ],
)
def test_unknown_commands_and_options_are_refused_with_the_usage(
    rnncli: Any, here: Path, arguments: list[str], said: str
) -> None:
    rnncli(*arguments, code=2, lines=MAX_USAGE_LINES, said=said)


@pytest.mark.rows("E26")
def test_missing_command_prints_the_help(rnncli: Any, here: Path) -> None:
    rnncli(code=2, lines=50, said=["Usage: rnncli", "Commands:", "generate"])


@pytest.mark.rows("E27")
def test_last_of_repeated_options_counts_and_exclusive_options_are_refused(rnncli: Any, here: Path) -> None:
    assert len(rnncli("predict", "-k", "5", "-k", "2", "the").out.splitlines()) == 2
    Path("c.txt").write_text("the cat sat\n")
    rnncli("train", "c.txt", "-o", "n.npz", "--time", "9s", "--epochs", "1", code=2, said="time and epochs")
    assert sorted(os.listdir()) == ["c.txt", "model.npz"]
