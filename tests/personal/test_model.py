"""Learning from what somebody writes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rnncli
from rnncli import Personal
from rnncli.errors import CheckpointError, InUseError, TextError

LINE = "The cat sang by the fire, in London, in London."


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return tmp_path / "my.npz"


def test_what_was_written_is_foreseen_better_and_the_model_stays(model: rnncli.LanguageModel) -> None:
    weights = [w.copy() for w in model.params]
    before = model.predict("The cat", 50)
    person = Personal(model)
    for _ in range(10):
        person.learn(LINE)
    y, after = dict(before.words), dict(person.model.predict("The cat", 50).words)
    assert after["sang"] > 3 * y["sang"]
    assert sum(after.values()) + person.model.predict("The cat").eos + person.model.predict("The cat").unk > 0.999
    assert all((a == b).all() for a, b in zip(weights, model.params, strict=True))
    assert model.predict("The cat", 50) == before
    told = person.model.probabilities("The cat")
    assert told.sum() == pytest.approx(1)
    assert told[model.vocabulary.id("sang")] == pytest.approx(after["sang"], rel=1e-4)


@pytest.mark.parametrize("options", [{}, {"then": 2}, {"among": ["sang by", "sat"]}, {"complete": True}])
def test_all_that_can_be_asked_is_asked_of_both(model: rnncli.LanguageModel, options: dict[str, Any]) -> None:
    person = Personal(model)
    context = "The cat sa" if "complete" in options else "The cat"
    before = dict(model.predict(context, 50, **options).words)
    for _ in range(10):
        person.learn(LINE)
    after = person.model.predict(context, 50, **options)
    likelier = {word for word, y in after if y > before.get(word, 0)}
    assert any(word.startswith("sang") for word in likelier)
    assert [y for _, y in after] == sorted((y for _, y in after), reverse=True)
    assert [w for w, _ in person.model.predict_all([context], 50, **options)[0]] == [w for w, _ in after]


def test_it_scores_and_writes_with_what_was_learnt(model: rnncli.LanguageModel) -> None:
    person = Personal(model)
    assert person.model.score(LINE).nats == pytest.approx(model.score(LINE).nats, rel=1e-4)
    for _ in range(30):
        person.learn(LINE)
    assert person.model.score(LINE).nats < 0.6 * model.score(LINE).nats
    words = list(person.model.scored(LINE))
    assert sum(word.bits for word in words) == pytest.approx(person.model.score(LINE).nats / np.log(2), rel=1e-6)
    assert "".join(person.model.generate("The cat", words=4, temperature=0)) == " sang by the fire"
    rngs = [np.random.default_rng(0)]
    assert person.model.generate_all(["The cat"], rngs, words=4, temperature=0) == [" sang by the fire"]


def test_it_is_there_next_time(model: rnncli.LanguageModel, mine: Path) -> None:
    first, whole = Personal(model, mine), Personal(model)
    first.learn(LINE)
    first.close()
    second = Personal(model, mine)
    second.learn("The dog slept.")
    whole.learn(LINE)
    whole.learn("The dog slept.")
    assert second.words == whole.words > first.words
    for a, b in zip(second.model.params, whole.model.params, strict=True):
        np.testing.assert_array_equal(a, b)
    assert second.model.predict("The dog") == whole.model.predict("The dog")


def test_many_read_the_file_and_one_learns(model: rnncli.LanguageModel, mine: Path) -> None:
    first, second = Personal(model, mine), Personal(model, mine)
    first.learn(LINE)
    assert Personal(model, mine).words == first.words
    with pytest.raises(InUseError):
        second.learn(LINE)
    first.close()
    second.learn(LINE)
    assert second.words == 2 * first.words


def test_it_is_of_one_model_and_whole(model: rnncli.LanguageModel, mine: Path, corpus_file: Path) -> None:
    Personal(model, mine).learn(LINE)
    other = rnncli.train(corpus_file, hidden=24, epochs=1, seed=7)
    with pytest.raises(CheckpointError, match="another model.*rnncli forget"):
        Personal(other, mine)
    content = bytearray(mine.read_bytes())
    content[len(content) // 2] ^= 1
    mine.write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged"):
        Personal(model, mine)


def test_a_text_without_words_teaches_nothing(model: rnncli.LanguageModel, mine: Path) -> None:
    with pytest.raises(TextError, match="no words"):
        Personal(model, mine).learn(" \n")
    assert not mine.exists()
    with pytest.raises(TextError, match="no words"):
        Personal(model).score("")


def test_a_text_is_scored_as_it_is_learnt_from(model: rnncli.LanguageModel) -> None:
    text = (LINE + "\n") * 30
    person = Personal(model)
    assert person.score(text).perplexity < 0.7 * model.score(text).perplexity
    assert person.score("The cat").words == 2


def test_score_learns_from_a_file_or_goes_on_from_what_was_learnt(call: Any, here: Path) -> None:
    Path("t.txt").write_text((LINE + "\n") * 20)
    plain, fresh = (json.loads(call("score", "t.txt", "--json", *more).out) for more in ([], ["--learn"]))
    assert fresh["perplexity"] < plain["perplexity"]
    assert call("predict", "--learn", "my.npz", "--commit", "-q", LINE).code == 0
    content = Path("my.npz").read_bytes()
    later = json.loads(call("score", "--learn", "my.npz", "--json", "t.txt").out)
    assert later["perplexity"] < fresh["perplexity"]
    assert Path("my.npz").read_bytes() == content
    assert call("score", "--learn", "--per", "word", "t.txt").code == 2


def test_only_what_is_committed_is_learnt(call: Any, here: Path) -> None:
    assert call("predict", "-q", "--learn", "my.npz", LINE).code == 0
    assert not Path("my.npz").exists()
    assert call("predict", "--commit", LINE).code == 2
    asked = [{"text": LINE}, {"text": LINE, "commit": True}, {"text": "", "commit": True}]
    lines = "\n".join(map(json.dumps, asked)).encode()
    answers = [
        json.loads(line) for line in call("predict", "--json", "--stdin", "--learn", "my.npz", stdin=lines).lines
    ]
    assert ["error" in answer for answer in answers] == [False, False, True]
    assert json.loads(call("predict", "--json", "--stdin", stdin=lines).lines[1])["error"].startswith(
        "nothing is learnt"
    )
    assert Path("my.npz").exists()


def test_forget_takes_away_what_was_learnt_and_nothing_else(call: Any, here: Path) -> None:
    call("predict", "--learn", "my.npz", "--commit", "-q", LINE)
    assert call("forget", "model.npz").code == 4
    assert Path("model.npz").exists()
    assert call("forget", "my.npz").code == 0
    assert not Path("my.npz").exists()
    assert call("forget", "my.npz").code == 5


def test_who_is_killed_has_lost_the_last_line_at_most(here: Path) -> None:
    command = [sys.executable, "-m", "rnncli", "predict", "--json", "--stdin", "--learn", "my.npz"]
    learnt = 0
    for lines in (1, 3, 2):
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdin
            assert process.stdout
            for _ in range(lines):
                process.stdin.write(json.dumps({"text": "The cat sat.", "commit": True}).encode() + b"\n")
                process.stdin.flush()
                assert "error" not in json.loads(process.stdout.readline())
            process.stdin.write(json.dumps({"text": "The dog ran.", "commit": True}).encode() + b"\n")
            process.stdin.flush()
            os.kill(process.pid, signal.SIGKILL)
        learnt += 5 * lines
        person = Personal(rnncli.load("model.npz"), "my.npz")
        person.close()
        assert learnt <= person.words <= learnt + 5
        learnt = person.words
