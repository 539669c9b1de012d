"""The training state: what it takes to resume an interrupted run, in a file in the model's folder until the run ends.

    format                               ()      int32    2; 3 for a run that goes on from a model
    record                               (n,)    uint8    JSON: all that is not an array (RECORD below)
    0.Wx 0.Ws 0.bs 0.bk 0.Wy 0.by                float32  the weights of the ensemble's first network, in shapes as in
                                                          the model file
    0.m.Wx ... 0.v.Wx ... 0.touched.Wx ...                float32, float32, int64: the memory of its optimizer. For
                                                          Adam, m and v have the shapes of the weights and touched (one
                                                          number a row) their length; an m that no dense gradient has
                                                          asked for yet is empty (0,). For plain SGD all are empty
    0.s                                  (B, H)  float32  its state after the last chunk, where the next one goes on
    1.Wx ...                                              likewise for each other network
    best.Wx ...                                  float32  the best model so far; all empty if there is none
    base                                 (n,)    uint8    of a run that goes on from a model: the bytes of the model's
                                                          file, which the run's own model may have replaced

The arrays stand in this order. `archive` describes the bytes. The file holds no clock time, host or path.
"""

import json
from collections.abc import Mapping
from itertools import pairwise
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..network import cells
from ..network.parameters import Floats, Weights, shapes
from ..settings import Settings
from ..text.vocabulary import SPECIALS
from . import formats, schema
from .archive import Reader
from .checksum import StrPath
from .weights import take_weights

FORMATS = FORMAT, BASE_FORMAT = 2, 3  # the last: with the model that the run goes on from
OPTIMIZER_ARRAYS = {"m": np.float32, "v": np.float32, "touched": np.int64}
EMPTY = (0,)
RECORD: schema.Schema = {
    "settings": schema.SETTINGS,
    "corpus": schema.REPORT,
    "points": schema.POINTS,
    "clock": schema.Nullable(
        {"left": schema.NUMBER, "whole": schema.NUMBER, "paces": [schema.NUMBER], "looked": [int, schema.NUMBER]}
    ),
    "evaluations": int,
    "readings": schema.NUMBER,
    "last": schema.Nullable(int),
    "slowed": schema.Nullable(int),
    "diverged": schema.Optional(bool),
    "ended": schema.Optional(bool),
    "state": {
        "step": int,
        "lowest": schema.Nullable(schema.NUMBER),
        "waited": int,
        "temperature": schema.NUMBER,
        "rngs": [[{"bit_generator": str, "state": {str: int}, "has_uint32": int, "uinteger": int}]],
    },
    "temperature": schema.NUMBER,
    "curve": schema.Nullable(schema.CURVE),
    "numerics": str,
    "version": str,
}


class Stopped(NamedTuple):
    """A network in training."""

    params: Weights
    memory: Mapping[str, dict[str, NDArray[Any]]]  # the optimizer's, by OPTIMIZER_ARRAYS and parameter
    state: tuple[Floats, ...]


class Resumption(NamedTuple):
    """What a run needs, besides the text, to go on as if it had not stopped."""

    members: list[Stopped]  # of the ensemble
    best: Weights | None
    record: dict[str, Any]  # matches RECORD
    base: bytes | None = None  # the file of the model that the run goes on from


def save(path: StrPath, run: Resumption) -> None:
    """Writes a training state, all or nothing.

    Raises CheckpointError, before any file is touched, if the state could not be loaded again; FileError.
    """
    formats.save(path, lambda: _encode(run), _decode)


def load(path: StrPath) -> Resumption:
    """Reads a training state. Raises FileError if it cannot be opened, CheckpointError if it is not one or damaged."""
    return _decode(formats.Fields(Reader(path)))


