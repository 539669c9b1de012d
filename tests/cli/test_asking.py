"""predict: half-typed words, choices, words ahead; and as a program that an editor talks with."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from threading import Event
from typing import Any

import numpy as np
import pytest

import rnncli
from rnncli.errors import FileError
from rnncli.network.cells import Elman, initial
from rnncli.network.network import Network
from rnncli.run.recipe import fitted
from rnncli.text.codec import Codec
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


def test_slip_is_completed_and_said(call: Any) -> None:
    done = call("predict", "the catt")
    assert done.rows == [["cat", "1.000000"]]
    assert done.err == "No word begins with catt; these would without a slip\n"
    assert call("predict", "the catt", "-q").err == ""
    assert call("predict", "the catt ").err.startswith("Not in the vocabulary: catt")
    answer = json.loads(call("predict", "--json", "the catt").out)
    assert answer["typed"] == "catt"
    assert answer["words"] == [{"word": "cat", "probability": 1.0, "slip": True}]
    (row,) = call("predict", "the catt", "--complete", "--among", "cat,dog").rows
    assert row[0] == "cat"
    assert "slip" not in call("predict", "--json", "the ca").out


def test_json_has_the_prefix_that_was_typed(call: Any) -> None:
    assert json.loads(call("predict", "--json", "the ca").out)["typed"] == "ca"
    assert json.loads(call("predict", "--json", "the cat").out)["typed"] == ""


def test_candidates_and_words_ahead(call: Any) -> None:
    rows = call("predict", "the cat", "--among", "ran, sat on,slept", "--among", "sat by the fire").rows
    assert all(row[0].startswith("sat ") for row in rows[:2])
    assert {row[0] for row in rows} == {"ran", "sat on", "slept", "sat by the fire"}
    (row,) = call("predict", "the cat", "--then", "3", "-k", "1", "-q").rows
    assert row[0].startswith("sat ")
    assert call("predict", "x", "--among", "a,,b").code == 3


def test_min_p_lists_nothing_less_likely_and_exits_with_1(call: Any) -> None:
    assert call("predict", "the cat", "--min-p", "0.5", "-q").code == 0
    done = call("predict", "the cat", "--min-p", "1", "-q")
    assert (done.code, done.out, done.err) == (1, "", "")
    assert call("predict", "--min-p", "0.9", "-q", stdin=b"xx\nthe cat\n").code == 0
    assert call("predict", "--min-p", "nan", "x").code == 2


def test_text_is_given_or_read_but_not_both(call: Any) -> None:
    assert call("predict", "--stdin", "the cat").code == 2
    assert call("predict", "--stdin", "-k", "1", stdin=b"the cat\n").rows[0][0] == "sat"


def test_editor_gets_one_object_for_each_object(here: Path) -> None:
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
        ('{"text": "a", "k": 0}', "k: 0 is not a whole number from 1 on"),
        ('{"text": "a", "k": true}', "'k' cannot be true"),
        ('{"text": "a", "then": 1000000}', "then: 1000000 is not a whole number from 1 to 100"),
        ('{"text": "a", "among": [1]}', "among: is not a list of texts"),
        ('{"text": "a", "among": [""]}', "candidate is empty"),
        ('{"text": "a", "temperature": 1}', "'temperature' cannot be asked"),
        (json.dumps({"text": "a" * (1 << 20)}), "is more than"),
        ('{"text": "a", "id": ' + "[" * 450 + "]" * 450 + "}", "nested more than 100 deep"),
    ],
)
def test_invalid_question_gets_an_error_and_the_next_one_an_answer(call: Any, line: str, why: str) -> None:
    done = call("predict", "--json", "--stdin", stdin=f"{line}\n".encode() + b'{"text": "the cat", "id": 7}\n')
    assert done.code == 0
    bad, good = map(json.loads, done.lines)
    assert why in bad["error"]
    assert good["id"] == 7
    assert good["words"][0]["word"] == "sat"


def test_question_that_is_not_utf8_gets_an_error(call: Any) -> None:
    done = call("predict", "--json", "--stdin", stdin=b'{"text": "\xff"}\n{"text": "the"}')
    assert ["error" in json.loads(line) for line in done.lines] == [True, False]


def test_unknown_candidates_are_marked_and_none_is_dropped(call: Any) -> None:
    """Fourteen candidates give fourteen answers; one that the model does not know is likelier than no known word."""
    known = "sat ran slept sang cat dog fox hen the on by in".split()
    candidates = [*known, "xyzzy", "wug"]
    done = call("predict", "--json", "the cat", "--among", ",".join(candidates))
    words = json.loads(done.out)["words"]
    assert sorted(word["word"] for word in words) == sorted(candidates)
    assert {word["word"] for word in words if word.get("unknown")} == {"xyzzy", "wug"}
    assert "Ranked by their share of the unknown words: " in done.err
    assert words[0] == {"word": "sat", "probability": words[0]["probability"]}
    rows = call("predict", "-q", "-k", "3", "the cat", "--among", ",".join(candidates)).rows
    assert [row[0] for row in rows] == [word["word"] for word in words[:3]]


def test_prefix_of_no_word_is_named(call: Any) -> None:
    done = call("predict", "--complete", "I see the zzq")
    assert (done.code, done.out) == (0, "")
    assert done.err == "No word that is listed begins with zzq\n"
    assert call("predict", "the wug and the wug ").err.count("wug") == 1


def test_commit_option_is_the_default_of_questions(call: Any) -> None:
    asked = [{"text": "the cat sang"}, {"text": "the dog sang", "commit": False}]
    lines = "\n".join(map(json.dumps, asked)).encode()
    done = call("predict", "--json", "--stdin", "--learn", "my.npz", "--commit", stdin=lines)
    assert [json.loads(line)["text"] for line in done.lines] == ["the cat sang", "the dog sang"]
    assert rnncli.Personal(rnncli.load("model.npz"), "my.npz").words == 4


def test_blank_line_is_answered_and_teaches_nothing(call: Any) -> None:
    done = call("predict", "--learn", "my.npz", "--commit", "-k", "1", stdin=b"the cat sang\n\nthe dog sang\n")
    assert (done.code, len(done.out.splitlines())) == (0, 3)
    alone = call("predict", " ", "--learn", "my.npz", "--commit")
    assert (alone.code, alone.out) == (3, "")


def test_answer_to_a_saved_commit_that_cannot_be_written_is_an_error(here: Path) -> None:
    question = b'{"text": "the cat sang", "commit": true, "id": 1}\n'
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*COPROCESS, "--learn", "my.npz"], input=question, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 5
    assert done.stderr.startswith(b"Error: standard output: cannot be written")
    assert done.stderr.count(b"\n") == 1


def test_apostrophe_prefix_is_completed_by_every_way_in(here: Path, call: Any) -> None:
    Path("said.txt").write_text("he said 'no' but I don't know\n" * 200)
    call("train", "said.txt", "-o", "said.npz", "-q", "--epochs", "3", "--hidden", "8")
    text = "but I don'"
    assert call("predict", "-q", "-m", "said.npz", text).rows == [["don't", "1.000000"]]
    assert call("predict", "-q", "-m", "said.npz", stdin=text.encode() + b"\n").rows[:2] == [
        ["don't", "1.000000"],
        ["", ""],
    ]
    question = json.dumps({"text": text}).encode()
    answer = json.loads(call("predict", "--json", "--stdin", "-m", "said.npz", stdin=question).out)
    assert [word["word"] for word in answer["words"]] == ["don't"]


def test_session_lives_as_long_as_the_process(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One question at a time, as an editor asks: only what is new of a text of 100 KB is tokenized and read."""
    from rnncli.cli.coprocess import serve

    model, tokenized, read = rnncli.load("model.npz"), [0], [0]
    tokens, forward = Codec.tokens, Network.read
    monkeypatch.setattr(Codec, "tokens", lambda codec, text: (tokenized.append(len(text)), tokens(codec, text))[1])
    monkeypatch.setattr(Network, "read", lambda net, s, x: (read.append(x.size), forward(net, s, x))[1])
    text = "The cat sat on the mat. " * 4000

    def questions() -> Iterator[bytes]:
        for key in ["", "T", "Th", "The", "The "]:
            yield json.dumps({"text": text + key, "session": 1, "complete": True}).encode()

    work = []

    def note(answer: dict[str, Any]) -> None:
        assert "error" not in answer
        work.append((sum(tokenized), sum(read)))
        tokenized.clear()
        read.clear()

    serve(model, questions(), note, {})
    assert all(characters < 40_000 and words <= 2 for characters, words in work[1:])


