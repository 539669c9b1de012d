"""The matrix, E: what is asked of a model, and with which options."""

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
USAGE = 4  # lines of a message that begins with the usage
GENERATE = ["generate", "the cat", "--words", "20", "--seed", "5"]


def crafted(model: LanguageModel, **params: Any) -> list[str]:
    """The options that name a model with some parameters changed."""
    replace(model, params=model.params._replace(**params)).save("crafted.npz")
    return ["-m", "crafted.npz"]


# prompts


@pytest.mark.rows("E1")
def test_unknown_words_are_named_and_foretell_something(rnncli: Any, here: Path) -> None:
    assert rnncli("predict", "-k", "3", "zebra yak gnu", said="Not in the vocabulary: zebra, yak, gnu").out


@pytest.mark.rows("E2")
def test_no_words_are_the_start_of_a_text(rnncli: Any, here: Path) -> None:
    nothing = rnncli("predict", "-k", "1", "").out
    assert rnncli("predict", "-k", "1", stdin=b"\n \n\t").out == 3 * nothing
    assert rnncli("generate", " ", "--words", "1", "--temperature", "0").out.split() == b"The".split()


@pytest.mark.rows("E3")
def test_a_prompt_may_be_long(rnncli: Any, here: Path, size: Size) -> None:
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
def test_what_is_no_text_is_named_by_its_line_after_those_before_it_were_answered(
    rnncli: Any, here: Path, command: list[str], line: bytes, said: str
) -> None:
    text = b"the cat\nthe dog\n" + line + b"\nthe hen\n"
    assert len(rnncli(*command, stdin=text, code=3, said=["standard input", said, "line 3"]).out.splitlines()) == 2


@pytest.mark.rows("E5", "E9", "E23")
def test_a_text_is_scored_up_to_the_block_with_what_is_no_text(rnncli: Any, here: Path, size: Size) -> None:
    rnncli("score", stdin=b"the cat\nthe\0cat\n", code=3, said="a NUL byte in line 2")
    lines = size(25_000, 300_000)
    text = lines * b"the cat sat\n" + b"the \xff\n"
    said = f"not UTF-8 at byte {len(text) - 2} (line {lines + 1})"
    out = rnncli("score", "--per", "sentence", stdin=text, code=3, said=said, seconds=size(10, 60)).out
    assert out.endswith(b"\n")
    assert 0 < out.count(b"the cat sat\t") <= lines


@pytest.mark.rows("E6")
@pytest.mark.parametrize("command", ["predict", "generate"])
def test_a_prompt_may_begin_with_a_dash_after_two(rnncli: Any, here: Path, command: str) -> None:
    rnncli(command, "-the", "cat", code=2, lines=USAGE, said=["No such option", "--help"])
    assert b" -- " in rnncli(command, "--help").out or rnncli.variant == "optimized"  # which drops docstrings
    assert b"Usage" not in rnncli(command, "--", "--help").out


@pytest.mark.rows("E7")
def test_what_looks_like_markup_is_text(rnncli: Any, here: Path) -> None:
    text = "the [/] [red] cat :smile: {x} %s"
    assert rnncli("generate", text, "--words", "1").out.startswith(text.encode())
    assert json.loads(rnncli("predict", "--json", text).out)["text"] == text
    assert text in " ".join(rnncli.screen("predict", text, env={"TERM": "dumb"}).split())


@pytest.mark.rows("E8")
def test_control_characters_are_spelled_out_on_a_terminal_and_text_elsewhere(rnncli: Any, here: Path) -> None:
    text = "the \x1b]0;x\x07\tcat\nthe \x9b31m dog"
    assert json.loads(rnncli("predict", "--json", text).out)["text"] == text
    assert rnncli("generate", text, "--words", "1").out.startswith(text.encode())
    for command in ("predict", "generate"):
        assert "the \\x1b]0;x\\x07\\tcat\nthe \\x9b31m dog" in rnncli.screen(command, text, env={"TERM": "dumb"})


@pytest.mark.rows("E24")
def test_each_line_is_answered_before_the_next_one_is_written(rnncli: Any, here: Path) -> None:
    with rnncli.start("predict", "-k", "1", stdin=-1) as process:
        for context, word in ((b"the cat\n", b"sat"), (b"the hen\n", b"sang")):
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
def test_no_temperature_and_next_to_none_take_the_likeliest_word(rnncli: Any, here: Path) -> None:
    texts = {rnncli("generate", "the", "--temperature", t).out for t in ("0", "-0.0", "1e-320", "1e-45")}
    assert len(texts) == 1


@pytest.mark.rows("E13")
def test_great_heat_makes_all_words_as_likely(rnncli: Any, here: Path) -> None:
    hot = [rnncli(*GENERATE, "--temperature", t).out for t in ("1e30", "1e308")]
    assert hot[0] == hot[1]
    assert len(set(hot[0].split())) > 12


@pytest.mark.rows("E14")
def test_more_words_than_there_are_and_all_of_the_probability_are_no_bounds(rnncli: Any, here: Path) -> None:
    texts = [rnncli(*GENERATE, *bounds).out for bounds in ([], ["--top-k", "99999"], ["--top-p", "1"])]
    assert texts[1:] == 2 * texts[:1]
    assert len(rnncli("predict", "-k", "99999", "the cat").out.splitlines()) == 23


