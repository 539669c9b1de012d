"""The model file: everything back, and nothing accepted that is not whole."""

import json
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnncli.errors import CheckpointError, FileError
from rnncli.network.parameters import Params, initial
from rnncli.run.recipe import fitted
from rnncli.storage import archive
from rnncli.storage.checkpoint import MEMBERS, Checkpoint, load, save
from rnncli.text.vocabulary import SPECIALS, Vocabulary


@pytest.fixture
def made() -> Checkpoint:
    words = [*SPECIALS, "the", "naïve", "日本", " ", "don't"]
    shown = [*SPECIALS, "the", "Naïve", "日本", " ", "don’t"]
    params = initial(len(words), 3, np.random.default_rng(0))
    return Checkpoint(
        params,
        Vocabulary(words, shown, [9, 1, 5, 4, 3, 2, 1], "fold", True, ["żubr", "Elk"], [2, 1]),
        fitted({}, 99),
        {
            "corpus": {
                "words": 16,
                "sentences_by": "lines",
                "distinct": 5,
                "kept": 5,
                "covered": 1.0,
                "held_out": 4,
                "held_out_known": 0.5,
                "validated_on": "naïve.txt",
                "digest": "0f" * 32,
            },
            "validation": {"perplexity": 1.5, "words": 4},
            "temperature": 1.0,
            "curve": [[1, 1.5]],
            "plan": {"steps": 9, "slowed": None, "evaluations": 1, "points": [[0, 0.0], [9, 1]]},
            "version": "0.1.0",
        },
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.npz"


def test_what_is_saved_is_what_is_loaded(made: Checkpoint, path: Path) -> None:
    save(path, made)
    loaded = load(path)
    for old, new in zip(made.params, loaded.params, strict=True):
        np.testing.assert_array_equal(old, new)
        assert new.dtype == np.float32
    assert (loaded.vocabulary, loaded.settings, loaded.record) == (
        made.vocabulary,
        made.settings,
        made.record,
    )


def test_equal_models_give_equal_bytes(made: Checkpoint, tmp_path: Path) -> None:
    for name in "ab":
        save(tmp_path / name, made)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_what_is_said_of_the_training_is_in_one_order_and_as_written(made: Checkpoint, path: Path) -> None:
    save(path, made)
    with np.load(path) as arrays:
        for text in (arrays["record"].tobytes().decode(), arrays["settings"].tobytes().decode()):
            assert text == json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False)
        assert "naïve.txt" in arrays["record"].tobytes().decode()


def test_numpy_opens_it_without_pickle_and_finds_the_formulas_names(made: Checkpoint, path: Path) -> None:
    save(path, made)
    with np.load(path, allow_pickle=False) as archive:
        assert set(archive.files) == set(MEMBERS) >= {"Wx", "Ws", "bs", "Wy", "by"}
        np.testing.assert_array_equal(archive["Ws"], made.params.Ws)
    with zipfile.ZipFile(path) as archive:
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}


def test_every_flipped_bit_and_every_cut_is_refused(made: Checkpoint, path: Path) -> None:
    save(path, made)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for at in [*rng.integers(0, len(whole), 300), *range(len(whole) - 100, len(whole))]:
        damaged = bytearray(whole)
        damaged[at] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError):
            load(path)
    for length in [*rng.integers(0, len(whole), 50), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(CheckpointError):
            load(path)
    path.write_bytes(whole + b"x")
    with pytest.raises(CheckpointError):
        load(path)


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "empty file"), (b"some text\n", "not an rnncli model"), (b"PK" * 99, "not an rnncli")],
)
def test_other_files_are_refused(path: Path, content: bytes, why: str) -> None:
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=why):
        load(path)


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="No such file"):
        load(tmp_path / "nothing.npz")
    with pytest.raises(FileError, match="directory"):
        load(tmp_path)


def test_what_is_no_regular_file_is_not_waited_for(path: Path) -> None:
    os.mkfifo(path)
    for other in (path, Path("/dev/zero"), Path("/dev/null")):
        with pytest.raises(FileError, match="not a regular file"):
            load(other)


