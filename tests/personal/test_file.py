"""The personal file: what is saved is loaded, and what is wrong in it is refused by name."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.errors import CheckpointError
from rnncli.network.parameters import Weights, initial
from rnncli.personal.file import ARRAYS, Learned, fingerprint, forget, load, save
from rnncli.storage import archive

V, H = 9, 3


@pytest.fixture
def base() -> Weights:
    return initial(V, H, np.random.default_rng(0))


@pytest.fixture
def learned(base: Weights) -> Learned:
    rng = np.random.default_rng(1)
    params = base._replace(**{name: w.copy() for name, w in base._asdict().items()})
    read, predicted = np.array([0, 8]), np.array([1, 4, 7])
    params.Wx[read] += 1
    params.Wy[predicted] += 2
    params.by[predicted] += 3
    params.Ws[:] += 4
    params.bs[:] += 5
    states = rng.random((2, H), np.float32)
    counts, believed = np.arange(V) / 1.0, np.array([0.5, 0.0, 0.25, 0.25])
    return Learned(params, read, predicted, states, np.array([0, 8], np.int32), counts, believed, 2)


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
    for old, new in zip((*learned.params, *learned[1:]), (*loaded.params, *loaded[1:]), strict=True):
        np.testing.assert_array_equal(old, new)
    assert all(ours is not theirs for ours, theirs in zip(loaded.params[:-1], base[:-1], strict=True))


def test_numpy_opens_it_and_its_json_is_sorted(path: Path, base: Weights) -> None:
    with np.load(path, allow_pickle=False) as arrays:
        assert list(arrays) == list(ARRAYS)
        assert arrays["record"].tobytes() == b'{"learnt": 2, "model": "%s"}' % fingerprint(base).encode()


def test_fingerprint_depends_on_shape_and_weights(base: Weights) -> None:
    prints = {fingerprint(base), fingerprint(base._replace(Wx=base.Wx[:-1]))}
    for name in ("Ws", "bs", "bk", "by"):
        changed = getattr(base, name).copy()
        changed.flat[-1] += 1
        prints.add(fingerprint(base._replace(**{name: changed})))
    assert len(prints) == 6


def bad(name: str, at: Any, value: float) -> Any:
    """Returns what makes an array with another value at one place."""

    def make(learned: Learned) -> dict[str, Any]:
        arrays = learned.params._asdict() | learned._asdict()
        arrays |= {"foreseen": learned.predicted, "believed": learned.mixture}
        array = {
            "Wx": lambda: arrays["Wx"][learned.read],
            "Wy": lambda: arrays["Wy"][learned.predicted],
            "by": lambda: arrays["by"][learned.predicted],
        }.get(name, lambda: arrays[name])()
        array = np.array(array)
        array[at] = value
        return {name: array}

    return make


SHARES = "damaged file (counts or mixture weights (believed) are negative, or the mixture weights do not sum to 1)"
CASES: dict[str, tuple[Any, str]] = {
    **{
        f"{name} not finite": (
            bad(name, -1, np.inf),
            f"damaged file ({name} holds numbers that are not finite",
        )
        for name in ("Wx", "Wy", "by", "Ws", "bs", "states", "counts", "believed")
    },
    **{
        f"{name} {n}": (bad(name, -1, n), f"damaged file ({name} holds words outside the vocabulary)")
        for name in ("read", "foreseen", "words")
        for n in (-1, V)
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
        lambda _: {"format": 2},
        "made by another rnncli (format 2; this one reads 1). Use that one",
    ),
    "two formats": (lambda _: {"format": [1, 1]}, "made by another rnncli"),
    "shapes": (lambda _: {"bs": [0.0]}, f"damaged file (bs has shape (1,), not ({H},))"),
    "rows": (lambda learned: {"read": learned.read[:1]}, f"damaged file (Wx has shape (2, {H}), not (1, {H}))"),
    "no list": (lambda _: {"words": 3}, "damaged file (words has shape (), not (2,))"),
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
        (lambda learned: learned.params.Ws.fill(np.nan), "Ws holds numbers that are not finite"),
        (lambda learned: learned.params.Wx.__setitem__((8, 0), np.inf), "Wx holds numbers that are not finite"),
        (lambda learned: learned.states.fill(np.nan), "states holds numbers that are not finite"),
        (lambda learned: learned.mixture.fill(0.5), "the mixture weights do not sum to 1"),
        (lambda learned: learned.words.fill(V), "words holds words outside the vocabulary"),
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
