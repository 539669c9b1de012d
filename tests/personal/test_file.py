"""The personal file: what is saved is loaded, and what is wrong in it is refused by name."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli import LanguageModel, Personal
from rnncli.errors import CheckpointError
from rnncli.network.cells import GRU, LSTM, Cell, Elman, initial
from rnncli.network.parameters import Weights, copied
from rnncli.personal.file import ARRAYS, Learned, fingerprint, forget, load, new_words, save
from rnncli.personal.history import WEIGHT_HORIZON, HistoryContent, blank
from rnncli.personal.new_words import NewWords
from rnncli.storage import archive

V, H, NEW = 9, 3, 2
GOLDEN = Path(__file__).parent / "golden" / "format-1.npz"
MODEL = Path(__file__).parents[1] / "faults" / "golden" / "format-3.npz"  # that it was learned on top of


@pytest.fixture
def base() -> Weights:
    return initial(Elman(), V, H, np.random.default_rng(0))


@pytest.fixture
def learned(base: Weights) -> Learned:
    rng = np.random.default_rng(1)
    params = copied(base)
    read, predicted = np.array([0, 8]), np.array([1, 4, 7])
    params["Wx"][read] += 1
    params["Wy"][predicted] += 2
    params["by"][predicted] += 3
    params["Ws"][:] += 4
    params["bs"][:] += 5
    states = rng.random((2, H), np.float32)
    counts, believed = np.arange(V + NEW) / 1.0, np.array([0.5, 0.0, 0.25, 0.25])
    words, (_, weights, fitted) = np.array([0, 8], np.int32), blank()
    history = HistoryContent(np.array([0, 4, 10, 0], np.int32), weights + rng.random(weights.shape) / 4, fitted + 3)
    new = NewWords(["dax", "größe"], ["Dax", "Größe"], [1, 3], [1, 2])
    return Learned(params, read, predicted, states, words, counts, believed, history, new, 2)


@pytest.fixture
def path(tmp_path: Path, base: Weights, learned: Learned) -> Path:
    save(tmp_path / "my.npz", base, learned)
    return tmp_path / "my.npz"


def rewrite(path: Path, **others: Any) -> None:
    """Writes the file anew, with other arrays and a valid checksum."""
    with np.load(path) as there:
        arrays = {name: there[name] for name in ARRAYS}
    with path.open("wb") as file:
        archive.write(file, arrays | {name: np.asarray(value, ARRAYS[name]) for name, value in others.items()})


def text(value: Any) -> list[int]:
    return list(json.dumps(value).encode())


def test_load_returns_what_was_saved(path: Path, base: Weights, learned: Learned) -> None:
    loaded = load(path, base)
    assert loaded.new == learned.new
    np.testing.assert_equal(loaded._replace(new=None), learned._replace(new=None))
    assert not any(np.shares_memory(w, base[name]) for name, w in loaded.params.items())


@pytest.mark.parametrize("cell", [GRU(), LSTM(), LSTM(tied=True)], ids=["gru", "lstm", "tied"])
def test_load_returns_what_was_saved_of_a_gated_cell(path: Path, learned: Learned, cell: Cell) -> None:
    base = initial(cell, V, H, np.random.default_rng(0))
    params = copied(base)
    read = np.array([0, len(base["Wx"]) - 1])
    params["Wx"][read] += 1
    for name in ("Ws", "bs"):
        params[name] += 1
    for name in ("Wy", "by"):
        params[name][learned.predicted] += 2
    gated = learned._replace(params=params, read=read)
    save(path, base, gated)
    loaded = load(path, base)
    assert loaded.new == new_words(path) == gated.new
    np.testing.assert_equal(loaded._replace(new=None), gated._replace(new=None))
    assert not any(np.shares_memory(w, base[name]) for name, w in loaded.params.items())
    with np.load(path) as arrays:
        assert list(arrays) == list(ARRAYS)
        assert arrays["Wx"].shape == (2, *base["Wx"].shape[1:])
    rewrite(path, Wx=np.zeros((1, H)))
    with pytest.raises(CheckpointError, match=re.escape(f"Wx has shape (1, {H}), not {(2, *base['Wx'].shape[1:])}")):
        load(path, base)


@pytest.mark.parametrize("cell", [GRU(), LSTM(), LSTM(tied=True)], ids=["gru", "lstm", "tied"])
def test_fingerprint_of_a_gated_cell_depends_on_shape_and_weights(cell: Cell) -> None:
    base = initial(cell, V, H, np.random.default_rng(0))
    prints = {fingerprint(base)}
    for name in ("Ws", "bs", "by"):
        changed = base[name].copy()
        changed.flat[-1] += 1
        prints.add(fingerprint(base | {name: changed}))
    assert len(prints) == 4


def test_numpy_opens_it_and_its_json_is_sorted(path: Path, base: Weights) -> None:
    with np.load(path, allow_pickle=False) as arrays:
        assert list(arrays) == list(ARRAYS)
        assert arrays["record"].tobytes() == b'{"learnt": 2, "model": "%s"}' % fingerprint(base).encode()


def test_fingerprint_depends_on_shape_and_weights(base: Weights) -> None:
    prints = {fingerprint(base), fingerprint(base | {"Wx": base["Wx"][:-1]})}
    for name in ("Ws", "bs", "bk", "by"):
        changed = base[name].copy()
        changed.flat[-1] += 1
        prints.add(fingerprint(base | {name: changed}))
    assert len(prints) == 6


def bad(name: str, at: Any, value: float) -> Any:
    """Returns what makes an array with another value at one place."""

    def make(learned: Learned) -> dict[str, Any]:
        arrays = learned.params | learned._asdict()
        arrays |= {"foreseen": learned.predicted, "believed": learned.mixture, "history": learned.history.ids}
        arrays |= {"history_weights": learned.history.weights, "history_fitted": learned.history.fitted}
        array = {
            "Wx": lambda: arrays["Wx"][learned.read],
            "Wy": lambda: arrays["Wy"][learned.predicted],
            "by": lambda: arrays["by"][learned.predicted],
        }.get(name, lambda: arrays[name])()
        array = np.array(array)
        array[at] = value
        return {name: array}

    return make


HISTORY = "damaged file (weights of the history are not between 0 and 1, or not fitted to 1 to 300 words)"
SHARES = "damaged file (counts or mixture weights (believed) are negative, or the mixture weights do not sum to 1)"
CASES: dict[str, tuple[Any, str]] = {
    **{
        f"{name} not finite": (
            bad(name, -1, np.inf),
            f"damaged file ({name} holds numbers that are not finite",
        )
        for name in ("Wx", "Wy", "by", "Ws", "bs", "states", "counts", "believed", "history_weights")
    },
    **{
        f"{name} {n}": (bad(name, -1, n), f"damaged file ({name} holds words outside the vocabulary)")
        for name, most in {"read": V, "foreseen": V, "words": V + NEW, "history": V + NEW}.items()
        for n in (-1, most)
    },
    "negative count": (bad("counts", 0, -1), SHARES),
    "negative mixture weight": (lambda _: {"believed": [1.5, -0.5, 0, 0]}, SHARES),
    "mixture weights below 1": (lambda _: {"believed": [0.98, 0, 0, 0]}, SHARES),
    "mixture weights above 1": (lambda _: {"believed": [1.02, 0, 0, 0]}, SHARES),
    "other model": (
        lambda _: {"record": text({"learnt": 2, "model": "0f"})},
        "was learned on top of another model. Give",
    ),
    "other record": (lambda _: {"record": text({"learnt": 2})}, "damaged file (record lacks model)"),
    "later format": (
        lambda _: {"format": 4},
        "made by another rnncli (format 4; this one reads 1, 2 and 3). Use that one",
    ),
    "two formats": (lambda _: {"format": [1, 1]}, "made by another rnncli"),
    "shapes": (lambda _: {"bs": [0.0]}, f"damaged file (bs has shape (1,), not ({H},))"),
    "rows": (lambda learned: {"read": learned.read[:1]}, f"damaged file (Wx has shape (2, {H}), not (1, {H}))"),
    "no list": (lambda _: {"words": 3}, "damaged file (words has shape (), not (2,))"),
    **{
        f"history {name} {value}": (bad(f"history_{name}", -1, value), HISTORY)
        for name, values in {"weights": (-1e-9, 1.01), "fitted": (-1, 0, WEIGHT_HORIZON + 1, 1 << 62)}.items()
        for value in values
    },
    "history too long": (
        lambda _: {"history": np.zeros(100_001)},
        "damaged file (history holds 100,001 words, more than",
    ),
    "history not a list": (lambda _: {"history": [[0]]}, "damaged file (history has shape (1, 1), not (n,))"),
    "kinds": (
        lambda _: {"history_weights": np.zeros((4, 3))},
        "damaged file (history_weights has shape (4, 3), not (4, 6))",
    ),
    **{
        f"new {name} {value}": (lambda _, n=name, v=value: {f"new_{n}": v}, "damaged file (new holds a word that")
        for name, value in (("counts", [1, 0]), ("used", [0, 1]), ("used", [1, 3]))
    },
    "new word twice": (
        lambda _: {"new": list(b"daxdax"), "new_at": [0, 3, 6]},
        "damaged file (new holds a word twice or without a display form",
    ),
    "new words without display forms": (
        lambda _: {"new_shown": list(b"Dax"), "new_shown_at": [0, 3]},
        "damaged file (new holds a word twice or without a display form",
    ),
    "empty new word": (lambda _: {"new_at": [0, 0, 10]}, "damaged file (word 0 of new is empty)"),
    "new word that is no UTF-8": (lambda _: {"new": [255] * 10, "new_at": [0, 3, 10]}, "damaged file (new: "),
    "counts of too few words": (lambda _: {"counts": np.zeros(V)}, f"damaged file (counts of {V} words, and not of"),
    "format 2 with new words": (lambda _: {"format": 2}, "damaged file ("),
    "format 1 with a history": (lambda _: {"format": 1}, "damaged file ("),
    "mixture": (lambda _: {"believed": [0.5, 0.5]}, "damaged file (believed has shape (2,), not (4,))"),
}


@pytest.mark.parametrize("case", CASES)
def test_forged_content_is_refused_by_name(path: Path, base: Weights, learned: Learned, case: str) -> None:
    make, said = CASES[case]
    rewrite(path, **make(learned))
    with pytest.raises(CheckpointError, match="^" + re.escape(f"{path}: {said}")):
        load(path, base)


def test_extreme_but_valid_content_is_loaded(path: Path, base: Weights) -> None:
    rewrite(path, believed=[0.992, 0, 0, 0], words=[0, V - 1])
    assert load(path, base).mixture.sum() == pytest.approx(0.992)
    rewrite(path, history=np.full(100_000, V - 1), history_weights=np.ones((4, 6)))
    assert load(path, base).history.ids.sum() == 100_000 * (V - 1)


def test_golden_file_of_format_1_predicts_as_it_did_and_is_learned_on(tmp_path: Path) -> None:
    model, mine = LanguageModel.load(MODEL), tmp_path / "my.npz"
    mine.write_bytes(GOLDEN.read_bytes())
    said, person = json.loads(GOLDEN.with_suffix(".json").read_text()), Personal(model, mine)
    for word, (expected, y) in zip(person.predict(said["text"], 5).words, said["words"], strict=True):
        assert (word.word, word.probability) == (expected, pytest.approx(y, rel=1e-4))
    assert person.score(said["scored"]).perplexity_closed == pytest.approx(said["perplexity"], rel=1e-4)
    assert not len(person.predictor.history.content.ids)
    person.learn(said["learned"])
    with np.load(mine) as arrays:
        assert int(arrays["format"]) == 3
    learned = load(mine, model.params)
    assert learned.learned == person.words == 2 * (len(learned.history.ids) - 1)  # learned twice, written once


def test_golden_file_of_format_2_predicts_as_it_did_and_has_no_new_words(tmp_path: Path) -> None:
    model, mine, golden = LanguageModel.load(MODEL), tmp_path / "my.npz", GOLDEN.with_name("format-2.npz")
    mine.write_bytes(golden.read_bytes())
    said, person = json.loads(golden.with_suffix(".json").read_text()), Personal(model, mine)
    for word, (expected, y) in zip(person.predict(said["text"], 5).words, said["words"], strict=True):
        assert (word.word, word.probability) == (expected, pytest.approx(y, rel=1e-4))
    assert person.score(said["scored"]).perplexity_closed == pytest.approx(said["perplexity"], rel=1e-4)
    assert person.predictor.history.content.ids.tolist() == said["history"]
    assert not new_words(mine).words
    person.learn(said["learned"])
    with np.load(mine) as arrays:
        assert int(arrays["format"]) == 3


def test_forget_removes_personal_files_only(path: Path) -> None:
    rewrite(path, record=text({"learnt": 2}))
    with pytest.raises(CheckpointError, match="my.npz: is not what --learn has written; it is left as it is"):
        forget(path)
    rewrite(path, record=text({"learnt": 2, "model": ""}), read=[-1])  # whatever else it holds
    forget(path)
    assert not path.exists()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda learned: learned.params["Ws"].fill(np.nan), "Ws holds numbers that are not finite"),
        (lambda learned: learned.params["Wx"].__setitem__((8, 0), np.inf), "Wx holds numbers that are not finite"),
        (lambda learned: learned.states.fill(np.nan), "states holds numbers that are not finite"),
        (lambda learned: learned.mixture.fill(0.5), "the mixture weights do not sum to 1"),
        (lambda learned: learned.words.fill(V + NEW), "words holds words outside the vocabulary"),
        (lambda learned: learned.history.ids.fill(V + NEW), "history holds words outside the vocabulary"),
        (lambda learned: learned.history.weights.fill(np.nan), "history_weights holds numbers that are not finite"),
        (lambda learned: learned.history.fitted.fill(0), "weights of the history are not"),
    ],
)
def test_learned_that_could_not_be_loaded_is_not_saved_and_the_old_file_stays(
    path: Path, base: Weights, learned: Learned, change: Any, why: str
) -> None:
    """A gradient that was not a number once ruined the file, and all that was learned with it."""
    old = path.read_bytes()
    change(learned)
    with pytest.raises(CheckpointError, match=f"^{path}: not saved.*{why}"):
        save(path, base, learned)
    assert path.read_bytes() == old