def test_commit_with_an_id_is_answered_when_saved_and_others_do_not_wait(here: Path) -> None:
    """A save that takes long: the question after the commit is answered before the commit, the next commit after it."""
    from rnncli.cli.coprocess import serve

    class SlowDisk(rnncli.Personal):
        def save(self) -> None:
            assert asked.wait(10)
            super().save()
            saved.append(self.words)

    asked, saved, answers = Event(), [], []
    personal = SlowDisk(rnncli.load("model.npz"), "my.npz")

    def questions() -> Iterator[bytes]:
        yield json.dumps({"text": "the cat sang", "commit": True, "id": 1}).encode()
        yield json.dumps({"text": "the", "id": 2}).encode()
        asked.set()
        yield json.dumps({"text": "the dog sang", "commit": True, "id": 3}).encode()

    serve(personal, questions(), lambda answer: answers.append((answer["id"], len(saved))), {}, personal)
    assert answers == [(2, 0), (1, 1), (3, 2)]
    assert rnncli.Personal(rnncli.load("model.npz"), "my.npz").words == saved[-1]


def test_commit_that_cannot_be_saved_says_so(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rnncli.cli.coprocess import serve

    def fail(*_: object) -> None:
        raise FileError("my.npz: not saved: no space left")

    monkeypatch.setattr("rnncli.personal.file.save", fail)
    personal, answers = rnncli.Personal(rnncli.load("model.npz"), "my.npz"), []
    for more in ({}, {"id": 1}):
        lines = [json.dumps({"text": "the cat", "commit": True} | more).encode(), b'{"text": "the"}']
        serve(personal, lines, answers.append, {}, personal)
    errors = [answer.get("error") for answer in answers if "words" not in answer]
    assert errors == ["my.npz: not saved: no space left"] * 2


def test_two_editors_learn_in_turn_from_one_personal_file(here: Path) -> None:
    line = {"text": "the cat sang by the fire", "commit": True}
    with Editor("--learn", "my.npz") as first, Editor("--learn", "my.npz") as second:
        before = {word["word"]: word["probability"] for word in first.ask({"text": "the cat ", "k": 50})["words"]}
        for editor in [first, second] * 3:
            assert "error" not in editor.ask(line)
        for editor in (first, second):
            after = {word["word"]: word["probability"] for word in editor.ask({"text": "the cat ", "k": 50})["words"]}
            assert after["sang"] > 2 * before["sang"]
    assert rnncli.Personal(rnncli.load("model.npz"), "my.npz").words == 6 * 7


def test_error_has_the_id_of_its_question(call: Any) -> None:
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
    """A model of 10,000 words that has learned nothing: it answers as fast as one that has."""
    rng = np.random.default_rng(0)
    letters = np.array(list("etaoinshrdlu"))
    words = list(dict.fromkeys("".join(rng.choice(letters, n)) for n in rng.integers(3, 12, 12_000)))[:9_998]
    names = [*SPECIALS, *words]
    report = {"words": 1, "sentences_by": "lines", "distinct": 1, "kept": 9_998, "covered": 1.0, "held_out": 1}
    report |= {"held_out_known": 1.0, "validated_on": "file", "digest": ""}
    plan = {"steps": 1, "slowed": None, "evaluations": 1, "points": [[0, 0.0]]}
    record = {"corpus": report, "validation": {}, "temperature": 1.0, "curve": [[1, 1.0]], "plan": plan, "version": ""}
    model = rnncli.LanguageModel(
        initial(Elman(leaky=0.5), 10_000, 200, rng),
        Vocabulary(names, names, [1] * 10_000, "fold", False),
        fitted({"epochs": 1, "hidden": 200}),
        record,
    )
    path = tmp_path_factory.mktemp("large") / "large.npz"
    model.save(path)
    return path


@pytest.mark.slow
def test_thousand_keystrokes_are_answered_in_order_and_timed(large: Path) -> None:
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