def forge(made: Checkpoint, path: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Writes the checkpoint with some members changed (None: left out) and a seal that fits."""
    write = archive.write

    def forged(file: Any, arrays: dict[str, Any]) -> None:
        write(file, {name: array for name, array in (arrays | changes).items() if array is not None})

    monkeypatch.setattr(archive, "write", forged)
    save(path, made)
    monkeypatch.undo()


def blob(value: Any) -> np.ndarray:
    return np.frombuffer(json.dumps(value).encode(), np.uint8)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"format": np.array(2, np.int32)}, "format 2"),
        ({"format": None}, "where format should be"),
        ({"Ws": None}, "where Ws should be there is something else"),
        ({"more": np.zeros(1)}, "its directory is not"),
        ({"Ws": np.zeros((3, 3))}, "where Ws should be"),
        ({"Ws": np.zeros((3, 4), np.float32)}, r"Ws has shape \(3, 4\), not \(3, 3\)"),
        ({"Wx": np.zeros(3, np.float32)}, r"Wx has shape \(3,\)"),
        ({"Wy": np.zeros((8, 3), np.float32)}, "Wy has shape"),
        ({"Wx": np.zeros((0, 3), np.float32)}, r"Wx has shape \(0, 3\)"),
        ({"Wx": np.zeros((7, 3, 1), np.float32)}, "where Wx should be"),
        ({"by": np.full(7, np.nan, np.float32)}, "by holds numbers that are not finite"),
        ({"by": np.full(7, -3e38, np.float32)}, "too large"),
        ({"counts": np.zeros(3, np.int64)}, "counts has shape"),
        ({"words_at": np.array([0, 5, 5, 13, 19, 25, 26, 31])}, "word 1 is empty"),
        ({"words_at": np.arange(8)}, r"damaged file \(words and their places do not fit\)"),
        ({"rare_counts": np.ones(1, np.int64)}, r"damaged file \(1 counts for 2 rare words\)"),
        ({"words": np.full(40, 0xFF, np.uint8)}, "do not fit|utf-8"),
        ({"settings": blob(vars(fitted({})) | {"hidden": -1})}, "hidden"),
        ({"settings": blob({"surprise": 1})}, "surprise"),
        ({"settings": blob([])}, "JSON has other entries"),
        ({"settings": blob({"hidden": [1]})}, "hidden is \\[1\\]"),
        ({"record": blob({})}, "JSON has other entries"),
        ({"record": np.frombuffer(b"{", np.uint8)}, "Expecting"),
    ],
)
def test_a_seal_that_fits_does_not_make_a_model(
    made: Checkpoint, path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], why: str
) -> None:
    forge(made, path, monkeypatch, **changes)
    with pytest.raises(CheckpointError, match=why):
        load(path)


def test_nothing_is_ever_unpickled(made: Checkpoint, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Canary:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(path.parent / "unpickled"),)

    pickled = np.frombuffer(pickle.dumps(Canary()), np.uint8)
    dtype_of = archive._npy_header
    monkeypatch.setattr(
        archive, "_npy_header", lambda name, at, dtype, shape: dtype_of(name, at, np.dtype(object), (len(pickled),))
    )
    forge(made, path, monkeypatch, **dict.fromkeys(MEMBERS, pickled))
    with pytest.raises(CheckpointError, match="damaged file"):
        load(path)
    assert not (path.parent / "unpickled").exists()


def test_words_must_be_different_and_begin_with_the_special_ones(made: Checkpoint, path: Path) -> None:
    twice = made._replace(vocabulary=Vocabulary(["<eos>", "<unk>", *"aabcd"], list("1234567"), [1] * 7, "fold", True))
    save(path, twice)
    with pytest.raises(CheckpointError, match="6 words for 7 rows"):
        load(path)
    save(path, made._replace(vocabulary=Vocabulary(list("abcdefg"), list("1234567"), [1] * 7, "fold", True)))
    with pytest.raises(CheckpointError, match="the first words are not <eos> <unk>"):
        load(path)


def test_float64_parameters_are_saved_as_float32(made: Checkpoint, path: Path) -> None:
    save(path, made._replace(params=Params(*(w.astype(np.float64) for w in made.params))))
    assert load(path).params.Ws.dtype == np.float32
