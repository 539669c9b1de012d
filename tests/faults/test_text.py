"""Text and bytes that nobody meant, as a corpus, a prompt and a command line: an answer or a sentence, no traceback."""

import io
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from rnncli.cli.main import COMMANDS, main

pytestmark = pytest.mark.faults
Size = Callable[[int, int], int]
ODD = (
    "\ufeff \u00a0 \u0085 \u2028 \x1c \v \f \r \r\n \n \t \0 \x1b[31m é é ﷺ 🏳️‍🌈 日本語 <eos> <unk> <s> "
    "[red] [/] :smile: % %s {} "
    "' '' -- ... U.S. 3.14 don't '''' ----- \u200b \u00ad \ud800 İ ß ǅ ﬁ"
).split(" ")
VALUES = (
    "0 -1 1 2 nan inf -inf 1e-320 1e400 1_000 ٣ 0x10 abc '' model.npz /dev/null . -- - 999999999999999999999".split(" ")
)
OPTIONS = (
    "-k --eos --json -q -m --words --sentences --temperature --top-k --top-p --seed --samples --per --hidden --epochs "
    "--batch --bptt --learning-rate --dropout --clip --vocabulary-size --min-count --tokenizer --case -o --valid "
    "--plan --resume --save-every --save-steps --threads --help --version --nonsense --time"
).split()


def text(rng: Random) -> bytes:
    """Words, odd characters and raw bytes."""
    made = b""
    for _ in range(rng.choice([0, 1, 3, 20, 200])):
        part = rng.choice([rng.choice(["the", "cat", "sat", "on", "a"]), rng.choice(ODD), chr(rng.randrange(0xD800))])
        made += part.encode("utf-8", "surrogatepass") + rng.choice([b" ", b" ", b"\n", b""])
        if rng.random() < 0.003:
            made += rng.randbytes(3)
    return made


def run(arguments: list[str], stdin: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[int, bytes]:
    """The exit code of a command line, and what it gave; an exception that it let through fails the test."""
    out = io.BytesIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin))))
        patched.setattr(sys, "stdout", io.TextIOWrapper(out))
        patched.setattr(sys, "stderr", io.StringIO())
        code = main(arguments)
        sys.stdout.flush()
        return code, out.getvalue()


def test_any_bytes_are_a_corpus_or_no_corpus(
    here: Path, monkeypatch: pytest.MonkeyPatch, size: Size, seed: int
) -> None:
    rng, seen, began = Random(seed), Counter[int](), time.monotonic()
    for i in range(size(1_000, 100_000)):
        corpus = text(rng) if rng.random() < 0.9 else rng.randbytes(rng.randrange(3000))
        Path("c.txt").write_bytes(corpus)
        tokenizer = rng.choice(["words", "whitespace", "chars"])
        options = ["--epochs", "1", "--hidden", "2", "--tokenizer", tokenizer, "--force", "-q", "-o", "c.npz"]
        code, _ = run(["train", "c.txt", *options], b"", monkeypatch)
        assert code in (0, 3), (i, corpus)
        if code == 0:
            assert run(["predict", "-q", "-m", "c.npz", "-k", "1"], corpus.replace(b"\0", b""), monkeypatch)[0] == 0
            assert run(["score", "-m", "c.npz", "c.txt"], b"", monkeypatch)[0] == 0
        seen[code] += 1
    print(f"\ncorpora by exit code: {dict(seen)}; {time.monotonic() - began:.0f} s, seed {seed}")


def test_any_bytes_are_a_prompt_or_no_prompt(
    here: Path, monkeypatch: pytest.MonkeyPatch, size: Size, seed: int
) -> None:
    rng, seen = Random(seed), Counter[int]()
    for i in range(size(2_000, 200_000)):
        prompt = text(rng) if rng.random() < 0.9 else rng.randbytes(rng.randrange(300))
        command = rng.choice(["predict", "generate", "score"])
        options = {"predict": ["-k", "2"], "generate": ["--words", "3"], "score": ["--per", "word", "-"]}[command]
        code, out = run([command, *options, *rng.choice([[], ["--json"]])], prompt, monkeypatch)
        assert code in (0, 3), (i, command, prompt)
        out.decode()
        seen[code] += 1
    print(f"\nprompts by exit code: {dict(seen)}; seed {seed}")


@pytest.mark.rows("E28")
def test_any_words_are_a_command_line_or_no_command_line(
    here: Path, monkeypatch: pytest.MonkeyPatch, size: Size, seed: int
) -> None:
    rng, seen = Random(seed), Counter[int]()
    Path("c.txt").write_text("the cat sat on the mat\n" * 20)
    for i in range(size(2_000, 200_000)):
        arguments = [rng.choice([*COMMANDS, "nonsense"])] if rng.random() < 0.95 else []
        for _ in range(rng.randrange(5)):
            arguments += rng.choice([[rng.choice(OPTIONS)], [rng.choice(OPTIONS), rng.choice(VALUES)], ["c.txt"]])
        if arguments[:1] == ["train"]:
            arguments += ["--epochs", "1", "--hidden", "2", "-o", "t.npz", "--force"]
        code, _ = run(arguments, b"the cat\n", monkeypatch)
        assert code in (0, 2, 3, 4, 5, 6), (i, arguments)
        seen[code] += 1
    print(f"\ncommand lines by exit code: {dict(sorted(seen.items()))}; seed {seed}")
