"""Learning from what somebody writes, on top of a model that stays as it is."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rnncli
from rnncli import Personal
from rnncli.errors import CheckpointError, FileError, InUseError, TextError
from rnncli.network.parameters import copied
from rnncli.personal import model as personal_model
from rnncli.storage.durable import lock

LINE = "The cat sang by the fire, in London, in London."


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return tmp_path / "my.npz"


def test_what_was_written_is_predicted_better_and_the_model_stays(model: rnncli.LanguageModel) -> None:
    weights = copied(model.params)
    before = model.predict("The cat", 50)
    person = Personal(model)
    for _ in range(10):
        person.learn(LINE)
    y, after = dict(before.words), dict(person.predict("The cat", 50).words)
    assert after["sang"] > 3 * y["sang"]
    assert sum(after.values()) + person.predict("The cat").eos + person.predict("The cat").unk > 0.999
    np.testing.assert_equal(model.params, weights)
    assert model.predict("The cat", 50) == before
    probabilities = person.probabilities("The cat")
    assert probabilities.sum() == pytest.approx(1)
    assert probabilities[model.vocabulary.id("sang")] == pytest.approx(after["sang"], rel=1e-4)


@pytest.mark.parametrize("options", [{}, {"then": 2}, {"among": ["sang by", "sat"]}, {"complete": True}])
def test_every_kind_of_question_is_answered_with_what_was_learned(
    model: rnncli.LanguageModel, options: dict[str, Any]
) -> None:
    person = Personal(model)
    context = "The cat sa" if "complete" in options else "The cat"
    before = dict(model.predict(context, 50, **options).words)
    for _ in range(10):
        person.learn(LINE)
    after = person.predict(context, 50, **options)
    likelier = {word for word, y in after if y > before.get(word, 0)}
    assert any(word.startswith("sang") for word in likelier)
    assert [y for _, y in after] == sorted((y for _, y in after), reverse=True)
    assert [w for w, _ in person.predict_all([context], 50, **options)[0]] == [w for w, _ in after]


def test_scores_and_texts_follow_what_was_learned(model: rnncli.LanguageModel) -> None:
    person = Personal(model)
    assert person.score(LINE).nats == pytest.approx(model.score(LINE).nats, rel=1e-4)
    for _ in range(30):
        person.learn(LINE)
    assert person.score(LINE).nats < 0.6 * model.score(LINE).nats
    words = list(person.scored(LINE))
    scored = person.score(LINE)
    assert sum(word.bits for word in words) == pytest.approx((scored.nats + scored.nats_which) / np.log(2), rel=1e-6)
    assert "".join(person.generate("The cat", words=4, temperature=0)) == " sang by the fire"
    rngs = [np.random.default_rng(0)]
    assert person.generate_all(["The cat"], rngs, words=4, temperature=0) == [" sang by the fire"]


def test_what_was_learned_is_there_next_time(model: rnncli.LanguageModel, mine: Path) -> None:
    first, whole = Personal(model, mine), Personal(model)
    first.learn(LINE)
    second = Personal(model, mine)
    second.learn("The dog slept.")
    whole.learn(LINE)
    whole.learn("The dog slept.")
    assert second.words == whole.words > first.words
    np.testing.assert_equal(second.predictor.learning.params, whole.predictor.learning.params)
    assert second.predict("The dog") == whole.predict("The dog")


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_what_was_learned_on_top_of_a_gated_model_is_there_next_time(corpus_file: Path, mine: Path, cell: str) -> None:
    model = rnncli.train(corpus_file, hidden=12, epochs=6, batch=8, bptt=12, learning_rate=0.02, dropout=0.0, cell=cell)
    weights, before = copied(model.params), dict(model.predict("The cat", 50).words)
    first = Personal(model, mine)
    for _ in range(10):
        first.learn(LINE + " The cat dax.")
    second = Personal(model, mine)
    assert second.words == first.words > 0
    np.testing.assert_equal(second.predictor.learning.params, first.predictor.learning.params)
    assert second.predict("The cat", 50) == first.predict("The cat", 50)
    after = dict(second.predict("The cat", 50).words)
    assert after["sang"] > 3 * before["sang"]
    assert after["dax"] > 0.01
    assert second.score(LINE).nats < 0.8 * model.score(LINE).nats
    np.testing.assert_equal(model.params, weights)
    second.forget(["sang", "dax"])
    third = dict(Personal(model, mine).predict("The cat", 50).words)
    assert third.get("sang", 0.0) < 0.5 * after["sang"]
    assert "dax" not in third


def test_several_programs_learn_in_turn_and_answer_with_what_others_learned(
    model: rnncli.LanguageModel, mine: Path
) -> None:
    first, second, reader = (Personal(model, mine) for _ in range(3))
    first.learn(LINE)
    second.learn(LINE)
    assert second.words == 2 * first.words
    reader.refresh()
    assert reader.words == second.words
    assert reader.predict("The cat") == second.predict("The cat")
    first.learn(LINE)
    assert first.words == 3 * reader.words // 2


def test_learning_waits_for_another_process_that_holds_the_file(
    model: rnncli.LanguageModel, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, person = lock(mine), Personal(model, mine)
    monkeypatch.setattr(personal_model, "LOCK_SECONDS", 0.05)
    with pytest.raises(InUseError):
        person.learn(LINE)
    assert person.words == 0
    asked = iter([0.0, 0.0, 0.0])
    monkeypatch.setattr(personal_model.time, "monotonic", lambda: next(asked))
    monkeypatch.setattr(personal_model.time, "sleep", lambda _: release())
    person.learn(LINE)
    assert person.words > 0


def test_what_is_saved_in_the_background_is_there_when_closed(model: rnncli.LanguageModel, mine: Path) -> None:
    person, failures = Personal(model, mine), list[object]()
    for _ in range(3):
        person.learn(LINE, save=False)
        person.save_in_background(failures.append)
    person.close()
    assert failures == [None] * 3
    assert Personal(model, mine).words == person.words


def test_text_that_cannot_be_saved_is_not_learned(
    model: rnncli.LanguageModel, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise FileError(f"{mine}: not saved: no space")

    person = Personal(model, mine)
    person.learn(LINE)
    words, before = person.words, person.predict("The cat")
    monkeypatch.setattr(personal_model.file, "save", fail)
    with pytest.raises(FileError, match="no space"):
        person.learn(LINE)
    assert (person.words, person.predict("The cat")) == (words, before)
    assert len(person.predictor.history.content.ids) == words + 1  # and the EOS before the first
    monkeypatch.undo()
    person.learn(LINE)
    assert person.words == Personal(model, mine).words == 2 * words


def test_interrupted_learning_without_a_file_forgets_nothing(model: rnncli.LanguageModel) -> None:
    person = Personal(model)
    person.learn(LINE)
    words, before = person.words, person.predict("The cat")
    with pytest.raises(ZeroDivisionError):
        person.learn(_stream_that_fails())  # type: ignore[arg-type]
    assert (person.words, person.predict("The cat")) == (words, before)


def test_lock_is_released_when_the_file_was_damaged_meanwhile(
    model: rnncli.LanguageModel, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(personal_model, "LOCK_SECONDS", 0.05)
    person = Personal(model, mine)
    person.learn(LINE)
    content = mine.read_bytes()
    for _ in range(2):
        mine.write_bytes(content[:-1])
        with pytest.raises(CheckpointError):
            person.learn(LINE)
    mine.write_bytes(content)
    person.learn(LINE)


def test_what_else_fails_on_the_saving_thread_is_raised_when_closed(model: rnncli.LanguageModel, mine: Path) -> None:
    def fail(_: object) -> None:
        raise BrokenPipeError

    person = Personal(model, mine)
    person.learn(LINE, save=False)
    person.save_in_background(fail)
    with pytest.raises(BrokenPipeError):
        person.close()
    assert Personal(model, mine).words == person.words


def test_save_that_fails_in_the_background_is_reported(
    model: rnncli.LanguageModel, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error, failures = FileError(f"{mine}: not saved: no space"), list[object]()

    def fail(*_: object) -> None:
        raise error

    person = Personal(model, mine)
    monkeypatch.setattr(personal_model.file, "save", fail)
    person.learn(LINE, save=False)
    person.save_in_background(failures.append)
    person.close()
    assert failures == [error]
    monkeypatch.undo()
    person.learn(LINE)
    assert Personal(model, mine).words == person.words


def test_score_changes_nothing_that_was_learned(model: rnncli.LanguageModel, mine: Path) -> None:
    person = Personal(model, mine)
    person.learn(LINE)
    before, content = person.predict("The cat", 50), mine.read_bytes()
    person.score_while_learning((LINE + "\n") * 5)
    person.score(LINE)
    assert person.predict("The cat", 50) == before
    assert mine.read_bytes() == content
    alone = Personal(model)
    alone.learn(LINE)
    alone.learn("The dog slept.")
    person.learn("The dog slept.")
    assert person.words == alone.words
    assert person.predict("The dog") == alone.predict("The dog")


def test_session_goes_on_after_learning(model: rnncli.LanguageModel) -> None:
    person = Personal(model)
    session = person.session()
    person.predict("The old man said the", session=session)
    for _ in range(5):
        person.learn(LINE)
        for text in ("The old man said the cat", "The old man said the cat sang"):
            assert person.predict(text, session=session) == person.predict(text)


def test_a_text_that_cannot_be_learned_leaves_what_was_saved(model: rnncli.LanguageModel, mine: Path) -> None:
    person = Personal(model, mine)
    person.learn(LINE)
    words, before = person.words, person.predict("The cat")
    with pytest.raises(ZeroDivisionError):
        person.learn(_stream_that_fails())  # type: ignore[arg-type]
    assert (person.words, person.predict("The cat")) == (words, before)
    person.learn(LINE)
    assert person.words == 2 * words


def _stream_that_fails() -> Iterator[str]:
    yield LINE * 300
    yield str(1 / 0)


def test_file_of_another_model_or_damaged_is_refused(
    model: rnncli.LanguageModel, mine: Path, corpus_file: Path
) -> None:
    Personal(model, mine).learn(LINE)
    other = rnncli.train(corpus_file, hidden=24, epochs=1, seed=7)
    with pytest.raises(CheckpointError, match="another model.*rnncli forget"):
        Personal(other, mine)
    content = bytearray(mine.read_bytes())
    content[len(content) // 2] ^= 1
    mine.write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged"):
        Personal(model, mine)


def test_text_without_words_is_refused_and_nothing_saved(model: rnncli.LanguageModel, mine: Path) -> None:
    with pytest.raises(TextError, match="no words"):
        Personal(model, mine).learn(" \n")
    assert not mine.exists()
    with pytest.raises(TextError, match="no words"):
        Personal(model).score_while_learning("")


def test_score_while_learning_predicts_a_repetitive_text_better(model: rnncli.LanguageModel) -> None:
    text = (LINE + "\n") * 30
    person = Personal(model)
    assert person.score_while_learning(text).perplexity < 0.7 * model.score(text).perplexity
    assert person.score_while_learning("The cat").words == 2


def test_score_command_learns_from_a_text_and_starts_from_a_personal_file(call: Any, here: Path) -> None:
    Path("t.txt").write_text((LINE + "\n") * 20)
    plain, fresh = (json.loads(call("score", "t.txt", "--json", *more).out) for more in ([], ["--learn"]))
    assert fresh["perplexity"] < plain["perplexity"]
    assert call("predict", "--learn", "my.npz", "--commit", "-q", LINE).code == 0
    content = Path("my.npz").read_bytes()
    later = json.loads(call("score", "--learn", "--personal", "my.npz", "--json", "t.txt").out)
    assert later["perplexity"] < fresh["perplexity"]
    assert Path("my.npz").read_bytes() == content
    assert call("score", "--learn", "--per", "word", "t.txt").code == 2
    done = call("score", "--personal", "mistyped.npz", "t.txt")
    assert (done.code, done.out) == (5, "")
    assert "mistyped.npz: no such personal file" in done.err
    assert "nothing is learned yet" in call("predict", "--learn", "mistyped.npz", "the cat").err


def test_only_committed_texts_are_learned(call: Any, here: Path) -> None:
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
        "nothing is learned"
    )
    assert Path("my.npz").exists()


def test_forget_removes_a_personal_file_and_no_other(call: Any, here: Path) -> None:
    call("predict", "--learn", "my.npz", "--commit", "-q", LINE)
    assert call("forget", "model.npz").code == 4
    assert Path("model.npz").exists()
    assert call("forget", "my.npz").code == 0
    assert not Path("my.npz").exists()
    assert call("forget", "my.npz").code == 5


def test_killed_program_has_lost_its_last_line_at_most(here: Path) -> None:
    command = [sys.executable, "-m", "rnncli", "predict", "--json", "--stdin", "--learn", "my.npz"]
    learned = 0
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
        learned += 5 * lines
        person = Personal(rnncli.load("model.npz"), "my.npz")
        assert learned <= person.words <= learned + 5
        learned = person.words
