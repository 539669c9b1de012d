"""The personal file: what was learned from a user's writing on top of a model, which itself stays as it is.

    format                   ()              int32    1
    record                   (n,)            uint8    JSON: the model's fingerprint, the number of words learned from
    read foreseen            (n,) (m,)       int64    the words whose rows of Wx, and of Wy and by, have changed
    Wx Wy by                 (n, H) (m, H) (m,)  float32  these rows
    Ws bs                    (H, H) (H,)     float32
    states words             (k, H) (k,)     float32, int32  the latest states, and the words that came after them
    counts                   (V,)            float64  of the latest words
    believed                 (4,)            float64  the mixture weights of networks and caches

The arrays stand in this order. `storage.archive` describes the bytes.
"""

import json
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ..errors import CheckpointError
from ..network.parameters import Floats, Ints, Weights
from ..storage import formats, schema
from ..storage.archive import Reader
from ..storage.checksum import StrPath
from ..storage.durable import remove

FORMAT = 1
ARRAYS: dict[str, DTypeLike] = {
    "format": np.int32,
    "record": np.uint8,
    "read": np.int64,
    "foreseen": np.int64,
    "Wx": np.float32,
    "Wy": np.float32,
    "by": np.float32,
    "Ws": np.float32,
    "bs": np.float32,
    "states": np.float32,
    "words": np.int32,
    "counts": np.float64,
    "believed": np.float64,
}
RECORD: schema.Schema = {"model": str, "learnt": int}


class Learned(NamedTuple):
    """A model's weights after learning, and the content of its caches."""

    params: Weights
    read: Ints  # words whose rows of Wx have changed
    predicted: Ints  # words whose rows of Wy and by have changed
    states: Floats  # the latest
    words: Ints  # that came after the latest states
    counts: NDArray[np.float64]  # of the latest words
    mixture: NDArray[np.float64]  # mixture weights
    learned: int  # words learned from, in all


def fingerprint(params: Weights) -> str:
    """Returns a digest that differs between any two models."""
    digest = sha256(repr(params.Wx.shape).encode())
    for w in (params.Ws, params.bs, params.bk, params.by):
        digest.update(np.ascontiguousarray(w).view(np.uint8).data)
    return digest.hexdigest()


def save(path: StrPath, base: Weights, learned: Learned) -> None:
    """Writes the file, all or nothing.

    Raises CheckpointError, before any file is touched, if the file could not be loaded again; FileError.
    """
    model = fingerprint(base)
    formats.save(path, lambda: _encode(model, learned), lambda fields: _decode(fields, base, model))


def forget(path: StrPath) -> None:
    """Removes the file. Raises FileError; CheckpointError if it is not a personal file, or damaged."""
    reader = Reader(path)
    reader.take("format", ARRAYS["format"])
    try:
        schema.read(reader.take("record", ARRAYS["record"]).tobytes(), RECORD)
    except (CheckpointError, ValueError):
        raise CheckpointError(f"{path}: is not what --learn has written; it is left as it is") from None
    remove(path)


def load(path: StrPath, base: Weights) -> Learned:
    """Reads what was learned on top of a model. Raises FileError; CheckpointError if damaged, or of another model."""
    arrays, words = _decode(formats.Fields(Reader(path)), base, fingerprint(base))
    params = base._replace(Wx=base.Wx.copy(), Wy=base.Wy.copy(), by=base.by.copy())
    params = params._replace(Ws=arrays["Ws"].copy(), bs=arrays["bs"].copy(), bk=base.bk.copy())
    params.Wx[arrays["read"]], params.Wy[arrays["foreseen"]] = arrays["Wx"], arrays["Wy"]
    params.by[arrays["foreseen"]] = arrays["by"]
    return Learned(
        params,
        arrays["read"],
        arrays["foreseen"],
        arrays["states"],
        arrays["words"],
        arrays["counts"],
        arrays["believed"],
        words,
    )


def _encode(model: str, learned: Learned) -> formats.Arrays:
    params = learned.params
    record = {"model": model, "learnt": learned.learned}
    arrays: dict[str, ArrayLike] = {
        "format": FORMAT,
        "record": np.frombuffer(json.dumps(record, sort_keys=True).encode(), np.uint8),
        "read": learned.read,
        "foreseen": learned.predicted,
        "Wx": params.Wx[learned.read],
        "Wy": params.Wy[learned.predicted],
        "by": params.by[learned.predicted],
        "Ws": params.Ws,
        "bs": params.bs,
        "states": learned.states,
        "words": learned.words,
        "counts": learned.counts,
        "believed": learned.mixture,
    }
    return {name: formats.typed(name, arrays[name], dtype) for name, dtype in ARRAYS.items()}


def _decode(fields: formats.Fields, base: Weights, model: str) -> tuple[formats.Arrays, int]:
    """Returns the arrays besides format and record, and the number of words learned from."""
    fields.take_format([FORMAT], f"Use that one, or begin anew: rnncli forget {fields.path}")
    record = fields.take_json("record", RECORD)
    if record["model"] != model:
        raise CheckpointError(
            f"{fields.path}: was learned on top of another model. "
            f"Give that one with -m, or begin anew: rnncli forget {fields.path}"
        )
    V, H = base.Wx.shape
    arrays: dict[str, NDArray[Any]] = {}

    def take(name: str, *shape: int | None) -> int:
        arrays[name] = fields.take(name, ARRAYS[name], shape)
        return len(arrays[name])

    n, m = take("read", None), take("foreseen", None)
    for name, shape in {"Wx": (n, H), "Wy": (m, H), "by": (m,), "Ws": (H, H), "bs": (H,)}.items():
        take(name, *shape)
    k = take("states", None, H)
    for name, length in {"words": k, "counts": V, "believed": 4}.items():
        take(name, length)
    fields.finish()
    for name in ("read", "foreseen", "words"):
        if not np.all((arrays[name] >= 0) & (arrays[name] < V)):
            raise fields.bad(f"{name} holds words outside the vocabulary")
    counts, weights = arrays["counts"], arrays["believed"]
    if (counts < 0).any() or (weights < 0).any() or not 0.99 < weights.sum() < 1.01:
        raise fields.bad("counts or mixture weights (believed) are negative, or the mixture weights do not sum to 1")
    return arrays, record["learnt"]
