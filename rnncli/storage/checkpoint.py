"""The model file: a plain .npz that np.load opens, with nothing in it that needs unpickling.

    format           ()      int32    1
    Wx Ws bs Wy by           float32  the network, by the formulas' names
    words, shown     (n,)    uint8    the vocabulary: as the network knows its words, as people write them; UTF-8
    ..._at           (V+1,)  int64    after each of these: where every word begins in it, and where the last ends
    counts           (V,)    int64    how often each occurred
    rare rare_at             uint8, int64  words of the text that the network does not know, in the same way
    rare_counts      (n,)    int64    how often each of these occurred
    settings record  (n,)    uint8    JSON

They stand in this order; `archive` tells how.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import CheckpointError, UsageError
from ..network.parameters import Params, Weights, finite, shapes
from ..settings import Settings
from ..text.vocabulary import SPECIALS, Vocabulary
from . import archive, schema
from .checksum import Image, StrPath
from .durable import replace

FORMAT = 1
MEMBERS = {
    "format": np.int32,
    **dict.fromkeys(Params._fields, np.float32),
    "words": np.uint8,
    "words_at": np.int64,
    "shown": np.uint8,
    "shown_at": np.int64,
    "counts": np.int64,
    "rare": np.uint8,
    "rare_at": np.int64,
    "rare_counts": np.int64,
    "settings": np.uint8,
    "record": np.uint8,
}
RECORD: schema.Form = {
    "corpus": schema.REPORT,
    "validation": {str: schema.NUMBER},
    "temperature": schema.NUMBER,
    "curve": schema.CURVE,
    "plan": {"steps": int, "slowed": schema.Maybe(int), "evaluations": int, "points": schema.POINTS},
    "version": str,
    "capitals": bool,
}


class Checkpoint(NamedTuple):
    """All that belongs to a model."""

    params: Weights
    vocabulary: Vocabulary
    settings: Settings
    record: dict[str, Any]  # what it was trained on and how well it did, of the form RECORD has (without capitals)


def save(path: StrPath, checkpoint: Checkpoint) -> None:
    """Writes a model file, all or nothing; equal models give equal bytes. Raises FileError."""
    params, vocabulary, settings, record = checkpoint
    words, words_at = _blob(vocabulary.words)
    shown, shown_at = _blob(vocabulary.display_forms)
    rare, rare_at = _blob(vocabulary.rare)
    arrays = {
        "format": np.array(FORMAT),
        **params._asdict(),
        "words": words,
        "words_at": words_at,
        "shown": shown,
        "shown_at": shown_at,
        "counts": np.array(vocabulary.counts),
        "rare": rare,
        "rare_at": rare_at,
        "rare_counts": np.array(vocabulary.rare_counts),
        "settings": _json(asdict(settings)),
        "record": _json({**record, "capitals": vocabulary.capitals}),
    }
    typed = {name: np.asarray(arrays[name], dtype) for name, dtype in MEMBERS.items()}
    replace(path, lambda file: archive.write(file, typed))


def load(source: StrPath | Image) -> Checkpoint:
    """Reads a model file. Raises FileError if it cannot be opened, CheckpointError if it is not one or is damaged."""
    reader = archive.Reader(source)
    version = reader.take("format", MEMBERS["format"])
    if version.shape != () or version != FORMAT:
        raise CheckpointError(
            f"{reader.path}: made by another rnncli (format {version}; this one reads {FORMAT}). Upgrade rnncli"
        )
    arrays = {name: reader.take(name, dtype) for name, dtype in MEMBERS.items() if name != "format"}
    reader.finish()
    params = Params(*(arrays[name] for name in Params._fields))
    if params.Wx.ndim != 2 or not params.Wx.size:
        raise reader.bad(f"Wx has shape {params.Wx.shape}")
    V, H = params.Wx.shape
    for name, shape in {**shapes(V, H), "counts": (V,)}.items():
        if arrays[name].shape != shape:
            raise reader.bad(f"{name} has shape {arrays[name].shape}, not {shape}")
    for name in Params._fields:
        if not finite([arrays[name]]):
            raise reader.bad(f"{name} holds numbers that are not finite, or too large")
    try:
        settings = Settings(**schema.read(arrays["settings"].tobytes(), schema.SETTINGS))
        record = schema.read(arrays["record"].tobytes(), RECORD)
        vocabulary = Vocabulary(
            _strings(arrays["words"], arrays["words_at"]),
            _strings(arrays["shown"], arrays["shown_at"]),
            arrays["counts"].tolist(),
            settings.case,
            bool(record.pop("capitals")),
            _strings(arrays["rare"], arrays["rare_at"]),
            arrays["rare_counts"].tolist(),
        )
    except (ValueError, TypeError, KeyError, AttributeError, UsageError) as error:
        raise reader.bad(str(error)) from None
    if not len(vocabulary.words) == len(vocabulary.display_forms) == len(set(vocabulary.words)) == V:
        raise reader.bad(f"{len(set(vocabulary.words))} words for {V} rows")
    if len(vocabulary.rare) != len(vocabulary.rare_counts):
        raise reader.bad(f"{len(vocabulary.rare_counts)} counts for {len(vocabulary.rare)} rare words")
    if tuple(vocabulary.words[: len(SPECIALS)]) != SPECIALS:
        raise reader.bad(f"the first words are not {' '.join(SPECIALS)}")
    return Checkpoint(params, vocabulary, settings, record)


def _blob(words: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    parts = [word.encode() for word in words]
    return np.frombuffer(b"".join(parts), np.uint8), np.cumsum([0, *map(len, parts)], dtype=np.int64)


def _strings(blob: NDArray[np.uint8], at: NDArray[np.int64]) -> list[str]:
    data, ends = blob.tobytes(), at.tolist()
    if ends[:1] != [0] or ends[-1] != len(data) or sorted(ends) != ends:
        raise ValueError("words and their places do not fit")
    if len(set(ends)) != len(ends):
        raise ValueError(f"word {next(i for i, (a, b) in enumerate(pairwise(ends)) if a == b)} is empty")
    if data.isascii():
        text = data.decode()
        return [text[a:b] for a, b in pairwise(ends)]
    return [data[a:b].decode() for a, b in pairwise(ends)]


def _json(value: dict[str, Any]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(value, sort_keys=True, ensure_ascii=False).encode(), np.uint8)
