"""Where a training run stands, so that it can go on another time: a file beside the model's, until the run has ended.

    format                              ()      int32
    record                              (n,)    uint8    JSON: all that is no array, and how many members there are
    0.Wx ...                                    float32  the weights of the first member
    0.m.Wx ... 0.v.Wx ... 0.touched.Wx ...      float32, float32, int64: its optimiser's, empty where that keeps none
    0.s                                 (B, H)  float32  its state, to be handed to the next chunk
    1.Wx ...                                             and the same of each other member
    best.Wx ...                                 float32  the best that all together were; empty if there is none yet

They stand in this order; `archive` tells how. No clock, host or path is in it.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import CheckpointError, UsageError
from ..network.parameters import Floats, Params, Weights, finite, shapes
from ..settings import Settings
from ..text.vocabulary import SPECIALS
from . import archive, schema
from .checksum import StrPath
from .durable import replace

FORMAT = 1
MEMORY = {"m": np.float32, "v": np.float32, "touched": np.int64}
RECORD: schema.Form = {
    "settings": schema.SETTINGS,
    "corpus": schema.REPORT,
    "points": schema.POINTS,
    "clock": schema.Maybe(
        {"left": schema.NUMBER, "whole": schema.NUMBER, "paces": [schema.NUMBER], "looked": [int, schema.NUMBER]}
    ),
    "evaluations": int,
    "readings": schema.NUMBER,
    "last": schema.Maybe(int),
    "slowed": schema.Maybe(int),
    "diverged": schema.Optional(bool),
    "ended": schema.Optional(bool),
    "state": {
        "step": int,
        "lowest": schema.Maybe(schema.NUMBER),
        "waited": int,
        "temperature": schema.NUMBER,
        "rngs": [[{"bit_generator": str, "state": {str: int}, "has_uint32": int, "uinteger": int}]],
    },
    "temperature": schema.NUMBER,
    "curve": schema.Maybe(schema.CURVE),
    "numerics": str,
    "version": str,
}


class Stopped(NamedTuple):
    """A network that is learning."""

    params: Weights
    memory: Mapping[str, list[NDArray[Any]]]  # the optimiser's, by the names of MEMORY; an array a parameter
    s: Floats


class Resumption(NamedTuple):
    """All that a run needs to go on as if it had not stopped, but for the text."""

    members: list[Stopped]
    best: Weights | None
    record: dict[str, Any]  # of the form RECORD has


def save(path: StrPath, run: Resumption) -> None:
    """Writes the file, all or nothing. Raises FileError."""
    nothing = [np.empty(0, np.float32)] * len(Params._fields)
    arrays: dict[str, NDArray[Any]] = {
        "format": np.array(FORMAT, np.int32),
        "record": np.frombuffer(json.dumps(run.record, sort_keys=True).encode(), np.uint8),
    }
    for n, member in enumerate(run.members):
        arrays |= _named(f"{n}.", member.params)
        for name, dtype in MEMORY.items():
            kept = member.memory.get(name, nothing)
            arrays |= _named(f"{n}.{name}.", [np.asarray(array, dtype) for array in kept])
        arrays[f"{n}.s"] = member.s
    arrays |= _named("best.", run.best or nothing)
    replace(path, lambda file: archive.write(file, arrays))


def load(path: StrPath) -> Resumption:
    """Reads the file. Raises FileError if it cannot be opened, CheckpointError if it is not one or is damaged."""
    reader = archive.Reader(path)
    version = reader.take("format", np.int32)
    if version.shape != () or version != FORMAT:
        raise CheckpointError(f"{path}: made by another rnncli. Finish the training with that one, or --force")
    try:
        record = schema.read(reader.take("record", np.uint8).tobytes(), RECORD)
        V, H = record["corpus"]["kept"] + len(SPECIALS), Settings.restored(record["settings"]).hidden
    except (ValueError, TypeError, UsageError) as error:
        raise reader.bad(str(error)) from None

    def group(name: str, H: int, dtype: Any = np.float32) -> list[NDArray[Any]]:
        arrays = [reader.take(name + parameter, dtype) for parameter in Params._fields]
        for array, (parameter, shape) in zip(arrays, shapes(V, H).items(), strict=True):
            if array.shape not in (shape if dtype is np.float32 else shape[:1], (0,)):
                raise reader.bad(f"{name}{parameter} has shape {array.shape}")
        if dtype is np.float32 and not finite(arrays):
            raise reader.bad(f"{name} holds numbers that are not finite")
        return arrays

    def member(n: int) -> Stopped:
        params = Params(*group(f"{n}.", H))
        memory = {name: group(f"{n}.{name}.", H, dtype) for name, dtype in MEMORY.items()}
        return Stopped(params, memory, reader.take(f"{n}.s", np.float32))

    members = [member(n) for n in range(len(record["state"]["rngs"]))]
    best = Params(*group("best.", len(members) * H))
    reader.finish()
    return Resumption(members, best if best.Wx.size else None, record)


def _named(group: str, arrays: Iterable[NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {f"{group}{name}": array for name, array in zip(Params._fields, arrays, strict=True)}
