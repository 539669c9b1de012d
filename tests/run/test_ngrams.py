"""N-grams of a training run: counted, weighted, and what they gain."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rnncli
from rnncli.errors import ResourceError, UsageError

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
    assert training.perplexities_apart["perplexity_network"] == alone[0]


def test_perplexity_of_the_network_is_the_best_of_the_curve(training: rnncli.Training) -> None:
    best = min(perplexity for _, perplexity in training.model.record["curve"])
    assert training.model.record["validation"]["perplexity_network"] == pytest.approx(best, rel=1e-5)


def test_without_ngrams_the_network_is_the_same(training: rnncli.Training) -> None:
    alone = rnncli.train(DATA, epochs=3, hidden=40, ensemble_size=1, seed=2, ngrams=0)
    for one, other in zip(alone.params, training.model.params, strict=True):
        np.testing.assert_array_equal(one, other)
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
    with pytest.raises(
        ResourceError, match=r"counting n-grams takes 2 MB, and 1 MB are free. Train without: --ngrams 0"
    ):
        rnncli.train(tmp_path / "c.txt", epochs=1, hidden=4)
