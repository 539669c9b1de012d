"""predict: half-typed words, choices, words ahead; and as a program that an editor talks with."""

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest

import rnncli
from rnncli.network.parameters import initial
from rnncli.run.recipe import fitted
from rnncli.text.vocabulary import SPECIALS, Vocabulary

COPROCESS = [sys.executable, "-m", "rnncli", "predict", "--json", "--stdin"]


class Editor:
    """Asks as an editor does: a line, and then waits for its answer."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [*COPROCESS, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def ask(self, question: Any) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write((question if isinstance(question, str) else json.dumps(question)) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def __enter__(self) -> "Editor":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()
        assert self.process.returncode == 0


def test_half_typed_words_are_completed(call: Any) -> None:
    done = call("predict", "the ca")
    assert done.rows == [["cat", "1.000000"]]
    assert done.err == ""
    assert call("predict", "the cat").rows[0][0] == "sat"
    assert [row[0] for row in call("predict", "the cat", "--complete").rows] == ["cat"]
    assert call("predict", "the ca", "--next", "-q").rows[0][0] != "cat"
    assert [row[0] for row in call("predict", "-q", "-k", "1", stdin=b"the ca\nthe cat\n").rows] == ["cat", "sat"]


def test_json_says_what_was_typed(call: Any) -> None:
    assert json.loads(call("predict", "--json", "the ca").out)["typed"] == "ca"
    assert json.loads(call("predict", "--json", "the cat").out)["typed"] == ""


def test_candidates_and_words_ahead(call: Any) -> None:
    rows = call("predict", "the cat", "--among", "ran, sat on,slept", "--among", "sat by the fire").rows
    assert all(row[0].startswith("sat ") for row in rows[:2])
    assert {row[0] for row in rows} == {"ran", "sat on", "slept", "sat by the fire"}
    (row,) = call("predict", "the cat", "--then", "3", "-k", "1", "-q").rows
    assert row[0].startswith("sat ")
    assert call("predict", "x", "--among", "a,,b").code == 3


def test_it_abstains_as_grep_does(call: Any) -> None:
    assert call("predict", "the cat", "--min-p", "0.5", "-q").code == 0
    done = call("predict", "the cat", "--min-p", "1", "-q")
    assert (done.code, done.out, done.err) == (1, "", "")
    assert call("predict", "--min-p", "0.9", "-q", stdin=b"xx\nthe cat\n").code == 0
    assert call("predict", "--min-p", "nan", "x").code == 2


def test_the_text_is_given_or_read(call: Any) -> None:
    assert call("predict", "--stdin", "the cat").code == 2
    assert call("predict", "--stdin", "-k", "1", stdin=b"the cat\n").rows[0][0] == "sat"


def test_an_editor_gets_an_object_for_each_object(here: Path) -> None:
    with Editor("-k", "2") as editor:
        answer = editor.ask({"text": "the ca", "id": [1, None]})
        assert answer["id"] == [1, None]
        assert answer["words"] == [{"word": "cat", "probability": 1.0}]
        assert len(editor.ask({"text": "the cat "})["words"]) == 2
        assert len(editor.ask({"text": "the cat ", "k": 3})["words"]) == 3
        assert editor.ask({"text": "the cat", "among": ["sat", "ran"]})["words"][0]["word"] == "sat"
        assert editor.ask({"text": "the cat", "then": 2})["words"][0]["word"].startswith("sat ")
        assert editor.ask({"text": "the cat", "complete": True})["typed"] == "cat"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 5000, "not JSON"),
        ('{"text": "\\ud800"}', "not JSON"),
        ('{"text": "a", "min_p": NaN}', "NaN is no number"),
        ("[]", "not an object"),
        ('{"k": 3}', 'not an object with "text"'),
        ('{"text": 3}', "'text' cannot be 3"),
        ('{"text": "a", "k": 0}', "'k' cannot be 0"),
        ('{"text": "a", "k": true}', "'k' cannot be true"),
        ('{"text": "a", "then": 1000000}', "'then' cannot be 1000000"),
        ('{"text": "a", "among": [1]}', "'among' is a list of texts"),
        ('{"text": "a", "among": [""]}', "candidate is empty"),
        ('{"text": "a", "temperature": 1}', "'temperature' cannot be asked"),
        (json.dumps({"text": "a" * (1 << 20)}), "is more than"),
    ],
)
def test_a_line_that_asks_nothing_is_told_so_and_the_next_is_answered(call: Any, line: str, why: str) -> None:
    done = call("predict", "--json", "--stdin", stdin=f"{line}\n".encode() + b'{"text": "the cat", "id": 7}\n')
    assert done.code == 0
    bad, good = map(json.loads, done.lines)
    assert why in bad["error"]
    assert good["id"] == 7
    assert good["words"][0]["word"] == "sat"


def test_bytes_that_are_no_text_are_told(call: Any) -> None:
    done = call("predict", "--json", "--stdin", stdin=b'{"text": "\xff"}\n{"text": "the"}')
    assert ["error" in json.loads(line) for line in done.lines] == [True, False]


def test_an_error_has_the_id_of_its_question(call: Any) -> None:
    done = call("predict", "--json", "--stdin", stdin=b'{"text": "a", "among": [""], "id": "x"}\n')
    assert json.loads(done.out)["id"] == "x"


def test_sessions_change_no_answer(call: Any) -> None:
    texts = ["the", "the c", "the ca", "the cat ", "a hen", "the cat sat on", "the dog ", "the cat sat on the ", ""]
    lines = [json.dumps({"text": text}) for text in texts]
    named = [json.dumps({"text": text, "session": i % 3}) for i, text in enumerate(texts)]
    alone, together = (
        call("predict", "--json", "--stdin", stdin="\n".join(asked).encode()).lines for asked in (lines, named)
    )
    for one, other in zip(map(json.loads, alone), map(json.loads, together), strict=True):
        assert [word["word"] for word in one["words"]] == [word["word"] for word in other["words"]]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of 10,000 words that has learnt nothing: it answers as fast as one that has."""
    rng = np.random.default_rng(0)
    letters = np.array(list("etaoinshrdlu"))
    words = list(dict.fromkeys("".join(rng.choice(letters, n)) for n in rng.integers(3, 12, 12_000)))[:9_998]
    names = [*SPECIALS, *words]
    report = {"words": 1, "sentences_by": "lines", "distinct": 1, "kept": 9_998, "covered": 1.0, "held_out": 1}
    report |= {"held_out_known": 1.0, "validated_on": "file", "digest": ""}
    plan = {"steps": 1, "slowed": None, "evaluations": 1, "points": [[0, 0.0]]}
    record = {"corpus": report, "validation": {}, "temperature": 1.0, "curve": [[1, 1.0]], "plan": plan, "version": ""}
    model = rnncli.LanguageModel(
        initial(10_000, 200, rng, slow=0.5),
        Vocabulary(names, names, [1] * 10_000, "fold", False),
        fitted({"epochs": 1, "hidden": 200}),
        record,
    )
    path = tmp_path_factory.mktemp("large") / "large.npz"
    model.save(path)
    return path


