"""The model file: what is saved is loaded, and nothing is saved or loaded that is damaged."""

import json
import os
import pickle
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rnncli
from rnncli.counts.counting import count
from rnncli.counts.mixture import NgramModel, class_count
from rnncli.errors import CheckpointError, FileError
from rnncli.network.cells import Elman, initial, named
from rnncli.run.recipe import fitted
from rnncli.storage import archive
from rnncli.storage.checkpoint import ARRAYS as WHOLE
from rnncli.storage.checkpoint import OF_GATED, Checkpoint, load, save
from rnncli.storage.ngrams import encode
from rnncli.text.spool import Spool
from rnncli.text.vocabulary import SPECIALS, Vocabulary

ARRAYS = {*WHOLE} - {*OF_GATED}  # of a model of an Elman network


@pytest.fixture
def made() -> Checkpoint:
    words = [*SPECIALS, "the", "naïve", "日本", " ", "don't"]
    display_forms = [*SPECIALS, "the", "Naïve", "日本", " ", "don’t"]
    params = initial(Elman(), len(words), 3, np.random.default_rng(0))
    return Checkpoint(
        params,
        Vocabulary(words, display_forms, [9, 1, 5, 4, 3, 2, 1], "fold", True, ["żubr", "Elk"], [2, 1]),
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


def test_load_returns_what_was_saved(made: Checkpoint, path: Path) -> None:
    save(path, made)
    loaded = load(path)
    np.testing.assert_equal(loaded.params, made.params)
    assert {w.dtype for w in loaded.params.values()} == {np.dtype(np.float32)}
    assert (loaded.vocabulary, loaded.settings, loaded.record) == (
        made.vocabulary,
        made.settings,
        made.record,
    )


def gated(made: Checkpoint, cell: str, with_ngrams: bool = False, embedding: str = "tied") -> Checkpoint:
    """Gives a model a network of a gated cell, and n-grams beside it."""
    of_name = named(cell, embedding)
    assert of_name
    params = initial(of_name, len(made.vocabulary), 3, np.random.default_rng(1))
    settings = replace(made.settings, cell=cell, embedding=embedding, ngrams=4 if with_ngrams else 0)
    return made._replace(params=params, settings=settings, ngrams=ngrams() if with_ngrams else None)


def ngrams() -> NgramModel:
    """Counts the n-grams of a few sentences."""
    spool = Spool(tempfile.TemporaryFile())
    spool.append(np.array([0, 2, 3, 4, 0, 2, 3, 5, 1, 0, 6, 2, 3, 0], np.int32))
    counted = count(spool, 7, 4, tempfile.TemporaryFile, most=1 << 30)
    return NgramModel(counted, np.random.default_rng(2).random(class_count(4)))


@pytest.mark.parametrize("with_ngrams", [False, True])
@pytest.mark.parametrize("embedding", ["own", "tied"])
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_gated_cell_is_loaded_as_it_was_saved_and_has_a_format_of_its_own(
    made: Checkpoint, path: Path, cell: str, embedding: str, with_ngrams: bool
) -> None:
    model = gated(made, cell, with_ngrams, embedding)
    save(path, model)
    loaded = load(path)
    np.testing.assert_equal(loaded.params, model.params)
    assert loaded[1:4] == model[1:4]
    assert (loaded.ngrams is not None) == with_ngrams
    if loaded.ngrams and model.ngrams:
        np.testing.assert_equal(encode(loaded.ngrams), encode(model.ngrams))
    whole = path.read_bytes()
    save(path, loaded)
    assert path.read_bytes() == whole
    with np.load(path, allow_pickle=False) as arrays:
        assert int(arrays["format"]) == 4
        assert arrays["cell"].tobytes().decode() == f"{cell} {embedding}"
        assert int(arrays["order"]) == (4 if with_ngrams else 0)
        assert "cell" not in json.loads(arrays["settings"].tobytes())
        assert {name for name in arrays if "ngram" not in name} - {"unigrams", "discounts", "network_weights"} == {
            *WHOLE
        } - {"bk"}


@pytest.mark.parametrize("with_ngrams", [False, True])
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_gated_model_predicts_the_same_after_it_was_saved(
    made: Checkpoint, path: Path, cell: str, with_ngrams: bool
) -> None:
    model = rnncli.LanguageModel(*gated(made, cell, with_ngrams))
    model.save(path)
    loaded = rnncli.load(path)
    np.testing.assert_array_equal(loaded.probabilities("the"), model.probabilities("the"))
    assert loaded.score("the naïve the").perplexity == model.score("the naïve the").perplexity


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"cell": "rnn"}, r"damaged file \(cell is 'rnn'\)"),
        ({"cell": "elman"}, r"damaged file \(cell is 'elman'\)"),
        ({"cell": ""}, r"damaged file \(cell is ''\)"),
        ({"cell": "ĝru"}, r"damaged file \(cell is "),
        ({"cell": "gru" * 1000}, r"damaged file \(cell is '(gru){13}\)"),
        ({"cell": "gru"}, r"damaged file \(cell is 'gru'\)"),
        ({"cell": "gru both"}, r"damaged file \(cell is 'gru both'\)"),
        ({"cell": "gru tied"}, r"Wx has shape \(3, 4, 3\)"),
        ({"cell": "lstm own"}, r"Wy has shape|Ws has shape"),
        ({"cell": None}, "where cell should be"),
        ({"order": None}, "where order should be"),
        ({"order": np.array([0], np.int32)}, r"order has shape \(1,\), not \(\)"),
        ({"order": np.array(4, np.int32)}, "ngram_bytes"),
        ({"format": np.array(2, np.int32)}, "where Wx should be"),
        ({"format": np.array(5, np.int32)}, "format 5; this one reads 1, 2, 3 and 4"),
        ({"Wx": np.zeros((7, 3), np.float32)}, r"Wx has shape \(7, 3\)"),
        ({"Ws": np.zeros((3, 12), np.float32)}, r"Ws has shape \(3, 12\)"),
        ({"bs": np.zeros(12, np.float32)}, r"bs has shape \(12,\)"),
        ({"Wy": np.zeros((8, 3), np.float32)}, r"by has shape \(7,\)"),
        ({"bs": np.full((4, 3), np.inf, np.float32)}, "bs holds numbers that are not finite"),
    ],
)
def test_forged_gated_model_is_refused(
    made: Checkpoint, path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], why: str
) -> None:
    named = {name: text(value) if isinstance(value, str) else value for name, value in changes.items()}
    forge(gated(made, "lstm"), path, monkeypatch, **named)
    with pytest.raises(CheckpointError, match=why):
        load(path)


