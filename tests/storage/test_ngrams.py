"""N-grams in the model file."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rnncli
from rnncli.counts.mixture import NgramModel
from rnncli.errors import CheckpointError
from rnncli.network.cells import Elman, initial
from rnncli.network.parameters import shapes
from rnncli.storage import archive

TEXT = "the cat sat\nthe dog sat\na cat ran and a dog ran\n" * 30


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> rnncli.LanguageModel:
    path = tmp_path_factory.mktemp("ngrams") / "c.txt"
    path.write_text(TEXT)
    return rnncli.train(path, epochs=2, hidden=8, ngrams=3)


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as loaded:
        return dict(loaded)


def test_load_returns_the_ngrams_that_were_saved(model: rnncli.LanguageModel, tmp_path: Path) -> None:
    model.save(tmp_path / "m.npz")
    loaded = rnncli.load(tmp_path / "m.npz")
    assert isinstance(loaded.ngrams, NgramModel)
    np.testing.assert_array_equal(loaded.ngrams.network_weights, model.ngrams.network_weights)
    for one, other in zip(loaded.ngrams.ngrams.levels, model.ngrams.ngrams.levels, strict=True):
        for part in ("words", "counts", "followers", "lost"):
            assert getattr(one, part).dtype == getattr(other, part).dtype
            np.testing.assert_array_equal(getattr(one, part), getattr(other, part))
    np.testing.assert_array_equal(loaded.probabilities("the cat"), model.probabilities("the cat"))
    loaded.save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "m.npz").read_bytes()


def test_model_without_ngrams_has_the_format_before(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text(TEXT)
    model = rnncli.train(tmp_path / "c.txt", tmp_path / "m.npz", epochs=1, hidden=4, ngrams=0)
    assert model.ngrams is None
    arrays = arrays_of(tmp_path / "m.npz")
    assert arrays["format"] == 2
    assert not [name for name in arrays if name.startswith("ngram")]


def changed(name: str, place: Any, value: Any) -> dict[str, Any]:
    return {"name": name, "place": place, "value": value}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (changed("ngram_bytes", (0, 0), 3), "sizes that no number has"),
        (changed("ngram_bytes", (0, 0), 2), "ngrams2_words"),
        (changed("unigrams", 0, -1), "counts that no text has"),
        (changed("unigrams", slice(None), 0), "counts that no text has"),
        (changed("discounts", (0, 0), 1.5), "more than its count"),
        (changed("discounts", (0, 0), np.nan), "not finite"),
        (changed("ngrams2_words", 0, 200), "a word or a count that there is not"),
        (changed("ngrams2_words", slice(None), 0), "not sorted"),
        (changed("ngrams2_counts", 0, 0), "a word or a count that there is not"),
        (changed("ngrams2_followers", 0, 100), "does not fit"),
        (changed("network_weights", 0, 1.5), "no share"),
        (changed("network_weights", 0, -0.5), "no share"),
    ],
)
def test_forged_ngrams_are_refused(
    model: rnncli.LanguageModel, tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    path = tmp_path / "m.npz"
    model.save(path)
    arrays = {name: array.copy() for name, array in arrays_of(path).items()}
    arrays[change["name"]][change["place"]] = change["value"]
    with path.open("wb") as file:
        archive.write(file, arrays)
    with pytest.raises(CheckpointError, match=why):
        rnncli.load(path)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> rnncli.LanguageModel:
    path = tmp_path_factory.mktemp("alone") / "c.txt"
    path.write_text(TEXT)
    return rnncli.train(path, hidden=0, ngrams=3)


def test_ngrams_without_a_network_are_loaded_as_they_were_saved(alone: rnncli.LanguageModel, tmp_path: Path) -> None:
    alone.save(tmp_path / "m.npz")
    loaded = rnncli.load(tmp_path / "m.npz")
    assert {name: w.shape for name, w in loaded.params.items()} == shapes(Elman.axes, len(loaded.vocabulary), 0)
    np.testing.assert_array_equal(loaded.params["by"], alone.params["by"])
    np.testing.assert_array_equal(loaded.probabilities("the cat"), alone.probabilities("the cat"))
    loaded.save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "m.npz").read_bytes()


def without_ngrams(model: rnncli.LanguageModel) -> rnncli.LanguageModel:
    return replace(model, ngrams=None)


def with_a_weight(model: rnncli.LanguageModel) -> rnncli.LanguageModel:
    weights = model.ngrams.network_weights.copy()
    weights[-1] = 0.01
    return replace(model, ngrams=replace(model.ngrams, network_weights=weights))


def with_units(model: rnncli.LanguageModel) -> rnncli.LanguageModel:
    return replace(model, params=initial(Elman(), len(model.vocabulary), 2, np.random.default_rng(0)))


def with_settings_of_a_network(model: rnncli.LanguageModel) -> rnncli.LanguageModel:
    return replace(model, settings=replace(model.settings, hidden=2, epochs=1))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (without_ngrams, "n-grams that predict alone are missing"),
        (with_a_weight, "a network without units has a weight beside them"),
        (with_units, "2 units, and not 0"),
        (with_settings_of_a_network, "0 units, and not 2"),
    ],
)
def test_model_without_units_that_ngrams_do_not_predict_alone_is_refused(
    alone: rnncli.LanguageModel, tmp_path: Path, change: Any, why: str
) -> None:
    with pytest.raises(CheckpointError, match=why):
        change(alone).save(tmp_path / "m.npz")


@pytest.mark.parametrize("name", ["ngrams2_words", "ngrams3_followers", "network_weights", "unigrams", "ngram_bytes"])
def test_ngrams_of_other_lengths_are_refused(model: rnncli.LanguageModel, tmp_path: Path, name: str) -> None:
    path = tmp_path / "m.npz"
    model.save(path)
    arrays = arrays_of(path)
    arrays[name] = arrays[name][:-1]
    with path.open("wb") as file:
        archive.write(file, arrays)
    with pytest.raises(CheckpointError):
        rnncli.load(path)