def _encode(run: Resumption) -> formats.Arrays:
    cell = cells.of(Settings.restored(run.record["settings"]))
    nothing = dict.fromkeys(cell.axes, np.empty(EMPTY, np.float32))
    arrays: dict[str, NDArray[Any]] = {
        "format": np.array(FORMAT if run.base is None else BASE_FORMAT, np.int32),
        "record": np.frombuffer(json.dumps(run.record, sort_keys=True).encode(), np.uint8),
    }
    for n, member in enumerate(run.members):
        arrays |= _named(f"{n}.", member.params, np.float32)
        for name, dtype in OPTIMIZER_ARRAYS.items():
            arrays |= _named(f"{n}.{name}.", member.memory.get(name, nothing), dtype)
        arrays |= _named(f"{n}.", dict(zip(cell.states, member.state, strict=True)), np.float32)
    arrays |= _named("best.", run.best or nothing, np.float32)
    return arrays if run.base is None else arrays | {"base": np.frombuffer(run.base, np.uint8)}


def _named(group: str, arrays: Mapping[str, NDArray[Any]], dtype: Any) -> dict[str, NDArray[Any]]:
    return {group + name: formats.typed(group + name, array, dtype) for name, array in arrays.items()}


def _decode(fields: formats.Fields) -> Resumption:
    found = fields.take_format(FORMATS, "Finish the training with that one, or --force")
    record = fields.take_json("record", RECORD)
    try:
        settings = Settings.restored(record["settings"])
    except (TypeError, UsageError) as error:
        raise fields.bad(str(error)) from None
    _require_course(fields, record)
    V = record["corpus"]["kept"] + len(SPECIALS) + (record["corpus"].get("breaks", 0) > 0)
    is_adam = settings.optimizer == "adam"

    cell, H = cells.of(settings), settings.hidden

    def take_memory(group: str, name: str) -> dict[str, NDArray[Any]]:
        dtype, arrays = OPTIMIZER_ARRAYS[name], {}
        for parameter, shape in shapes(cell.axes, V, H).items():
            full = shape[:1] if name == "touched" else shape
            allowed = [full, EMPTY] if name == "m" and is_adam else [full] if is_adam else [EMPTY]
            arrays[parameter] = fields.take(group + parameter, dtype, *allowed)
            if name != "m" and (arrays[parameter] < 0).any():
                raise fields.bad(f"{group}{parameter} holds negative numbers")
        return arrays

    def take_member(n: int) -> Stopped:
        params = take_weights(fields, cell.axes, V, H, f"{n}.")
        memory = {name: take_memory(f"{n}.{name}.", name) for name in OPTIMIZER_ARRAYS}
        return Stopped(params, memory, tuple(fields.take(f"{n}.{s}", np.float32, (None, H)) for s in cell.states))

    members = [take_member(n) for n in range(len(record["state"]["rngs"]))]
    of_best = shapes(cell.axes, V, len(members) * H)
    best = {name: fields.take(f"best.{name}", np.float32, shape, EMPTY) for name, shape in of_best.items()}
    base = fields.take("base", np.uint8, (None,)).tobytes() if found == BASE_FORMAT else None
    fields.finish()
    if {name: w.shape for name, w in best.items()} not in (dict.fromkeys(best, EMPTY), of_best):
        raise fields.bad("best is neither a network nor empty")
    if not settings.hidden and not (record.get("ended") and best["by"].size):
        raise fields.bad("a run without a network has not ended")
    return Resumption(members, best if best["by"].size else None, record, base)


def _require_course(fields: formats.Fields, record: dict[str, Any]) -> None:
    """Raises CheckpointError if the points or the clock of a run cannot be those of one."""
    points, clock = record["points"], record["clock"]
    is_rising = all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(points))
    if points[0] != [0, 0] or not is_rising or points[-1][1] > 1:
        raise fields.bad("points do not rise from 0 to 1")
    if clock:
        times = [clock["left"], clock["whole"], clock["looked"][1], *clock["paces"]]
        if not all(map(isfinite, times)) or min(clock["paces"]) <= 0:
            raise fields.bad("clock holds a pace that is not positive, or a time that is not finite")
