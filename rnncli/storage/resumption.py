"""Where a training run stands, so that it can go on another time: a file beside the model's, until the run has ended.

    format                        ()      int32
    Wx Ws bs bk Wy by                     float32  the weights
    best.Wx ...                           float32  the best so far; empty if there are none yet
    m.Wx ... v.Wx ... touched.Wx ...      float32, float32, int64: the optimiser's memory, empty where it has none
    s                             (B, H)  float32  the state that is handed to the next chunk
    record                        (n,)    uint8    JSON: all else

They stand in this order; `archive` tells how. No clock, host or path is in it.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import CheckpointError
from ..network.parameters import Floats, Params, Weights, finite
from . import archive, forms
from .durable import replace
from .sealed import StrPath

FORMAT = 1
MEMORY = {"m": np.float32, "v": np.float32, "touched": np.int64}
RECORD: forms.Form = {
    "settings": forms.SETTINGS,
    "corpus": forms.REPORT,
    "points": forms.POINTS,
    "clock": forms.Maybe(
        {"left": forms.NUMBER, "whole": forms.NUMBER, "paces": [forms.NUMBER], "looked": [int, forms.NUMBER]}
    ),
    "evaluations": int,
    "readings": forms.NUMBER,
    "last": forms.Maybe(int),
    "slowed": forms.Maybe(int),
    "state": {
        "step": int,
        "lowest": forms.Maybe(forms.NUMBER),
        "waited": int,
        "rngs": [{"bit_generator": str, "state": {str: int}, "has_uint32": int, "uinteger": int}],
    },
    "curve": forms.Maybe(forms.CURVE),
    "numerics": str,
    "version": str,
}


class Resumption(NamedTuple):
    """All that a run needs to go on as if it had not stopped, but for the text."""

    params: Weights
    best: Weights | None
    memory: Mapping[str, list[NDArray[Any]]]  # the optimiser's, by the names of MEMORY; an array a parameter
    s: Floats
    record: dict[str, Any]  # of the form RECORD has


def save(path: StrPath, run: Resumption) -> None:
    """Writes the file, all or nothing. Raises FileError."""
    nothing = [np.empty(0, np.float32)] * len(Params._fields)
    groups = {"": run.params, "best.": run.best or nothing}
    groups |= {f"{name}.": run.memory.get(name, nothing) for name in MEMORY}
    arrays = {
        "format": np.array(FORMAT, np.int32),
        **{f"{group}{name}": w for group, ws in groups.items() for name, w in zip(Params._fields, ws, strict=True)},
        "s": run.s,
        "record": np.frombuffer(json.dumps(run.record, sort_keys=True).encode(), np.uint8),
    }
    typed = {name: np.asarray(array, dtype) for (name, dtype), array in zip(_members(), arrays.values(), strict=True)}
    replace(path, lambda file: archive.write(file, typed))


def load(path: StrPath) -> Resumption:
    """Reads the file. Raises FileError if it cannot be opened, CheckpointError if it is not one or is damaged."""
    reader = archive.Reader(path)
    arrays = {}
    for name, dtype in _members():
        arrays[name] = reader.take(name, dtype)
        if name == "format" and (arrays[name].shape != () or arrays[name] != FORMAT):
            raise CheckpointError(f"{path}: made by another rnncli. Finish the training with that one, or --force")
        if dtype is np.float32 and not finite([arrays[name]]):
            raise reader.bad(f"{name} holds numbers that are not finite")
    reader.finish()

    def group(of: str) -> list[NDArray[Any]]:
        return [arrays[f"{of}{name}"] for name in Params._fields]

    params = Params(*group(""))
    shapes = [w.shape for w in params]
    lengths = [shape[:1] for shape in shapes]
    for of, right in {"best.": shapes, "m.": shapes, "v.": shapes, "touched.": lengths}.items():
        for name, array, shape in zip(Params._fields, group(of), right, strict=True):
            if array.shape not in (shape, (0,)):
                raise reader.bad(f"{of}{name} has shape {array.shape}, not {shape}")
    best = Params(*group("best.")) if arrays["best.Wx"].size else None
    try:
        record = forms.read(arrays["record"].tobytes(), RECORD)
    except ValueError as error:
        raise reader.bad(str(error)) from None
    return Resumption(params, best, {name: group(f"{name}.") for name in MEMORY}, arrays["s"], record)


def _members() -> list[tuple[str, Any]]:
    """Names and types, in order."""
    groups = {"": np.float32, "best.": np.float32} | {f"{name}.": dtype for name, dtype in MEMORY.items()}
    weights = [(f"{group}{name}", dtype) for group, dtype in groups.items() for name in Params._fields]
    return [("format", np.int32), *weights, ("s", np.float32), ("record", np.uint8)]
