"""The personal file: what was learned from a user's writing on top of a model, which itself stays as it is.

    format                   ()              int32    3; of files without the last six arrays 2, the last nine 1
    record                   (n,)            uint8    JSON: the model's fingerprint, the number of words learned from
    read foreseen            (n,) (m,)       int64    the rows of Wx, and of Wy and by, that have changed; words, but
                                                      units where words enter by their rows of Wy
    Wx Wy by                 (n, H) (m, H) (m,)  float32  these rows
    Ws bs                    (H, H) (H,)     float32  (of a gated cell as in its model)
    states words             (k, H) (k,)     float32, int32  the latest states, and the words that came after them
    counts                   (V + w,)        float64  of the latest words
    believed                 (4,)            float64  the mixture weights of networks and caches
    history                  (n,)            int32    the words that were written lately, oldest first
    history_weights          (4, 6)          float64  the weight of each kind of context in these words
    history_fitted           (4, 6)          int64    how many words each of these weights is the mean of
    new new_at               (n,) (w+1,)     uint8, int64  UTF-8: the w words that the model does not know; the ids of
                                                      these are V, V + 1, ...
    new_shown new_shown_at                            likewise as they are displayed
    new_counts new_used      (w,)            int64    how often each was learned from, and which of all words that were
                                                      learned from, from 1, was the last of these

The arrays stand in this order. `storage.archive` describes the bytes.
"""

import json
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ..errors import CheckpointError
from ..network.parameters import Floats, Ints, Weights, copied, width
from ..storage import formats, schema
from ..storage.archive import Reader
from ..storage.checksum import StrPath
from ..storage.durable import remove
from ..storage.word_lists import joined, take_words
from .history import HISTORY_WORDS, WEIGHT_HORIZON, HistoryContent, blank
from .new_words import MAX_NEW_WORDS, NewWords

FORMATS = FIRST_FORMAT, SECOND_FORMAT, _ = 1, 2, 3  # that are read; the last one is written
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
    "history": np.int32,
    "history_weights": np.float64,
    "history_fitted": np.int64,
    "new": np.uint8,
    "new_at": np.int64,
    "new_shown": np.uint8,
    "new_shown_at": np.int64,
    "new_counts": np.int64,
    "new_used": np.int64,
}
ROWS = {"Wx": "read", "Wy": "foreseen", "by": "foreseen"}  # of these arrays the rows that changed, and which
RECORD: schema.Schema = {"model": str, "learnt": int}


class Learned(NamedTuple):
    """A model's weights after learning, and the content of its caches and of its history."""

    params: Weights
    read: Ints  # rows of Wx that have changed
    predicted: Ints  # words whose rows of Wy and by have changed
    states: Floats  # the latest
    words: Ints  # that came after the latest states
    counts: NDArray[np.float64]  # of the latest words
    mixture: NDArray[np.float64]  # mixture weights
    history: HistoryContent
    new: NewWords
    learned: int  # words learned from, in all


def fingerprint(params: Weights) -> str:
    """Returns a digest that differs between any two models."""
    digest = sha256(repr(params["Wx"].shape).encode())
    for name, w in params.items():
        if name not in ("Wx", "Wy"):
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


def new_words(path: StrPath) -> NewWords:
    """Reads the words that are new to a model from a personal file, whichever model's.

    Raises FileError; CheckpointError if it is not a personal file, or damaged.
    """
    reader, names = Reader(path), [*ARRAYS]
    fields = formats.Fields(reader)
    number = fields.take_format(FORMATS, "Upgrade rnncli")
    record = fields.take_json("record", RECORD)
    if number <= SECOND_FORMAT:
        return NewWords()
    for name in names[names.index("record") + 1 : names.index("new")]:
        reader.take(name, ARRAYS[name])
    return _decode_new(fields, record["learnt"])


def load(path: StrPath, base: Weights) -> Learned:
    """Reads what was learned on top of a model. Raises FileError; CheckpointError if damaged, or of another model."""
    arrays, history, new, words = _decode(formats.Fields(Reader(path)), base, fingerprint(base))
    params = copied(base | {name: arrays[name] for name in ("Ws", "bs")})
    for name, rows in ROWS.items():
        params[name][arrays[rows]] = arrays[name]
    return Learned(
        params,
        arrays["read"],
        arrays["foreseen"],
        arrays["states"],
        arrays["words"],
        arrays["counts"],
        arrays["believed"],
        history,
        new,
        words,
    )