@pytest.mark.rows("E15")
def test_texts_may_have_no_words_or_no_end(rnncli: Any, here: Path) -> None:
    assert rnncli("generate", "the cat", "--words", "0").out == b"the cat\n"
    with rnncli.start("generate", "--words", "1000000000") as process:
        process.stdout.read(1_000)
        before = resident(process.pid)
        process.stdout.read(20_000)
        assert resident(process.pid) - before < 1 << 21
        process.stdout.close()
    assert process.returncode == -signal.SIGPIPE


def resident(process: int) -> int:
    """Bytes of memory that a process has."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


@pytest.mark.rows("E17")
def test_a_seed_writes_the_same_text_everywhere(rnncli: Any, here: Path) -> None:
    text = rnncli(*GENERATE).out
    assert rnncli(*GENERATE, env={"OPENBLAS_NUM_THREADS": "1"}).out == text
    assert rnncli.screen(*GENERATE, env={"OPENBLAS_NUM_THREADS": "2"}).encode() == text


@pytest.mark.rows("E18")
def test_of_equally_likely_words_the_first_of_the_vocabulary_is_taken(
    rnncli: Any, here: Path, model: LanguageModel
) -> None:
    even = crafted(model, Wy=np.zeros_like(model.params.Wy), by=np.zeros_like(model.params.by))
    words = model.vocabulary.shown[len(SPECIALS) :]
    out = rnncli("predict", "-k", "5", "the", *even).out.decode()
    assert [line.split("\t")[0] for line in out.splitlines()] == words[:5]
    unending = crafted(model, Wy=np.zeros_like(model.params.Wy), by=np.eye(1, len(words) + 2, EOS, np.float32)[0] * -9)
    assert rnncli("generate", "--temperature", "0", "--words", "3", *unending).out.split() == [b"The", b"the", b"the"]


@pytest.mark.rows("E19")
@pytest.mark.parametrize("share", [0.0, 0.5, np.nextafter(1.0, 0)])
def test_a_draw_from_a_million_words_always_meets_one(share: float) -> None:
    class Chance:
        def random(self) -> float:
            return share

    y = np.random.default_rng(1).random(10**6).astype(np.float32)
    y[[0, -1]] = 0
    for weights in (y, y * np.float32(1e-38), y * np.float32(1e30)):
        assert weights[draw(weights, Chance())] > 0  # type: ignore[arg-type]


@pytest.mark.rows("E20")
def test_no_name_of_what_is_no_word_is_written(rnncli: Any, here: Path, model: LanguageModel) -> None:
    by = model.params.by.copy()
    by[[EOS, UNK]] = 40, 50
    likely = crafted(model, by=by)
    assert b"<" not in rnncli("predict", "the", *likely).out
    assert rnncli("predict", "the", "--eos", *likely).out.startswith(b"<eos>\t0.0")
    assert b"<" not in rnncli(*GENERATE, *likely).out


# scores


@pytest.mark.rows("E21")
@pytest.mark.parametrize(("text", "said"), [(b"", "is empty"), (b" \n\t\n", "no words")])
def test_a_text_without_words_has_no_score(rnncli: Any, here: Path, text: bytes, said: str) -> None:
    for per in ([], ["--per", "word"], ["--per", "sentence"], ["--per", "bin"]):
        assert not rnncli("score", *per, stdin=text, code=3, said=said).out


@pytest.mark.rows("E22")
def test_scores_are_numbers_however_unlikely_a_text_is(rnncli: Any, here: Path, model: LanguageModel) -> None:
    unknown = json.loads(rnncli("score", "--json", stdin=b"zebra yak gnu\n").out)
    assert unknown["unknown_words"] == unknown["words"] == 3
    assert np.isfinite(unknown["perplexity"])
    by = np.full_like(model.params.by, -9e29)
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
def test_numbers_that_cannot_be_meant_are_refused(rnncli: Any, here: Path, option: str, values: list[str]) -> None:
    for value in values:
        assert not rnncli("generate", "the", option, value, code=2, lines=USAGE, said=option).out


@pytest.mark.rows("E25")
def test_numbers_are_read_as_python_reads_them(rnncli: Any, here: Path) -> None:
    for written, number in ((" 5", "5"), ("1_0", "10")):
        assert rnncli("predict", "-k", written, "the").out == rnncli("predict", "-k", number, "the").out
    ascii_only = rnncli.variant == "optimized"
    rnncli("predict", "-k", "٣", "the", code=2 if ascii_only else 0, lines=USAGE)


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
def test_what_there_is_not_is_said_with_the_usage(rnncli: Any, here: Path, arguments: list[str], said: str) -> None:
    rnncli(*arguments, code=2, lines=USAGE, said=said)


@pytest.mark.rows("E26")
def test_no_command_gets_the_help(rnncli: Any, here: Path) -> None:
    rnncli(code=2, lines=50, said=["Usage: rnncli", "Commands:", "generate"])


@pytest.mark.rows("E27")
def test_of_an_option_given_twice_the_last_counts_and_those_that_exclude_each_other_are_refused(
    rnncli: Any, here: Path
) -> None:
    assert len(rnncli("predict", "-k", "5", "-k", "2", "the").out.splitlines()) == 2
    Path("c.txt").write_text("the cat sat\n")
    rnncli("train", "c.txt", "-o", "n.npz", "--time", "9s", "--epochs", "1", code=2, said="time and epochs")
    assert sorted(os.listdir()) == ["c.txt", "model.npz"]
