"""The unknown words of a training run: priced, fitted, and a figure that does not reward ignorance."""

from pathlib import Path

import numpy as np
import pytest

import rnncli
from rnncli.evaluation.surprisal import surprisals
from rnncli.text.vocabulary import UNK
from rnncli.unknown.fit import Fit
from rnncli.unknown.share import NONE

FABLES = Path(__file__).parents[2] / "data" / "fables.txt"


def test_open_figures_order_vocabularies_as_a_reader_would_and_the_closed_one_turns_the_order_round() -> None:
    """The model that knows fewer words predicts the text worse, but its perplexity of a closed vocabulary is lower."""
    measures = [rnncli.train(FABLES, hidden=0, vocabulary_size=size).record["validation"] for size in (50, 200, 700)]
    opened, closed, per_character = (
        [measure[name] for measure in measures] for name in ("perplexity", "perplexity_closed", "bits_per_character")
    )
    assert opened == sorted(opened, reverse=True)
    assert per_character == sorted(per_character, reverse=True)
    assert closed == sorted(closed)


def predicted_and_came(model: rnncli.LanguageModel, text: str) -> tuple[float, float]:
    parts = list(surprisals(model.predictor, model.codec.ids(text), model.vocabulary.specials))
    return sum(float(part.unknown.sum()) for part in parts), sum(int(np.sum(part.ids == UNK)) for part in parts)


@pytest.mark.parametrize("hidden", [0, 12])
@pytest.mark.parametrize("min_count", [1, 2])
def test_unknown_words_are_predicted_as_often_as_they_come_in_another_text(
    tmp_path: Path, hidden: int, min_count: int
) -> None:
    """Every second line of the fables is another text; n-grams of known words alone gave unknown ones 1e-6."""
    lines = FABLES.read_text().split("\n\n")
    texts = {"learn": lines[::2], "fit": lines[1::4], "test": lines[3::4]}
    for name, some in texts.items():
        (tmp_path / name).write_text("\n\n".join(some))
    how = {"hidden": hidden} | ({"epochs": 3} if hidden else {})
    model = rnncli.train(tmp_path / "learn", valid=tmp_path / "fit", min_count=min_count, seed=1, **how)
    predicted, came = predicted_and_came(model, (tmp_path / "test").read_text())
    assert came > 20
    assert 0.8 < came / predicted < 1.25


def test_a_text_that_marks_unknown_words_is_not_calibrated_and_has_one_perplexity(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("the cat saw a <unk> on the mat\nthe <unk> ran to the old man\n" * 60)
    model = rnncli.train(text, hidden=0, tokenizer="whitespace")
    assert model.record["corpus"]["marked"]
    assert model.fit.calibration == NONE
    validation = model.record["validation"]
    assert validation["perplexity"] == validation["perplexity_closed"]


def test_a_text_validated_on_itself_expects_as_many_unknown_words_as_it_introduces(tmp_path: Path) -> None:
    """26 of 182 words occur once (Good 1953); none is unknown."""
    text = tmp_path / "text"
    text.write_text("".join(f"the cat saw the dog ran {letter}{letter}\n" for letter in "abcdefghijklmnopqrstuvwxyz"))
    model = rnncli.train(text, hidden=0, min_count=1)
    predicted, came = predicted_and_came(model, text.read_text())
    assert came == 0
    assert predicted / (182 + 26) == pytest.approx(26 / 182, rel=0.25)


def test_what_was_fitted_is_saved_and_restored(tmp_path: Path) -> None:
    model = rnncli.train(FABLES, tmp_path / "m.npz", hidden=0)
    again = rnncli.load(tmp_path / "m.npz")
    assert again.fit == model.fit != Fit()
    assert Fit.restored(model.fit.as_json()) == model.fit
    assert Fit.restored(None) == Fit()


@pytest.mark.parametrize(
    "change",
    [{"rare": 1.0}, {"rare": -0.1}, {"strength": 0.0}, {"strength": 1e9}, {"intercept": 1e6}, {"slope": float("inf")}],
)
def test_a_fit_that_is_none_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="unknown holds"):
        Fit.restored(Fit().as_json() | change)
    with pytest.raises(ValueError, match="unknown has the entries"):
        Fit.restored({"rare": 0.5})