@pytest.mark.parametrize(("of", "said"), [("lstm", "gru"), ("gru", "elman"), ("elman", "gru")])
def test_settings_that_name_another_cell_are_refused(
    made: Checkpoint, path: Path, monkeypatch: pytest.MonkeyPatch, of: str, said: str
) -> None:
    model = made if of == "elman" else gated(made, of)
    forge(model, path, monkeypatch, settings=blob(vars(model.settings) | {"cell": said}))
    with pytest.raises(CheckpointError, match=f"cell is {of}, (own|tied), and not {said}, "):
        load(path)


def test_order_that_is_not_that_of_the_ngrams_is_refused(
    made: Checkpoint, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for order in (3, 5, -1):
        forge(gated(made, "gru", with_ngrams=True), path, monkeypatch, order=np.array(order, np.int32))
        with pytest.raises(CheckpointError, match="n-grams"):
            load(path)


def test_equal_models_give_equal_bytes(made: Checkpoint, tmp_path: Path) -> None:
    for name in "ab":
        save(tmp_path / name, made)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_json_is_sorted_and_not_escaped(made: Checkpoint, path: Path) -> None:
    save(path, made)
    with np.load(path) as arrays:
        for text in (arrays["record"].tobytes().decode(), arrays["settings"].tobytes().decode()):
            assert text == json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False)
        assert "naïve.txt" in arrays["record"].tobytes().decode()


def test_numpy_opens_it_without_pickle_under_the_names_of_the_formulas(made: Checkpoint, path: Path) -> None:
    save(path, made)
    with np.load(path, allow_pickle=False) as archive:
        assert set(archive.files) == set(ARRAYS) >= {"Wx", "Ws", "bs", "Wy", "by"}
        np.testing.assert_array_equal(archive["Ws"], made.params["Ws"])
    with zipfile.ZipFile(path) as archive:
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}


