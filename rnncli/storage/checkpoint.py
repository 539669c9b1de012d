"""The model file: a plain .npz that np.load opens, with nothing in it that needs unpickling.

    format          ()      int32    1
    Wx Ws bs Wy by          float32  the network, by the formulas' names
    words shown     (n,)    uint8    the vocabulary: as the network knows its words, as people write them; UTF-8
    words_at shown_at (V+1,) int64   where each begins in that, and where the last ends
    counts          (V,)    int64    how often each occurred
    settings record (n,)    uint8    JSON

Members are stored uncompressed. The zip comment, the last bytes of the file, is a SHA-256 of all bytes before it.
"""

import json
import os
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import CheckpointError, FileError, UsageError
from ..network.parameters import Params, Weights
from ..settings import Settings
from ..text.vocabulary import SPECIALS, Vocabulary
from .durable import replace

FORMAT = 1
SEAL = b"rnncli sha256 "
DIGEST = 64  # hex digits
MEMBERS = {
    "format": np.int32,
    **dict.fromkeys(Params._fields, np.float32),
    **dict.fromkeys(("words", "shown", "settings", "record"), np.uint8),
    **dict.fromkeys(("words_at", "shown_at", "counts"), np.int64),
}


class Checkpoint(NamedTuple):
    """All that belongs to a model."""

    params: Weights
    vocabulary: Vocabulary
    settings: Settings
    record: dict[str, Any]  # what it was trained on and how well it did: JSON values


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Writes a model file, all or nothing; equal models give equal bytes. Raises FileError."""
    params, vocabulary, settings, record = checkpoint
    words, words_at = _blob(vocabulary.words)
    shown, shown_at = _blob(vocabulary.shown)
    arrays: dict[str, NDArray[Any]] = {
        "format": np.array(FORMAT, np.int32),
        **{name: w.astype(np.float32) for name, w in params._asdict().items()},
        "words": words,
        "words_at": words_at,
        "shown": shown,
        "shown_at": shown_at,
        "counts": np.array(vocabulary.counts, np.int64),
        "settings": _json(asdict(settings)),
        "record": _json({**record, "capitals": vocabulary.capitals}),
    }

    def write(file: BinaryIO) -> None:
        with zipfile.ZipFile(file, "w") as archive:
            archive.comment = SEAL + b"0" * DIGEST
            for name, array in arrays.items():
                with archive.open(zipfile.ZipInfo(name + ".npy"), "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)
        digest = _digest(file)
        file.seek(-DIGEST, os.SEEK_END)
        file.write(digest)

    replace(path, write)


def load(path: Path) -> Checkpoint:
    """Reads a model file. Raises FileError if it cannot be opened, CheckpointError if it is not one or is damaged."""
    try:
        with path.open("rb") as file:
            _check_seal(path, file)
            file.seek(0)
            with np.load(file, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{path}: damaged model file ({error})") from None
    return _assembled(path, arrays)


def _assembled(path: Path, arrays: dict[str, NDArray[Any]]) -> Checkpoint:
    def bad(why: str) -> CheckpointError:
        return CheckpointError(f"{path}: damaged model file ({why})")

    version = arrays.get("format", np.array("none"))
    if version.shape != () or version != FORMAT:
        raise CheckpointError(
            f"{path}: made by another rnncli (format {version}; this one reads {FORMAT}). Upgrade rnncli"
        )
    if arrays.keys() != MEMBERS.keys():
        raise bad(f"its members are {', '.join(sorted(arrays))}")
    for name, dtype in MEMBERS.items():
        if arrays[name].dtype != dtype:
            raise bad(f"{name} is {arrays[name].dtype}, not {np.dtype(dtype)}")
    params = Params(*(arrays[name] for name in Params._fields))
    if params.Wx.ndim != 2:
        raise bad(f"Wx has shape {params.Wx.shape}")
    V, H = params.Wx.shape
    for name, shape in {"Ws": (H, H), "bs": (H,), "Wy": (V, H), "by": (V,), "counts": (V,)}.items():
        if arrays[name].shape != shape:
            raise bad(f"{name} has shape {arrays[name].shape}, not {shape}")
    for name in Params._fields:
        if not (np.isfinite(arrays[name].max()) and np.isfinite(arrays[name].min())):
            raise bad(f"{name} holds numbers that are not finite")
    try:
        settings = Settings(**json.loads(arrays["settings"].tobytes()))
        record = json.loads(arrays["record"].tobytes())
        vocabulary = Vocabulary(
            _strings(arrays["words"], arrays["words_at"]),
            _strings(arrays["shown"], arrays["shown_at"]),
            arrays["counts"].tolist(),
            settings.case,
            bool(record.pop("capitals")),
        )
    except (ValueError, TypeError, KeyError, AttributeError, UsageError) as error:
        raise bad(str(error)) from None
    if not len(vocabulary.words) == len(vocabulary.shown) == len(set(vocabulary.words)) == V:
        raise bad(f"{len(set(vocabulary.words))} words for {V} rows")
    if tuple(vocabulary.words[: len(SPECIALS)]) != SPECIALS:
        raise bad(f"the first words are not {' '.join(SPECIALS)}")
    return Checkpoint(params, vocabulary, settings, record)


def _blob(words: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    parts = [word.encode() for word in words]
    return np.frombuffer(b"".join(parts), np.uint8), np.cumsum([0, *map(len, parts)], dtype=np.int64)


def _strings(blob: NDArray[np.uint8], at: NDArray[np.int64]) -> list[str]:
    data, ends = blob.tobytes(), at.tolist()
    if ends[:1] != [0] or ends[-1] != len(data) or sorted(ends) != ends:
        raise ValueError("words and their places do not fit")
    if data.isascii():
        text = data.decode()
        return [text[a:b] for a, b in pairwise(ends)]
    return [data[a:b].decode() for a, b in pairwise(ends)]


def _json(value: dict[str, Any]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(value, sort_keys=True, ensure_ascii=False).encode(), np.uint8)


def _check_seal(path: Path, file: BinaryIO) -> None:
    size = os.fstat(file.fileno()).st_size
    if size == 0:
        raise CheckpointError(f"{path}: empty file (an interrupted copy?)")
    file.seek(max(0, size - len(SEAL) - DIGEST))
    seal = file.read()
    if not seal.startswith(SEAL):
        raise CheckpointError(f"{path}: not an rnncli model, or cut short")
    if seal.removeprefix(SEAL) != _digest(file):
        raise CheckpointError(f"{path}: damaged: its content does not match its SHA-256")


def _digest(file: BinaryIO) -> bytes:
    """The SHA-256, hex, of an open file but for its last DIGEST bytes."""
    left = file.seek(0, os.SEEK_END) - DIGEST
    file.seek(0)
    digest = sha256()
    while left > 0 and (data := file.read(min(left, 1 << 20))):
        digest.update(data)
        left -= len(data)
    return digest.hexdigest().encode()