def _encode(model: str, learned: Learned) -> formats.Arrays:
    params = learned.params
    record = {"model": model, "learnt": learned.learned}
    new, new_at = joined(learned.new.words)
    shown, shown_at = joined(learned.new.display_forms)
    arrays: dict[str, ArrayLike] = {
        "format": FORMATS[-1],
        "record": np.frombuffer(json.dumps(record, sort_keys=True).encode(), np.uint8),
        "read": learned.read,
        "foreseen": learned.predicted,
        "Wx": params["Wx"][learned.read],
        "Wy": params["Wy"][learned.predicted],
        "by": params["by"][learned.predicted],
        "Ws": params["Ws"],
        "bs": params["bs"],
        "states": learned.states,
        "words": learned.words,
        "counts": learned.counts,
        "believed": learned.mixture,
        "history": learned.history.ids,
        "history_weights": learned.history.weights,
        "history_fitted": learned.history.fitted,
        "new": new,
        "new_at": new_at,
        "new_shown": shown,
        "new_shown_at": shown_at,
        "new_counts": learned.new.counts,
        "new_used": learned.new.used,
    }
    return {name: formats.typed(name, arrays[name], dtype) for name, dtype in ARRAYS.items()}


def _decode(fields: formats.Fields, base: Weights, model: str) -> tuple[formats.Arrays, HistoryContent, NewWords, int]:
    """Returns the arrays of networks and caches, the content of the history, the new words, and the number of words
    learned from.
    """
    number = fields.take_format(FORMATS, f"Use that one, or begin anew: rnncli forget {fields.path}")
    record = fields.take_json("record", RECORD)
    if record["model"] != model:
        raise CheckpointError(
            f"{fields.path}: was learned on top of another model. "
            f"Give that one with -m, or begin anew: rnncli forget {fields.path}"
        )
    V, H = len(base["by"]), width(base)
    arrays: dict[str, NDArray[Any]] = {}

    def take(name: str, *shape: int | None) -> int:
        arrays[name] = fields.take(name, ARRAYS[name], shape)
        return len(arrays[name])

    n, m = take("read", None), take("foreseen", None)
    whole = {name: base[name].shape for name in ("Ws", "bs")}
    for name, shape in {"Wx": (n, *base["Wx"].shape[1:]), "Wy": (m, H), "by": (m,), **whole}.items():
        take(name, *shape)
    k = take("states", None, H)
    for name, length in {"words": k, "counts": None, "believed": 4}.items():
        take(name, length)
    history = _decode_history(fields) if number > FIRST_FORMAT else blank()
    new = _decode_new(fields, record["learnt"]) if number > SECOND_FORMAT else NewWords()
    fields.finish()
    if len(arrays["counts"]) != V + len(new):
        raise fields.bad(f"counts of {len(arrays['counts']):,} words, and not of {V + len(new):,}")
    known = {"read": len(base["Wx"]), "foreseen": V, "words": V + len(new), "history": V + len(new)}
    for name, ids in {**arrays, "history": history.ids}.items():
        if name in known and not np.all((ids >= 0) & (ids < known[name])):
            raise fields.bad(f"{name} holds words outside the vocabulary")
    counts, weights = arrays["counts"], arrays["believed"]
    if (counts < 0).any() or (weights < 0).any() or not 0.99 < weights.sum() < 1.01:
        raise fields.bad("counts or mixture weights (believed) are negative, or the mixture weights do not sum to 1")
    return arrays, history, new, record["learnt"]


def _decode_new(fields: formats.Fields, learned: int) -> NewWords:
    words, shown = take_words(fields, "new"), take_words(fields, "new_shown")
    counts, used = (fields.take(name, np.int64, (len(words),)).tolist() for name in ("new_counts", "new_used"))
    if not len(words) == len(shown) == len(set(words)) <= MAX_NEW_WORDS:
        raise fields.bad("new holds a word twice or without a display form, or too many words")
    if any(count < 1 for count in counts) or any(not 1 <= place <= learned for place in used):
        raise fields.bad("new holds a word that was never learned from")
    return NewWords(words, shown, counts, used)


def _decode_history(fields: formats.Fields) -> HistoryContent:
    kinds = blank().weights.shape
    shapes = {"history": (None,), "history_weights": kinds, "history_fitted": kinds}
    ids, weights, fitted = (fields.take(name, ARRAYS[name], shape) for name, shape in shapes.items())
    if len(ids) > HISTORY_WORDS:
        raise fields.bad(f"history holds {len(ids):,} words, more than {HISTORY_WORDS:,}")
    if (weights < 0).any() or (weights > 1).any() or (fitted < 1).any() or (fitted > WEIGHT_HORIZON).any():
        raise fields.bad(
            f"weights of the history are not between 0 and 1, or not fitted to 1 to {WEIGHT_HORIZON} words"
        )
    return HistoryContent(ids, weights, fitted)