@pytest.mark.slow
def test_a_thousand_keystrokes_are_answered_in_less_than_five_milliseconds_each(large: Path) -> None:
    model = rnncli.load(large)
    text = " ".join(model.generate(words=250, seed=1).__iter__())[:1000]
    taken = []
    with Editor("-m", str(large), "-k", "3") as editor:
        editor.ask({"text": ""})
        for end in range(1, len(text) + 1):
            began = time.perf_counter()
            answer = editor.ask({"text": text[:end], "session": "buffer", "complete": True, "id": end})
            taken.append(time.perf_counter() - began)
            assert answer["id"] == end
    print(f"\n{len(taken)} keystrokes: median {1e3 * median(taken):.2f} ms, longest {1e3 * max(taken):.1f} ms")
    assert median(taken) < 0.005


@pytest.mark.slow
def test_memory_does_not_grow_while_ten_thousand_lines_stream(large: Path) -> None:
    with Editor("-m", str(large), "-k", "3") as editor:

        def resident() -> int:
            status = Path(f"/proc/{editor.process.pid}/status").read_text()
            return int(status.split("VmRSS:")[1].split()[0]) // 1024

        sizes = []
        for n in range(10_000):
            editor.ask({"text": f"the word number {n} of a text", "session": n % 200})
            if n in (1_000, 9_999):
                sizes.append(resident())
    print(f"\n{sizes[0]} MiB after 1,000 lines, {sizes[1]} after 10,000")
    assert sizes[1] - sizes[0] < 8
