"""The training state: what is saved is loaded, and nothing is saved or loaded that a run cannot go on from."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rnncli
from rnncli.errors import CheckpointError
from rnncli.network.parameters import Params, initial
from rnncli.run.recipe import fitted
from rnncli.storage import archive
from rnncli.storage.checksum import resume_path
from rnncli.storage.resumption import Resumption, Stopped, load, save
from rnncli.text.report import Report

V, H, B = 5, 3, 2
Change = Callable[[dict[str, Any]], dict[str, Any]]


def params_of(seed: int, width: int = H) -> Any:
    return initial(V, width, np.random.default_rng(seed))


def stopped(seed: int, optimizer: str, width: int = H) -> Stopped:
    params, rng = params_of(seed, width), np.random.default_rng(seed)
    memory = {}
    if optimizer == "adam":
        m = [rng.random(w.shape, np.float32) if w.ndim == 1 else np.zeros(0, np.float32) for w in params]
        v = [rng.random(w.shape, np.float32) for w in params]
        memory = {"m": m, "v": v, "touched": [rng.integers(0, 9, len(w)) for w in params]}
    return Stopped(params, memory, rng.random((B, width), np.float32))


def run_of(optimizer: str = "adam", networks: int = 2) -> Resumption:
    rng = np.random.default_rng(0).bit_generator.state
    record = {
        "settings": asdict(fitted({"hidden": H, "optimizer": optimizer, "epochs": 3})),
        "corpus": asdict(Report(9, "lines", 4, V - 2, 1.0, 3, 0.5, "held out", "0f")),
        "points": [[0, 0.0], [9, 0.5]],
        "clock": {"left": 1.5, "whole": 3.0, "paces": [0.1, 0.2], "looked": [9, 1.5]},
        "evaluations": 10,
        "readings": 2.5,
        "last": None,
        "slowed": None,
        "state": {"step": 9, "lowest": 2.5, "waited": 0, "temperature": 1.0, "rngs": [[rng]] * networks},
        "temperature": 1.0,
        "curve": [[1, 12.5]],
        "numerics": "NumPy",
        "version": "0.1.0",
    }
    return Resumption([stopped(n, optimizer) for n in range(networks)], params_of(7, networks * H), record)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.npz.resume"


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("has_best", [True, False])
def test_load_returns_what_was_saved(path: Path, optimizer: str, has_best: bool) -> None:
    run = run_of(optimizer)
    run = run if has_best else run._replace(best=None)
    save(path, run)
    loaded = load(path)
    assert loaded.record == run.record
    assert (loaded.best is None) is not has_best
    for old, new in zip(flat([run.members, run.best]), flat([loaded.members, loaded.best]), strict=True):
        np.testing.assert_array_equal(old, new)
        assert old.dtype == new.dtype


def flat(arrays: Any) -> list[np.ndarray]:
    """The arrays of nested containers, without the empty ones."""
    if isinstance(arrays, np.ndarray) or arrays is None:
        return [] if arrays is None or not arrays.size else [arrays]
    return [a for part in (arrays.values() if isinstance(arrays, dict) else arrays) for a in flat(part)]


@pytest.mark.parametrize("base", [b"", b"a model", None])
def test_state_holds_the_file_of_the_model_that_the_run_goes_on_from(path: Path, base: bytes | None) -> None:
    save(path, run_of()._replace(base=base))
    assert load(path).base == base
    with np.load(path) as arrays:
        assert (int(arrays["format"]), "base" in arrays) == ((2, False) if base is None else (3, True))


def test_json_is_sorted(path: Path) -> None:
    save(path, run_of())
    with np.load(path) as arrays:
        text = arrays["record"].tobytes().decode()
    assert text == json.dumps(json.loads(text), sort_keys=True)


def rewrite(path: Path, change: Change) -> None:
    """Writes the file anew, with changed arrays and a valid checksum."""
    with np.load(path) as file:
        arrays = {name: np.array(file[name]) for name in file.files}
    with path.open("wb") as file:
        archive.write(file, change(arrays))


def with_array(name: str, value: Any) -> Change:
    return lambda arrays: arrays | {name: np.asarray(value, arrays[name].dtype)}


def with_last(name: str, value: float) -> Change:
    def change(arrays: dict[str, Any]) -> dict[str, Any]:
        arrays[name].flat[-1] = value
        return arrays

    return change


def with_record(*keys: str, value: Any) -> Change:
    def change(arrays: dict[str, Any]) -> dict[str, Any]:
        record = json.loads(arrays["record"].tobytes())
        part = record
        for key in keys[:-1]:
            part = part[key]
        part[keys[-1]] = value
        return arrays | {"record": np.frombuffer(json.dumps(record).encode(), np.uint8)}

    return change


def without_optimizer(arrays: dict[str, Any]) -> dict[str, Any]:
    return {name: a[:0].reshape(0) if name[1:3] in (".v", ".m", ".t") else a for name, a in arrays.items()}


FORGED: dict[str, tuple[Change, str]] = {
    "format": (
        with_array("format", 1),
        r"made by another rnncli \(format 1; this one reads 2 and 3\). Finish the training",
    ),
    "format of a run from a model": (with_array("format", 3), "where base should be there is something else"),
    "formats": (with_array("format", [1, 1]), "made by another rnncli"),
    "shape": (with_array("0.Ws", np.zeros((2, 3))), r"damaged file \(0.Ws has shape \(2, 3\), not \(3, 3\)\)"),
    "weights NaN": (with_last("1.by", np.nan), "1.by holds numbers that are not finite"),
    "m NaN": (with_last("0.m.by", np.nan), "0.m.by holds numbers that are not finite"),
    "m of another shape": (with_array("0.m.by", [1.0]), r"0.m.by has shape \(1,\), not \(5,\) or \(0,\)"),
    "optimizer empty": (without_optimizer, r"0.v.Wx has shape \(0,\), not \(5, 3\)"),
    "touched empty": (with_array("1.touched.Ws", []), r"1.touched.Ws has shape \(0,\), not \(3,\)"),
    "touched negative": (with_last("0.touched.by", -1), "0.touched.by holds negative numbers"),
    "v negative": (with_last("0.v.Wy", -1), "0.v.Wy holds negative numbers"),
    "optimizer of sgd": (with_record("settings", "optimizer", value="sgd"), r"0.m.bs has shape \(3,\), not \(0,\)"),
    "state NaN": (with_last("0.s", np.inf), "0.s holds numbers that are not finite"),
    "state of another width": (with_array("0.s", np.zeros((2, 4))), r"0.s has shape \(2, 4\), not \(n, 3\)"),
    "best NaN": (with_last("best.Ws", np.nan), "best.Ws holds numbers that are not finite"),
    "best in part": (with_array("best.bs", []), "best is neither a network nor empty"),
    "record": (with_record("evaluations", value="many"), "evaluations is 'many'"),
    "step": (with_record("state", "step", value=-1), "step is negative"),
    "setting": (with_record("settings", "hidden", value=0), r"0.Wx has shape \(5, 3\), not \(5, 0\)"),
    "setting unknown": (with_record("settings", "surprise", value=0), "surprise"),
    "points backwards": (with_record("points", value=[[0, 0], [9, 0.5], [9, 1]]), "points do not rise"),
    "points without a start": (with_record("points", value=[[1, 0]]), "points do not rise"),
    "points past the end": (with_record("points", value=[[0, 0], [9, 1.5]]), "points do not rise"),
    "pace of zero": (with_record("clock", "paces", value=[0.0]), "clock holds a pace that is not positive"),
    "endless time": (with_record("clock", "left", value=float("inf")), "a time that is not finite"),
}


def without_network(**changes: Any) -> Resumption:
    """Makes a run that trains n-grams alone, and changes its record."""
    run = run_of(networks=1)
    params = params_of(0, 0)
    members = [stopped(0, "adam", 0)]
    settings = {"settings": asdict(fitted({"hidden": 0})), "points": [[0, 0.0]], "ended": True}
    return Resumption(members, params, {**run.record, **settings, **changes})


def test_run_without_a_network_is_restored_as_it_was(path: Path) -> None:
    run = without_network(curve=None, clock=None)
    save(path, run)
    loaded = load(path)
    assert loaded.record == run.record
    assert loaded.best is not None
    for one, other in zip((*loaded.best, loaded.members[0].s), (*run.best, run.members[0].s), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("changes", [{"best": None}, {"record": without_network(ended=False).record}])
def test_run_without_a_network_that_has_steps_left_is_refused(path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(CheckpointError, match="a run without a network has not ended"):
        save(path, without_network()._replace(**changes))


@pytest.mark.parametrize("case", FORGED)
def test_forged_state_with_a_valid_checksum_is_refused(path: Path, case: str) -> None:
    change, why = FORGED[case]
    save(path, run_of())
    rewrite(path, change)
    with pytest.raises(CheckpointError, match=f"^{path}: .*{why}"):
        load(path)


def test_resuming_without_optimizer_arrays_is_refused(tmp_path: Path, corpus_file: Path) -> None:
    """It ended in an IndexError at the first step."""
    model = tmp_path / "model.npz"
    training = rnncli.Training(corpus_file, model, hidden=4, epochs=2, stop=lambda: True)
    list(training)
    rewrite(Path(resume_path(model)), without_optimizer)
    with pytest.raises(CheckpointError, match="0.v.Wx has shape"):
        list(rnncli.Training(corpus_file, model, resume=True))


UNREADABLE: dict[str, tuple[Callable[[Resumption], None], str]] = {
    "weights NaN": (lambda run: run.members[1].params.by.fill(np.nan), "1.by holds numbers that are not finite"),
    "m NaN": (lambda run: run.members[0].memory["m"][5].fill(np.nan), "0.m.by holds numbers that are not finite"),
    "optimizer": (lambda run: run.members[0].memory["v"].__setitem__(0, np.zeros(0)), "0.v.Wx has shape"),
    "best infinite": (lambda run: run.best.Wx.fill(np.inf), "best.Wx holds numbers"),
    "record": (lambda run: run.record.pop("curve"), "record lacks curve"),
    "not JSON": (lambda run: run.record.update(version=b"1"), "bytes is not JSON"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_state_that_could_not_be_loaded_is_not_saved_and_no_file_touched(path: Path, case: str) -> None:
    change, why = UNREADABLE[case]
    run = run_of()
    change(run)
    path.write_bytes(b"old")
    with pytest.raises(CheckpointError, match=f"^{path}: not saved.*{why}"):
        save(path, run)
    assert path.read_bytes() == b"old"
    assert os.listdir(path.parent) == [path.name]


def test_float64_state_is_saved_as_float32(path: Path) -> None:
    run = run_of()
    params = Params(*(w.astype(np.float64) for w in run.members[0].params))
    save(path, run._replace(members=[run.members[0]._replace(params=params), run.members[1]]))
    assert load(path).members[0].params.Wx.dtype == np.float32
