"""Damaged and forged files are refused by one exception, within bounds of memory and time."""

import io
import json
import re
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

import rnncli
from rnncli.errors import CheckpointError
from rnncli.personal import file as personal
from rnncli.storage import archive, resumption
from rnncli.storage.checksum import CHECKSUM_DIGITS

pytestmark = pytest.mark.faults
SECTOR = 512
TEXT = "the cat sat\nthe dog ran\n" * 30
Size = Callable[[int, int], int]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bytes, Callable[[Path], Any]]]:
    """Returns by kind the bytes of a model file, a training state and a personal file, small enough to flip every bit,
    and the function that loads them."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "text").write_text(TEXT)
    list(rnncli.Training(folder / "text", folder / "m.npz", hidden=2, epochs=2, batch=2, bptt=5, stop=after(6)))
    model = rnncli.load(folder / "m.npz")
    rnncli.Personal(model, folder / "my.npz").learn("the cat sat")
    return {
        "model": ((folder / "m.npz").read_bytes(), rnncli.load),
        "resume": ((folder / "m.npz.resume").read_bytes(), resumption.load),
        "personal": ((folder / "my.npz").read_bytes(), partial(personal.load, base=model.params)),
    }


def damages(whole: bytes, most: int, rng: Random) -> Iterator[tuple[str, bytes]]:
    """Yields every truncation, every sector zeroed, some bytes appended, and flipped bits, up to `most`."""
    yield from (("cut", whole[:n]) for n in range(len(whole)))
    for at in range(0, len(whole), SECTOR):
        zeroed = whole[:at] + bytes(len(whole[at : at + SECTOR])) + whole[at + SECTOR :]
        yield "sector", zeroed
    for _ in range(200):
        yield "appended", whole + rng.randbytes(rng.choice([1, 2, 100, len(whole)]))
        yield "prepended", rng.randbytes(rng.choice([1, 64])) + whole
    yield "twice", whole + whole
    left = max(0, most - len(whole) - len(whole) // SECTOR - 402)
    bits = range(8 * len(whole))
    for bit in rng.sample(bits, min(left, len(bits))):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        yield "bit", bytes(flipped)
    for _ in range(max(0, left - len(bits))):
        burst = bytearray(whole)
        at = rng.randrange(len(whole) - 8)
        burst[at : at + 8] = rng.randbytes(8)
        yield "burst", bytes(burst)


@pytest.mark.rows("B7", "B8", "B9", "B10")
@pytest.mark.parametrize("kind", ["model", "resume", "personal"])
def test_damaged_files_are_refused(kind: str, files: Any, tmp_path: Path, size: Size, seed: int) -> None:
    whole, load = files[kind]
    path, tried = tmp_path / "file", Counter[str]()
    began = time.monotonic()
    for what, damaged in damages(whole, size(34_000, 700_000), Random(seed)):
        if damaged == whole:
            continue
        path.write_bytes(damaged)
        tried[what] += 1
        with pytest.raises(CheckpointError):
            load(path)
    seconds = time.monotonic() - began
    print(f"\n{kind}: {tried.total():,} damaged files, all refused: {dict(tried)}; {seconds:.0f} s, seed {seed}")


def forged(whole: bytes, rng: Random) -> bytes:
    """Returns a file changed by someone who knows its format, with a valid checksum."""
    body = bytearray(whole[:-CHECKSUM_DIGITS])
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        how = rng.randrange(8)
        numbers = [m.span() for m in re.finditer(rb"\d+", bytes(body))]
        headers = [
            m.start() for m in re.finditer(rb"\x93NUMPY|PK\x01\x02|PK\x03\x04|PK\x05\x06|PK\x06\x06", bytes(body))
        ]
        if how == 0:  # any byte
            body[rng.randrange(len(body))] = rng.randrange(256)
        elif how == 1 and numbers:  # a number in text: shapes, JSON
            start, stop = rng.choice(numbers)
            body[start:stop] = rng.choice([b"0", b"-1", b"1", b"9" * 30, b"NaN", b"1e999", b"null", b"[]"])
        elif how == 2 and headers:  # a field of a header
            at = rng.choice(headers) + rng.randrange(60)
            body[at : at + 4] = rng.choice([bytes(4), b"\xff" * 4, rng.randbytes(4)])
        elif how == 3:  # bytes removed
            at = rng.randrange(len(body))
            del body[at : at + rng.choice([1, 4, 8, 64])]
        elif how == 4:  # bytes doubled
            at, n = rng.randrange(len(body)), rng.choice([1, 8, 64, 300])
            body[at:at] = body[at : at + n]
        elif how == 5 and headers:  # an array moved
            a, b = sorted(rng.choices(headers, k=2))
            part = body[a:b]
            del body[a:b]
            at = rng.choice([0, len(body), rng.randrange(len(body) + 1)])
            body[at:at] = part
        elif how == 6:  # NaN, infinite and huge numbers
            at = rng.randrange(len(body) - 4) & ~3
            body[at : at + 4] = np.array(rng.choice([np.nan, np.inf, -np.inf, 1e38]), np.float32).tobytes()
        else:  # JSON changed
            text = [m.span() for m in re.finditer(rb'"[a-z_]+"', bytes(body))]
            start, stop = rng.choice(text or [(0, 0)])
            body[start:stop] = rng.choice([b'"x"', b"{}", b"[" * 9000, b'"\xff"', b"", b'"hidden"'])
    return bytes(body) + sha256(body).hexdigest().encode()


JSON = [b"{}", b"[]", b"null", b"NaN", b"1", b'"x"', b"[" * 100_000, b'{"a":' * 50_000, b"9" * 5000, b"{", b"\xff", b""]


@np.errstate(all="ignore")
def rewritten(right: dict[str, np.ndarray], rng: Random) -> bytes:
    """Returns a file in the right format with wrong content, as our own writer would write it."""
    arrays = dict(right)
    for _ in range(rng.choice([1, 1, 2])):
        name = rng.choice(list(arrays))
        array = arrays[name]
        how = rng.randrange(7)
        if name in ("settings", "record") and how < 5:
            text = array.tobytes()
            if how == 0:
                text = rng.choice(JSON)
            else:  # one value or one name replaced
                tokens = [m.span() for m in re.finditer(rb'-?[\d.]+|"[^"]*"|null|true|false', text)]
                start, stop = rng.choice(tokens or [(0, 0)])
                value = rng.choice([*JSON, b"-1", b"0", b"1e400", b"true", b'"\\u0000"', b'"adam"', b"[[1, 2]]"])
                text = text[:start] + value + text[stop:]
            arrays[name] = np.frombuffer(text, np.uint8)
        elif how == 0:
            del arrays[name]
        elif how == 1:
            arrays[name] = array.astype(rng.choice(["f4", "f8", "i4", "i8", "u1", "f2", "?", ">f4"]))
        elif how == 2 and array.ndim:
            arrays[name] = array[: rng.randrange(len(array) + 1)]
        elif how == 3 and array.size:
            arrays[name] = array = array.copy()
            extreme = [np.nan, np.inf, 1e38, -1.0] if array.dtype.kind == "f" else [0, 1, 255, -1 % 256, 127]
            array.reshape(-1)[rng.randrange(array.size)] = rng.choice(extreme)
        elif how == 4:
            arrays[name] = array.reshape(rng.choice([(-1,), (-1, 1), (1, -1)]))
        elif how == 5 and array.ndim == 2:
            arrays[name] = array.T.copy()
        else:
            arrays[rng.choice([name, "extra"])] = arrays[rng.choice(list(arrays))]
    file = io.BytesIO()
    archive.write(file, arrays)
    return file.getvalue()


@pytest.mark.rows("B11", "I2")
@pytest.mark.parametrize("kind", ["model", "resume", "personal"])
def test_forged_files_are_refused_or_usable(kind: str, files: Any, tmp_path: Path, size: Size, seed: int) -> None:
    whole, load = files[kind]
    path, rng, found = tmp_path / "file", Random(seed), Counter[str]()
    arrays = dict(np.load(io.BytesIO(whole)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    slowest, began = 0.0, time.monotonic()
    for _ in range(size(17_000, 700_000)):
        path.write_bytes(forged(whole, rng) if rng.random() < 0.5 else rewritten(arrays, rng))
        start = time.monotonic()
        try:
            loaded = load(path)
        except CheckpointError:
            found["refused"] += 1
        else:
            found["loaded"] += 1
            if kind == "personal":
                assert all(np.isfinite(w).all() for w in loaded.params.values())
                assert loaded.mixture.sum() == pytest.approx(1, abs=0.01)
                assert loaded.history.ids.max(initial=0) < len(loaded.params["Wx"])
                assert 0 <= loaded.history.weights.min() <= loaded.history.weights.max() <= 1
                assert loaded.history.fitted.min() > 0
            if kind == "model":
                assert loaded.settings.hidden >= 1
                best = loaded.predict("the cat", k=3)
                assert all(np.isfinite(p) for _, p in best), best
                json.dumps(loaded.record)
        slowest = max(slowest, time.monotonic() - start)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    seconds = time.monotonic() - began
    print(
        f"\n{kind}: {dict(found)}; slowest {slowest:.2f} s, memory {grown:.0f} MiB more; {seconds:.0f} s, seed {seed}"
    )
    assert grown < 64


def after(steps: int) -> Callable[[], bool]:
    """Returns a function that asks a run to stop after so many steps."""
    done = count(1)
    return lambda: next(done) >= steps


@pytest.mark.rows("B31")
def test_forged_training_states_are_refused_or_resumed(files: Any, tmp_path: Path, size: Size, seed: int) -> None:
    """Whatever a training state with a valid checksum holds, a run goes on from it or ends with a sentence."""
    (tmp_path / "text").write_text(TEXT)
    (tmp_path / "m.npz").write_bytes(files["model"][0])
    arrays, state = dict(np.load(io.BytesIO(files["resume"][0]))), tmp_path / "m.npz.resume"
    rng, found, left = Random(seed), Counter[str](), size(200, 5_000)
    while left:
        state.write_bytes(rewritten(arrays, rng))
        try:
            resumption.load(state)
        except CheckpointError:
            continue
        left -= 1
        try:
            list(rnncli.Training(tmp_path / "text", tmp_path / "m.npz", resume=True, stop=after(2)))
            found["resumed"] += 1
        except rnncli.RnncliError as error:
            found[type(error).__name__] += 1
    print(f"\n{dict(found)}; seed {seed}")
    assert found["resumed"]
