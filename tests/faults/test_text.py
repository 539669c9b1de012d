"""Random texts, bytes and command lines: each ends in an answer or an error message, never in a traceback."""

import io
import os
import sys
from collections import Counter
from collections.abc import Callable
from errno import ENOSPC
from itertools import chain
from pathlib import Path
from typing import Any

import click
import hypothesis
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from rnncli.cli.main import COMMANDS, cli, main

pytestmark = pytest.mark.faults
Size = Callable[[int, int], int]
ODD = (
    "\ufeff \u00a0 \u0085 \u2028 \x1c \v \f \r \r\n \n \t \0 \x1b[31m é é ﷺ 🏳️‍🌈 日本語 <eos> <unk> <s> "
    "[red] [/] :smile: % %s {} "
    "' '' -- ... U.S. 3.14 don't '''' ----- \u200b \u00ad \ud800 İ ß ǅ ﬁ"
).split(" ")
VALUES = (
    "0 -1 1 2 nan inf -inf 1e-320 1e400 1_000 ٣ 0x10 abc '' model.npz /dev/null . -- - 100000 999999999999999999999"
).split(" ")
EXAMPLES_PER_RUN = 5_000  # hypothesis keeps all examples of a run in memory
MAX_OUTPUT_BYTES = 20_000  # more is written only by a command that was asked for an endless text


class Full(io.BytesIO):
    """An output that fills up as a disk does, so that every command ends."""

    def write(self, content: Any) -> int:
        if self.tell() > MAX_OUTPUT_BYTES:
            raise OSError(ENOSPC, os.strerror(ENOSPC))
        return super().write(content)


def options_of(command: str) -> list[str]:
    """Returns the options of a command, and two that every command is tried with."""
    parameters = cli.get_command(click.Context(cli), command).params  # type: ignore[union-attr]
    return ["--help", "--nonsense", *(name for option in parameters for name in option.opts if name.startswith("-"))]


def bytes_of(*words: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Returns a strategy for texts of words drawn from strategies."""
    ends = st.sampled_from([b" ", b" ", b"\n", b""])
    return st.lists(st.tuples(st.one_of(*words), ends).map(b"".join), max_size=200).map(b"".join)


WORDS = (st.sampled_from("the cat sat on a".split(" ")) | st.sampled_from(ODD) | st.characters()).map(
    lambda word: word.encode("utf-8", "surrogatepass")
)
TEXTS = bytes_of(WORDS) | bytes_of(WORDS) | bytes_of(WORDS, st.binary(max_size=3)) | st.binary(max_size=3_000)
OPTIONS = {command: options_of(command) for command in COMMANDS}
NAMES = st.binary(max_size=12).map(os.fsdecode) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ARGUMENTS = st.sampled_from([*VALUES, "c.txt"]) | NAMES.map(lambda name: name.translate({0: None, ord("/"): None}))


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """Draws a command, if any, with options of any command and values that may suit them or not."""
    command = draw(st.sampled_from([*COMMANDS, *COMMANDS, "nonsense", ""]))
    options = st.sampled_from(OPTIONS.get(command, OPTIONS["train"])) | st.sampled_from([*chain(*OPTIONS.values())])
    part = st.tuples(options) | st.tuples(options, ARGUMENTS) | st.tuples(options, ARGUMENTS) | st.tuples(ARGUMENTS)
    words = [command, *chain(*draw(st.lists(part, max_size=5)))]
    return words + (["c.txt", "--epochs", "1", "--hidden", "2", "-o", "t.npz", "--force"] if command == "train" else [])


def run(arguments: list[str], stdin: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[int, bytes]:
    """Runs a command line; returns its exit code and output. An exception that passes through fails the test."""
    out = Full()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin))))
        patched.setattr(sys, "stdout", io.TextIOWrapper(out))
        patched.setattr(sys, "stderr", io.StringIO())
        code = main(arguments)
        sys.stdout.flush()
        return code, out.getvalue()


def try_all(test: Callable[[Any], int], cases: st.SearchStrategy[Any], examples: int, seed: int) -> None:
    """Runs a test, which returns an exit code, on random cases; a failing case is shown in its smallest form."""
    seen = Counter[int]()

    def counted(case: Any) -> None:
        seen[test(case)] += 1

    for first in range(0, examples, EXAMPLES_PER_RUN):
        trying = hypothesis.settings(
            max_examples=min(EXAMPLES_PER_RUN, examples - first),
            database=None,
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        hypothesis.seed(seed + first)(trying(hypothesis.given(cases)(counted)))()
    print(f"\n{seen.total():,} tried, by exit code: {dict(sorted(seen.items()))}; seed {seed}")


def test_random_corpora_train_or_are_refused(
    here: Path, monkeypatch: pytest.MonkeyPatch, size: Size, seed: int
) -> None:
    def trained(case: tuple[bytes, str]) -> int:
        corpus, tokenizer = case
        Path("c.txt").write_bytes(corpus)
        options = ["--epochs", "1", "--hidden", "2", "--tokenizer", tokenizer, "--force", "-q", "-o", "c.npz"]
        code, _ = run(["train", "c.txt", *options], b"", monkeypatch)
        assert code in (0, 3)
        if code == 0:
            assert run(["predict", "-q", "-m", "c.npz", "-k", "1"], corpus.replace(b"\0", b""), monkeypatch)[0] == 0
            assert run(["score", "-m", "c.npz", "c.txt"], b"", monkeypatch)[0] == 0
        return code

    tokenizers = st.sampled_from(["words", "whitespace", "chars"])
    try_all(trained, st.tuples(TEXTS, tokenizers), size(1_000, 50_000), seed)


def test_random_prompts_are_answered_or_refused(
    here: Path, monkeypatch: pytest.MonkeyPatch, size: Size, seed: int
) -> None:
    def answered(case: tuple[list[str], bytes]) -> int:
        code, out = run(*case, monkeypatch)
        assert code in (0, 3)
        out.decode()
        return code

    commands = ("predict -k 2", "predict -k 2 --complete", "generate --words 3", "score --per word -")
    asked = st.sampled_from([[*command.split(), *form] for command in commands for form in ([], ["--json"])])
    try_all(answered, st.tuples(asked, TEXTS), size(2_000, 250_000), seed)


@pytest.mark.rows("E28")
def test_random_command_lines_end_with_a_known_exit_code(
    here: Path, monkeypatch: pytest.MonkeyPatch, size: Size, seed: int
) -> None:
    found = {"c.txt": b"the cat sat on the mat\n" * 20, "model.npz": Path("model.npz").read_bytes()}

    def ended(arguments: list[str]) -> int:
        for name in {*os.listdir(), *found} - found.keys():
            os.remove(name)
        for name, content in found.items():
            Path(name).write_bytes(content)
        code, _ = run(arguments, b"the cat\n", monkeypatch)
        assert code in range(8)
        return code

    try_all(ended, command_lines(), size(2_000, 200_000), seed)
