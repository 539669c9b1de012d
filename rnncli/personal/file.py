"""What was learnt from somebody's writing, beside the model that it was learnt on top of and that stays as it is.

    format                   ()              int32
    record                   (n,)            uint8    JSON: the model's fingerprint, how many words were learnt from
    read foreseen            (n,) (m,)       int64    the words whose rows of Wx, and of Wy and by, have changed
    Wx Wy by                 (n, H) (m, H) (m,)  float32  these rows
    Ws bs                    (H, H) (H,)     float32
    states words             (k, H) (k,)     float32, int32  the latest states, and the words that came after them
    counts believed          (V,) (4,)       float64  of the latest words; how far networks and caches are believed

They stand in this order; `archive` tells how.
"""

import json
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import CheckpointError
from ..network.parameters import Floats, Ints, Weights, finite
from ..storage import archive, schema
from ..storage.checksum import StrPath
from ..storage.durable import remove, replace

FORMAT = 1
MEMBERS: dict[str, Any] = {
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
RECORD: schema.Form = {"model": str, "learnt": int}


class Learnt(NamedTuple):
    """A model's weights after learning, and what its caches hold."""

    params: Weights
    read: Ints  # words whose rows of Wx have changed
    foreseen: Ints  # words whose rows of Wy and by have
    states: Floats  # the latest
    words: Ints  # that came after these
    counts: NDArray[np.float64]  # of the latest words
    believed: NDArray[np.float64]  # how far the networks and the caches are
    learnt: int  # words, in all


def fingerprint(params: Weights) -> str:
    """What tells one model from all others."""
    digest = sha256(repr(params.Wx.shape).encode())
    for w in (params.Ws, params.bs, params.bk, params.by):
        digest.update(np.ascontiguousarray(w).view(np.uint8).data)
    return digest.hexdigest()


def save(path: StrPath, base: Weights, learnt: Learnt) -> None:
    """Writes the file, all or nothing. Raises FileError."""
    params = learnt.params
    record = {"model": fingerprint(base), "learnt": learnt.learnt}
    arrays = {
        "format": np.array(FORMAT),
        "record": np.frombuffer(json.dumps(record, sort_keys=True).encode(), np.uint8),
        "read": learnt.read,
        "foreseen": learnt.foreseen,
        "Wx": params.Wx[learnt.read],
        "Wy": params.Wy[learnt.foreseen],
        "by": params.by[learnt.foreseen],
        "Ws": params.Ws,
        "bs": params.bs,
        **{name: getattr(learnt, name) for name in ("states", "words", "counts", "believed")},
    }
    typed = {name: np.asarray(arrays[name], dtype) for name, dtype in MEMBERS.items()}
    replace(path, lambda file: archive.write(file, typed))


def forget(path: StrPath) -> None:
    """Takes the file away. Raises FileError; CheckpointError if it is another one, or damaged."""
    reader = archive.Reader(path)
    reader.take("format", MEMBERS["format"])
    try:
        schema.read(reader.take("record", MEMBERS["record"]).tobytes(), RECORD)
    except (CheckpointError, ValueError):
        raise CheckpointError(f"{path}: is not what --learn has written; it is left as it is") from None
    remove(path)


def load(path: StrPath, base: Weights) -> Learnt:
    """Reads what was learnt on top of a model. Raises FileError; CheckpointError if damaged, or of another model."""
    reader = archive.Reader(path)
    arrays = {"format": reader.take("format", MEMBERS["format"])}
    if arrays["format"].shape != () or arrays["format"] != FORMAT:
        raise CheckpointError(f"{path}: made by another rnncli. Use that one, or begin anew: rnncli forget {path}")
    arrays |= {name: reader.take(name, dtype) for name, dtype in MEMBERS.items() if name != "format"}
    reader.finish()
    try:
        record = schema.read(arrays["record"].tobytes(), RECORD)
    except ValueError as error:
        raise reader.bad(str(error)) from None
    if record["model"] != fingerprint(base):
        raise CheckpointError(
            f"{path}: was learnt on top of another model. Give that one with -m, or begin anew: rnncli forget {path}"
        )
    (V, H), n, m, k = base.Wx.shape, *(arrays[name].size for name in ("read", "foreseen", "words"))
    shapes = {"read": (n,), "foreseen": (m,), "Wx": (n, H), "Wy": (m, H), "by": (m,), "Ws": (H, H), "bs": (H,)}
    shapes |= {"states": (k, H), "words": (k,), "counts": (V,), "believed": (4,)}
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise reader.bad(f"{name} has shape {arrays[name].shape}, not {shape}")
        if MEMBERS[name] in (np.float32, np.float64) and not finite([arrays[name]]):
            raise reader.bad(f"{name} holds numbers that are not finite")
        if name in ("read", "foreseen", "words") and not np.all((arrays[name] >= 0) & (arrays[name] < V)):
            raise reader.bad(f"{name} holds words that there are not")
    if (arrays["counts"] < 0).any() or (arrays["believed"] < 0).any() or not 0.99 < arrays["believed"].sum() < 1.01:
        raise reader.bad("its shares are none")
    params = base._replace(Wx=base.Wx.copy(), Wy=base.Wy.copy(), by=base.by.copy())
    params = params._replace(Ws=arrays["Ws"].copy(), bs=arrays["bs"].copy(), bk=base.bk.copy())
    params.Wx[arrays["read"]], params.Wy[arrays["foreseen"]] = arrays["Wx"], arrays["Wy"]
    params.by[arrays["foreseen"]] = arrays["by"]
    kept = {name: arrays[name] for name in ("read", "foreseen", "states", "words", "counts", "believed")}
    return Learnt(params, **kept, learnt=record["learnt"])
