"""N-grams of a training run: counted, weighted, and what they gain."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

import numpy as np
import pytest

import rnncli
from rnncli.errors import ResourceError, UsageError
from rnncli.evaluation.measures import BEGINNING_WORDS, evaluate

DATA = Path(__file__).parents[2] / "data" / "fables.txt"


@pytest.fixture(scope="module")
def training() -> rnncli.Training:
    training = rnncli.Training(DATA, epochs=3, hidden=40, ensemble_size=1, seed=2)
    for _ in training:
        pass
    return training


def test_network_and_ngrams_together_predict_better_than_each(training: rnncli.Training) -> None:
    measures = training.model.record["validation"]
    alone = measures["perplexity_network"], measures["perplexity_ngrams"]
    assert measures["perplexity"] < 0.97 * min(alone)


def test_perplexity_of_the_network_is_the_best_of_the_curve(training: rnncli.Training) -> None:
    best = min(perplexity for _, perplexity in training.model.record["curve"])
    assert training.model.record["validation"]["perplexity_network"] == pytest.approx(best, rel=1e-5)


def test_only_evaluation_of_a_run_reads_the_beginning_and_the_report_all(tmp_path: Path) -> None:
    """There is one where the validation text is long beside what is read in training."""
    lines, how = DATA.read_text(), {"valid": DATA, "epochs": 1, "hidden": 8, "ensemble_size": 1, "seed": 1}
    training = rnncli.Training(DATA, tmp_path / "m.npz", log=tmp_path / "log", **how)
    seen = [(progress.evaluation, training.model) for progress in training if progress.evaluation]
    assert len(seen) == 1
    assert seen[0][0].predicted == BEGINNING_WORDS < training.evaluation.predicted
    model, alone = training.model, rnncli.train(DATA, **how, ngrams=0)
    stream, specials = alone.codec.ids(lines), alone.vocabulary.specials
    uncalibrated = evaluate(alone.network, stream, specials)
    uncalibrated.nats_which = alone.score(lines).nats_which
    by_network, calibrated = uncalibrated.perplexity, alone.score(lines).perplexity
    assert model.record["validation"]["perplexity_network"] == pytest.approx(by_network, rel=1e-6)
    for each, expected in ((model, by_network), (alone, calibrated)):
        ((_, perplexity),) = each.record["curve"]
        assert perplexity == pytest.approx(expected, rel=1e-6)
    logged = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert sum("loss" in line for line in logged) == 1


def test_without_ngrams_the_network_is_the_same(training: rnncli.Training) -> None:
    alone = rnncli.train(DATA, epochs=3, hidden=40, ensemble_size=1, seed=2, ngrams=0)
    np.testing.assert_equal(alone.params, training.model.params)
    assert "perplexity_network" not in alone.record["validation"]


def test_interrupted_run_saves_ngrams_with_usual_weights_and_resumes_to_equal_bytes(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("the cat sat\nthe dog sat\na cat ran and a dog ran\n" * 50)
    how: dict[str, Any] = {"epochs": 4, "hidden": 8, "seed": 3}
    whole = rnncli.train(tmp_path / "c.txt", tmp_path / "whole.npz", **how)
    steps = iter(range(6))
    first = rnncli.Training(tmp_path / "c.txt", tmp_path / "m.npz", stop=lambda: next(steps, None) is None, **how)
    for _ in first:
        pass
    assert first.interrupted
    assert rnncli.load(tmp_path / "m.npz").ngrams is not None
    rnncli.train(tmp_path / "c.txt", tmp_path / "m.npz", resume=True)
    assert (tmp_path / "m.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()
    assert whole.ngrams is not None


@pytest.mark.parametrize("order", [1, -1, 10, 2.5, "five"])
def test_orders_that_there_are_not_are_refused(tmp_path: Path, order: Any) -> None:
    (tmp_path / "c.txt").write_text("the cat sat\n" * 9)
    with pytest.raises(UsageError, match="ngrams"):
        rnncli.train(tmp_path / "c.txt", epochs=1, ngrams=order)


def test_order_beyond_every_sentence_has_no_ngrams_of_it(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("a b\nb a\n" * 30)
    model = rnncli.train(tmp_path / "c.txt", epochs=1, hidden=4, ngrams=9)
    assert len(model.ngrams.ngrams.levels[-1].words) == 0
    assert model.probabilities("a").sum() == pytest.approx(1)


def test_too_little_memory_for_counting_is_said_before_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "c.txt").write_text("the cat sat\n" * 3000)
    monkeypatch.setattr("rnncli.memory.available", lambda: 1_000_000)
    monkeypatch.setattr("rnncli.run.ngrams.count", None)  # is not called
    with pytest.raises(
        ResourceError, match=r"counting n-grams takes 2 MB, and 1 MB are free. Train without: --ngrams 0"
    ):
        rnncli.train(tmp_path / "c.txt", epochs=1, hidden=4)


def test_too_little_disk_for_counting_is_said_before_work(
    here: Path, call: Any, corpus_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Path("model.npz").read_bytes()
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=10, f_frsize=1000, f_blocks=100))
    monkeypatch.setattr("rnncli.run.ngrams.count", None)  # is not called
    done = call("train", str(corpus_file), "--force", "--epochs", "1", "--hidden", "4", "-q", "--ngrams", "7")
    assert done.code == 6
    assert done.err == (
        f"Error: {here}: counting n-grams of up to 7 words takes up to 0.2 MB of its disk, and 0.0 MB are free. "
        "Give a smaller --ngrams, or an output (-o) on another disk\n"
    )
    assert Path("model.npz").read_bytes() == before
    assert os.listdir() == ["model.npz"]
    assert call("train", str(corpus_file), "--force", "--epochs", "1", "--hidden", "4", "--ngrams", "0").code == 0


@pytest.mark.parametrize("whole", range(0, 16, 3))
def test_disk_that_fills_while_counting_is_said_and_nothing_is_lost(
    here: Path, call: Any, corpus_file: Path, monkeypatch: pytest.MonkeyPatch, whole: int
) -> None:
    """Each of the four arrays of n = 2, ..., 5 is written by itself: `whole` of them are, the next one is not."""
    before, opened = Path("model.npz").read_bytes(), list[BinaryIO]()

    def scratch(make: Callable[[Any], BinaryIO], folder: Path) -> BinaryIO:
        opened.append(make(folder))
        return opened[-1]

    made, saved, arrays = rnncli.run.ngrams.scratch, np.save, iter(range(whole))

    def save(file: BinaryIO, array: np.ndarray) -> None:
        if next(arrays, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        saved(file, array)

    monkeypatch.setattr("rnncli.run.ngrams.scratch", lambda folder: scratch(made, folder))
    monkeypatch.setattr(np, "save", save)
    done = call("train", str(corpus_file), "--force", "--epochs", "1", "--hidden", "4", "-q")
    assert done.code == 6
    assert done.err.startswith(f"Error: {here}: its disk is full (No space left on device). Make room there, or")
    assert done.err.count("\n") == 1
    assert Path("model.npz").read_bytes() == before
    assert os.listdir() == ["model.npz"]
    assert [file.closed for file in opened] == [True]


TEXTS = {
    "three words": "a b c\n",
    "one word repeated": "word " * 500,
    "sentences of one word": "yes\nno\nmaybe\n" * 50,
    "one sentence again and again": "yes\n" * 300,
}


@pytest.mark.parametrize("order", ["2", "9"])
@pytest.mark.parametrize("kind", TEXTS)
def test_texts_of_hardly_any_ngrams_are_counted(call: Any, kind: str, order: str) -> None:
    Path("c.txt").write_text(TEXTS[kind])
    how = ["--epochs", "1", "--hidden", "4", "--ngrams", order, "-o", "new.npz", "-q"]
    assert call("train", "c.txt", *how).code == 0
    model = rnncli.load("new.npz")
    assert model.ngrams
    lengths = [len(level.words) for level in model.ngrams.ngrams.levels]
    assert len(lengths) == int(order) - 1
    assert (lengths[-1] == 0) == (order == "9" and kind != "one word repeated")
    for context in ("", "a b", "yes ", "word " * 12, "nonsense"):
        assert model.probabilities(context).sum() == pytest.approx(1)
    done = call("score", "c.txt", "-m", "new.npz")
    assert done.code == 0
    assert float(dict(done.rows)["perplexity_ngrams"]) < 2
    assert call("export", "-m", "new.npz", "--arpa", "new.arpa").code == 0


def test_order_of_no_meaning_is_a_wrong_usage(call: Any, corpus_file: Path) -> None:
    for order, said in (("1", "ngrams: 1 is not 0, for none, or a number from 2 to 9"), ("-1", "-1"), ("50", "50")):
        done = call("train", str(corpus_file), "--ngrams", order, "-o", "new.npz")
        assert done.code == 2
        assert said in done.err
        assert not Path("new.npz").exists()
