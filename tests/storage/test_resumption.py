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
from rnncli.network.cells import Cell, initial, of
from rnncli.network.parameters import Weights
from rnncli.run.recipe import fitted
from rnncli.storage import archive
from rnncli.storage.checksum import resume_path
from rnncli.storage.resumption import Resumption, Stopped, load, save
from rnncli.text.report import Report

V, H, B = 5, 3, 2
CELLS = ["elman", "gru", "lstm"]
Change = Callable[[dict[str, Any]], dict[str, Any]]


def cell_of(name: str) -> Cell:
    return of(fitted({"cell": name, "epochs": 3}))


def params_of(seed: int, width: int = H, cell: str = "elman") -> Weights:
    return initial(cell_of(cell), V, width, np.random.default_rng(seed))


def stopped(seed: int, optimizer: str, width: int = H, cell: str = "elman") -> Stopped:
    params, rng = params_of(seed, width, cell), np.random.default_rng(seed)
    memory: dict[str, dict[str, Any]] = {}
    if optimizer == "adam":
        none = np.zeros(0, np.float32)
        m = {name: rng.random(w.shape, np.float32) if w.ndim == 1 else none for name, w in params.items()}
        v = {name: rng.random(w.shape, np.float32) for name, w in params.items()}
        memory = {"m": m, "v": v, "touched": {name: rng.integers(0, 9, len(w)) for name, w in params.items()}}
    return Stopped(params, memory, tuple(rng.random((B, width), np.float32) for _ in cell_of(cell).states))


def run_of(optimizer: str = "adam", networks: int = 2, cell: str = "elman") -> Resumption:
    rng = np.random.default_rng(0).bit_generator.state
    record = {
        "settings": asdict(fitted({"hidden": H, "optimizer": optimizer, "epochs": 3, "cell": cell})),
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
    members = [stopped(n, optimizer, cell=cell) for n in range(networks)]
    return Resumption(members, params_of(7, networks * H, cell), record)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.npz.resume"


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("has_best", [True, False])
@pytest.mark.parametrize("cell", CELLS)
def test_load_returns_what_was_saved(path: Path, optimizer: str, has_best: bool, cell: str) -> None:
    run = run_of(optimizer, cell=cell)
    run = run if has_best else run._replace(best=None)
    save(path, run)
    loaded = load(path)
    assert loaded.record == run.record
    assert (loaded.best is None) is not has_best
    old, new = flat([run.members, run.best]), flat([loaded.members, loaded.best])
    np.testing.assert_equal(new, old)
    assert {name: a.dtype for name, a in new.items()} == {name: a.dtype for name, a in old.items()}


def flat(arrays: Any, name: str = "") -> dict[str, np.ndarray]:
    """The arrays of nested containers by the names on the way to them, without the empty ones."""
    if isinstance(arrays, np.ndarray) or arrays is None:
        return {} if arrays is None or not arrays.size else {name: arrays}
    parts = arrays.items() if isinstance(arrays, dict) else enumerate(arrays)
    return {key: a for at, part in parts for key, a in flat(part, f"{name}.{at}").items()}


@pytest.mark.parametrize(("cell", "states"), [("elman", "s"), ("gru", "h"), ("lstm", "hc")])
def test_numpy_opens_it_under_the_names_of_the_formulas(path: Path, cell: str, states: str) -> None:
    save(path, run_of(cell=cell))
    names = [*cell_of(cell).axes]
    with np.load(path, allow_pickle=False) as arrays:
        of_first = [name[2:] for name in arrays if name.startswith("0.")]
        assert of_first == [*names, *(f"{part}.{name}" for part in ("m", "v", "touched") for name in names), *states]
        assert [name[5:] for name in arrays if name.startswith("best.")] == names
        assert int(arrays["format"]) == 2


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
    np.testing.assert_equal((loaded.best, loaded.members[0].state), (run.best, run.members[0].state))


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


FORGED_LSTM: dict[str, tuple[Change, str]] = {
    "memory NaN": (with_last("0.c", np.nan), "0.c holds numbers that are not finite"),
    "memory of another width": (with_array("0.c", np.zeros((2, 4))), r"0.c has shape \(2, 4\), not \(n, 3\)"),
    "Wx a row a word": (with_array("0.Wx", np.zeros((5, 3))), r"0.Wx has shape \(5, 3\), not \(3, 4, 3\)"),
    "gates": (with_array("1.bs", np.zeros(12)), r"1.bs has shape \(12,\), not \(4, 3\)"),
    "touched of words": (with_array("0.touched.Wx", [0] * 5), r"0.touched.Wx has shape \(5,\), not \(3,\)"),
    "m of bs": (with_array("0.m.bs", np.zeros(4)), r"0.m.bs has shape \(4,\), not \(4, 3\) or \(0,\)"),
    "best of one network": (
        with_array("best.Ws", np.zeros((3, 4, 3))),
        r"best.Ws has shape \(3, 4, 3\), not \(6, 4, 6\)",
    ),
    "best in part": (with_array("best.bs", []), "best is neither a network nor empty"),
    "other cell": (with_record("settings", "cell", value="gru"), r"0.Wx has shape \(3, 4, 3\), not \(3, 3, 3\)"),
    "elman": (with_record("settings", "cell", value="elman"), r"0.Wx has shape \(3, 4, 3\), not \(5, 3\)"),
    "unknown cell": (with_record("settings", "cell", value="rnn"), "cell: 'rnn' is not one of elman, gru, lstm"),
}


@pytest.mark.parametrize("case", FORGED_LSTM)
def test_forged_state_of_a_gated_run_is_refused(path: Path, case: str) -> None:
    change, why = FORGED_LSTM[case]
    save(path, run_of(cell="lstm"))
    rewrite(path, change)
    with pytest.raises(CheckpointError, match=f"^{path}: .*{why}"):
        load(path)


def test_state_of_a_version_without_cells_is_that_of_an_elman_network(path: Path) -> None:
    run = run_of()
    del run.record["settings"]["cell"]
    save(path, run)
    np.testing.assert_equal(load(path).members[1].params, run.members[1].params)


def test_resuming_without_optimizer_arrays_is_refused(tmp_path: Path, corpus_file: Path) -> None:
    """It ended in an IndexError at the first step."""
    model = tmp_path / "model.npz"
    training = rnncli.Training(corpus_file, model, hidden=4, epochs=2, stop=lambda: True)
    list(training)
    rewrite(Path(resume_path(model)), without_optimizer)
    with pytest.raises(CheckpointError, match="0.v.Wx has shape"):
        list(rnncli.Training(corpus_file, model, resume=True))


UNREADABLE: dict[str, tuple[Callable[[Resumption], None], str]] = {
    "weights NaN": (lambda run: run.members[1].params["by"].fill(np.nan), "1.by holds numbers that are not finite"),
    "m NaN": (lambda run: run.members[0].memory["m"]["by"].fill(np.nan), "0.m.by holds numbers that are not finite"),
    "optimizer": (lambda run: run.members[0].memory["v"].update(Wx=np.zeros(0)), "0.v.Wx has shape"),
    "best infinite": (lambda run: run.best["Wx"].fill(np.inf), "best.Wx holds numbers"),
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
    params = {name: w.astype(np.float64) for name, w in run.members[0].params.items()}
    save(path, run._replace(members=[run.members[0]._replace(params=params), run.members[1]]))
    assert load(path).members[0].params["Wx"].dtype == np.float32