def test_flipped_bits_cuts_and_added_bytes_are_refused(made: Checkpoint, path: Path) -> None:
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
def test_files_of_other_kinds_are_refused(path: Path, content: bytes, why: str) -> None:
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=why):
        load(path)


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="No such file"):
        load(tmp_path / "nothing.npz")
    with pytest.raises(FileError, match="directory"):
        load(tmp_path)


def test_pipe_and_device_are_refused_without_waiting(path: Path) -> None:
    os.mkfifo(path)
    for other in (path, Path("/dev/zero"), Path("/dev/null")):
        with pytest.raises(FileError, match="not a regular file"):
            load(other)


def forge(made: Checkpoint, path: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Writes the checkpoint with some arrays changed (None: left out) and a valid checksum."""
    write = archive.write

    def forged(file: Any, arrays: dict[str, Any]) -> None:
        write(file, {name: array for name, array in (arrays | changes).items() if array is not None})

    monkeypatch.setattr(archive, "write", forged)
    save(path, made)
    monkeypatch.undo()


def with_last(name: str, value: float) -> Callable[[Checkpoint], Checkpoint]:
    """Changes the last number of an array of weights, in float64."""

    def change(made: Checkpoint) -> Checkpoint:
        array = made.params[name].astype(np.float64)
        array.flat[-1] = value
        return made._replace(params=made.params | {name: array})

    return change


def with_vocabulary(**changes: Any) -> Callable[[Checkpoint], Checkpoint]:
    return lambda made: made._replace(vocabulary=replace(made.vocabulary, **changes))


def text(value: str) -> np.ndarray:
    return np.frombuffer(value.encode(), np.uint8)


def blob(value: Any) -> np.ndarray:
    return text(json.dumps(value))


PLACES = np.array([0, 5, 10, 13, 16, 22, 23, 28])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"format": np.array(5, np.int32)}, "format 5"),
        ({"format": np.array(4, np.int32)}, "where cell should be"),
        ({"format": None}, "where format should be"),
        ({"Ws": None}, "where Ws should be there is something else"),
        ({"more": np.zeros(1)}, "its directory does not match"),
        ({"Ws": np.zeros((3, 3))}, "where Ws should be"),
        ({"Ws": np.zeros((3, 4), np.float32)}, r"Ws has shape \(3, 4\), not \(3, 3\)"),
        ({"Wx": np.zeros(3, np.float32)}, r"Wx has shape \(3,\)"),
        ({"Wy": np.zeros((8, 3), np.float32)}, "Wy has shape"),
        ({"Wx": np.zeros((0, 3), np.float32)}, r"Wx has shape \(0, 3\)"),
        ({"Wx": np.zeros((7, 3, 1), np.float32)}, r"Wx has shape \(7, 3, 1\)"),
        ({"Wx": np.zeros((7, 3, 1, 1), np.float32)}, "where Wx should be"),
        ({"by": np.full(7, np.nan, np.float32)}, "by holds numbers that are not finite"),
        ({"by": np.full(7, -3e38, np.float32)}, "too large"),
        ({"counts": np.zeros(3, np.int64)}, "counts has shape"),
        ({"words_at": np.array([0, 5, 5, 13, 19, 25, 26, 31])}, "word 1 of words is empty"),
        ({"words_at": np.arange(8)}, r"damaged file \(words and words_at do not fit\)"),
        ({"rare_counts": np.ones(1, np.int64)}, r"damaged file \(rare_counts has shape \(1,\), not \(2,\)\)"),
        ({"rare_counts": np.array([2, 0])}, "rare_counts holds a count below 1"),
        ({"counts": np.array([9, 1, 5, 4, 3, 2, -1])}, "counts holds a count below 0"),
        ({"words": text("<eos><unk>thethe日本 don't"), "words_at": PLACES}, "6 words for 7 rows"),
        ({"words": text("<EOS><unk>thecat日本 don't"), "words_at": PLACES}, "the first words are not <eos> <unk>"),
        ({"words": np.full(40, 0xFF, np.uint8)}, "do not fit|utf-8"),
        ({"settings": blob(vars(fitted({})) | {"hidden": -1})}, "hidden"),
        ({"settings": blob({"surprise": 1})}, "surprise"),
        ({"settings": blob([])}, "settings is not an object"),
        ({"settings": blob({"hidden": [1]})}, "hidden is \\[1\\]"),
        ({"record": blob({})}, "record lacks capitals, corpus, curve"),
        ({"record": np.frombuffer(b"{", np.uint8)}, "Expecting"),
    ],
)
def test_forged_content_with_a_valid_checksum_is_refused(
    made: Checkpoint, path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], why: str
) -> None:
    forge(made, path, monkeypatch, **changes)
    with pytest.raises(CheckpointError, match=why):
        load(path)


def test_nothing_is_unpickled(made: Checkpoint, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Canary:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(path.parent / "unpickled"),)

    pickled = np.frombuffer(pickle.dumps(Canary()), np.uint8)
    dtype_of = archive._npy_header
    monkeypatch.setattr(
        archive, "_npy_header", lambda name, at, dtype, shape: dtype_of(name, at, np.dtype(object), (len(pickled),))
    )
    forge(made, path, monkeypatch, **dict.fromkeys(ARRAYS, pickled))
    with pytest.raises(CheckpointError, match="damaged file"):
        load(path)
    assert not (path.parent / "unpickled").exists()


UNREADABLE: dict[str, tuple[Callable[[Checkpoint], Checkpoint], str]] = {
    "no record": (
        lambda made: made._replace(record={}),
        "record lacks corpus, curve, plan, temperature",
    ),
    "unknown entry": (lambda made: made._replace(record={**made.record, "x": 1}), "record has an unknown entry 'x'"),
    "object": (lambda made: made._replace(record={**made.record, "version": object()}), "object is not JSON serial"),
    "mixture": (  # the weights of a network beside those of its learning copy
        lambda made: made._replace(params=made.params | {"Wx": np.hstack([made.params["Wx"]] * 2)}),
        r"Ws has shape \(3, 3\), not \(6, 6\)",
    ),
    "NaN": (with_last("Wy", np.nan), "Wy holds numbers that are not finite, or too large"),
    "infinite": (with_last("bk", np.inf), "bk holds numbers that are not finite, or too large"),
    "infinite as float32": (with_last("by", 1e300), "by holds numbers that are not finite, or too large"),
    "words too few": (with_vocabulary(words=[*SPECIALS, *"abcd"]), "6 words for 7 rows"),
    "word twice": (with_vocabulary(words=[*SPECIALS, *"aabcd"]), "6 words for 7 rows"),
    "word empty": (with_vocabulary(words=[*SPECIALS, "", *"abcd"]), "word 2 of words is empty"),
    "special words": (with_vocabulary(words=[*"abcdefg"]), "the first words are not <eos> <unk>"),
    "surrogate": (with_vocabulary(display_forms=[*SPECIALS, *"abcd", "\ud800"]), "surrogates not allowed"),
    "counts too few": (with_vocabulary(counts=[1] * 6), r"counts has shape \(6,\), not \(7,\)"),
    "count too large": (with_vocabulary(counts=[1 << 63] * 7), "too large"),
    "rare counts too few": (with_vocabulary(rare_counts=[1]), r"rare_counts has shape \(1,\), not \(2,\)"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_model_that_could_not_be_loaded_is_not_saved_and_no_file_touched(
    made: Checkpoint, path: Path, case: str
) -> None:
    make, why = UNREADABLE[case]
    path.write_bytes(b"old")
    with pytest.raises(CheckpointError, match=f"^{path}: not saved.*{why}"):
        save(path, make(made))
    assert path.read_bytes() == b"old"
    assert os.listdir(path.parent) == [path.name]


def test_language_model_without_a_record_is_not_saved(made: Checkpoint, path: Path) -> None:
    model = rnncli.LanguageModel(made.params, made.vocabulary, made.settings, {})
    with pytest.raises(rnncli.CheckpointError, match="not saved, because it could not be loaded again: record lacks"):
        model.save(path)
    assert not path.exists()


def test_float64_weights_are_saved_as_float32(made: Checkpoint, path: Path) -> None:
    save(path, made._replace(params={name: w.astype(np.float64) for name, w in made.params.items()}))
    assert load(path).params["Ws"].dtype == np.float32


def test_tokenizer_that_the_first_rules_do_not_have_is_refused(made: Checkpoint, path: Path) -> None:
    former = made._replace(settings=replace(made.settings, rules=1))
    save(path, former)
    with pytest.raises(CheckpointError, match="tokenizer dictionary in format 1"):
        save(path, former._replace(settings=replace(former.settings, tokenizer="dictionary")))
