"""Gates: a training killed at any moment, a save whose system calls fail or are the last, and power loss."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain, combinations, product
from pathlib import Path
from random import Random
from typing import Any, BinaryIO

import pytest

import rnncli
from rnncli.storage import durable, resumption
from rnncli.storage.checksum import resume_path

pytestmark = pytest.mark.faults
Size = Callable[[int, int], int]
TRAIN = [sys.executable, "-m", "rnncli", "train"]
STRACE = shutil.which("strace")
OPTIONS = ["--hidden", "8", "--epochs", "40", "--batch", "8", "--bptt", "10", "--save-steps", "5", "-q"]


@pytest.fixture(scope="module")
def whole(corpus_file: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The model file of a training that was never killed."""
    path = tmp_path_factory.mktemp("whole") / "model.npz"
    subprocess.run([*TRAIN, str(corpus_file), "-o", str(path), *OPTIONS], check=True, stdout=subprocess.DEVNULL)
    return path.read_bytes()


def saved_step(model: Path) -> int:
    """Returns the step that a resume would start from."""
    step: int = resumption.load(resume_path(model)).record["state"]["step"]
    return step


@pytest.mark.rows("C1", "C29")
@pytest.mark.parametrize("part", range(4))
def test_training_killed_again_and_again_ends_with_same_bytes(
    tmp_path: Path, corpus_file: Path, whole: bytes, size: Size, seed: int, part: int
) -> None:
    """Kills a training, resumes it until it has ended, and begins anew, until so many kills are done; the last training
    may end. Whenever there is a model or a state, --resume goes on."""
    model, rng, seen = tmp_path / "model.npz", Random(seed + part), Counter[str]()
    kills, began, at = size(25, 2_500), time.monotonic(), 0
    while seen["killed"] < kills or os.listdir(tmp_path):
        resume = os.path.exists(resume_path(model)) or model.exists()
        at = at if resume else 0
        options = ["--resume", "--save-steps", "5", "-q"] if resume else OPTIONS
        process = subprocess.Popen(
            [*TRAIN, str(corpus_file), "-o", str(model), *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        try:
            process.wait(rng.uniform(0.2, 0.6) if seen["killed"] < kills else None)
        except subprocess.TimeoutExpired:
            process.kill()
        messages = process.communicate()[1]
        assert process.returncode in (0, -signal.SIGKILL), messages
        if process.returncode == 0:
            seen["ended"] += 1
            assert model.read_bytes() == whole
            assert os.listdir(tmp_path) == ["model.npz"]
            model.unlink()
            continue
        seen["killed"] += 1
        left = sorted(set(os.listdir(tmp_path)) - {"model.npz", "model.npz.resume", ".model.npz.lock"})
        seen["half-written files"] += len(left)
        assert len(left) <= 1, left
        if model.exists():
            rnncli.load(model)
            assert os.path.exists(resume_path(model)) or model.read_bytes() == whole
        if os.path.exists(resume_path(model)):
            step = saved_step(model)
            assert step % 5 == 0 or resumption.load(resume_path(model)).record["ended"]
            assert step >= at, f"{step} after {at}"
            at = step
            seen["could be resumed"] += 1
    assert seen["ended"]
    print(f"\n{dict(seen)}; {time.monotonic() - began:.0f} s, seed {seed}")


@pytest.mark.rows("C1", "C29")
def test_training_killed_in_its_first_second_resumes_to_same_bytes(
    tmp_path: Path, corpus_file: Path, whole: bytes, size: Size, seed: int
) -> None:
    """Saves its state by the clock alone, once a minute, so that it has saved none but the first when it is killed."""
    model, rng, seen = tmp_path / "model.npz", Random(seed), Counter[str]()
    command = [*TRAIN, str(corpus_file), "-o", str(model), *[o for o in OPTIONS if o not in ("--save-steps", "5")]]
    while seen.total() < size(8, 300):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while not os.path.exists(resume_path(model)):
            assert process.poll() is None
        time.sleep(rng.uniform(0, 0.5) * rng.choice([0.1, 1]))
        process.kill()
        process.wait()
        seen["with a model" if model.exists() else "without a model"] += 1
        subprocess.run([*command, "--resume"], check=True, stdout=subprocess.DEVNULL)
        assert model.read_bytes() == whole
        assert os.listdir(tmp_path) == ["model.npz"]
        model.unlink()
    assert len(seen) == 2
    print(f"\nkilled {dict(seen)}; seed {seed}")


KILLED = """
import os, signal, sys, rnncli
training = rnncli.Training(sys.argv[1], sys.argv[2], hidden=4, batch=4, bptt=5, epochs=40, save_steps=5)
for progress in training:
    if progress.step == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.rows("C1")
def test_kill_loses_only_steps_since_the_last_due_save(
    tmp_path: Path, corpus_file: Path, size: Size, seed: int
) -> None:
    model, rng = tmp_path / "model.npz", Random(seed)
    for _ in range(size(5, 100)):
        last = rng.randrange(5, 200)
        process = subprocess.run([sys.executable, "-c", KILLED, str(corpus_file), str(model), str(last)], check=False)
        assert process.returncode == -signal.SIGKILL
        assert saved_step(model) == last - last % 5
        os.unlink(resume_path(model))
        model.unlink(missing_ok=True)


SAVE = """
import os, sys
from contextlib import suppress
from rnncli.errors import RnncliError
from rnncli.storage.durable import replace
new = b"new" * 5000
said, code = b"saved", 0
try:
    os.getppid()
    replace(sys.argv[1], lambda file: [file.write(new[:7000]), file.write(new[7000:])] and None)
    os.getppid()
except RnncliError as error:
    said, code = str(error).encode(), error.exit_code
with suppress(OSError):
    os.write(1, said)
sys.exit(code)
"""
NEW = b"new" * 5000
FAULTS = ("KILL", "EIO", "ENOSPC", "EACCES", "EDQUOT", "EROFS", "EINTR")


def traced(path: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    assert STRACE
    command = [STRACE, "-f", "-o", str(path.with_name("trace")), *options, sys.executable, "-c", SAVE, str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def calls(path: Path) -> Iterator[tuple[str, int]]:
    """Yields each system call of a save: its name, and its number among the process's calls of that name."""
    traced(path)
    count, saving = Counter[str](), False
    for line in path.with_name("trace").read_text().splitlines():
        if name := re.match(r"\d+ +(\w+)\(", line):
            count[name[1]] += 1
            if name[1] == "getppid":
                saving = not saving
            elif saving:
                yield name[1], count[name[1]]


def injected(call: tuple[str, int], fault: str, times: str = "") -> list[str]:
    """Returns options for strace that make a call fail, or kill the process there."""
    effect = "signal=KILL" if fault == "KILL" else f"error={fault}"
    return ["-e", f"inject={call[0]}:{effect}:when={call[1]}{times}"]


def singly(all_calls: list[tuple[str, int]]) -> Iterator[tuple[list[str], bool, bool]]:
    """Yields each fault of each call, once and from then on: options, whether it kills, whether it is once."""
    for call, fault, times in product(all_calls, FAULTS, ("", "+")):
        if not (fault == "EINTR" and times):  # which Python tries again, for ever
            yield injected(call, fault, times), fault == "KILL", not times


def in_pairs(all_calls: list[tuple[str, int]]) -> Iterator[tuple[list[str], bool, bool]]:
    """Yields faults of two calls: the first fails, the second fails or kills; calls of one name fail alike."""
    for (a, b), first, second in product(combinations(all_calls, 2), FAULTS[1:], FAULTS):
        if a[0] != b[0]:
            yield injected(a, first) + injected(b, second), False, False
        elif first == second:
            yield injected(a, first, f"..{b[1]}+{b[1] - a[1]}"), False, False


@pytest.mark.rows("C2", "C3")
@pytest.mark.skipif(not STRACE, reason="strace is not installed")
def test_save_leaves_old_or_new_file_whatever_a_system_call_does(tmp_path: Path, size: Any) -> None:
    """For a release, every pair of faults too."""
    path, seen = tmp_path / "folder" / "model.npz", Counter[str]()
    path.parent.mkdir()
    path.write_bytes(b"old")
    began = time.monotonic()
    all_calls = list(calls(path))
    assert {"fsync", "rename", "write", "openat"} <= {name for name, _ in all_calls}
    for options, ends, is_once in chain(singly(all_calls), size(lambda _: (), in_pairs)(all_calls)):
        path.write_bytes(b"old")
        done = traced(path, *options)
        content = path.read_bytes()
        where = f"{options}: {done.returncode} {done.stdout} {done.stderr}"
        assert content in (b"old", NEW), where
        assert "Traceback" not in done.stderr, where
        if done.stdout == "saved" or done.returncode == 0:
            assert content == NEW, where
        if ends:
            assert done.returncode == -signal.SIGKILL, where
        elif is_once:  # else the message may fail as well
            assert done.returncode in (0, 5), where
        seen[f"{len(options) // 2} injected: {'new' if content == NEW else 'old'}"] += 1
        for left in path.parent.glob(".*"):
            left.unlink()
    print(f"\n{len(all_calls)} system calls: {dict(seen)}; {time.monotonic() - began:.0f} s")


OLD = b"old" * 3000
BLOCK, PIECE = 512, 1500  # bytes that a disk writes whole, and that the save hands over at a time


def operations(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Records what a save does, in order; each "write" is the next PIECE of the file."""
    fsync, replace, log = os.fsync, os.replace, []

    def flush(descriptor: int) -> None:
        fsync(descriptor)
        log.append("flush folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "flush")

    def rename(source: str, target: str) -> None:
        replace(source, target)
        log.append("rename")

    def write(file: BinaryIO) -> None:
        for at in range(0, len(NEW), PIECE):
            file.write(NEW[at : at + PIECE])
            log.append("write")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", flush)
        patched.setattr(os, "replace", rename)
        durable.replace(path, write)
    return log


def after_power_failed(log: list[str], rng: Random) -> bytes:
    """Returns what a disk may hold after operations: blocks that were not flushed may be missing, the last one torn;
    a rename may be lost until its folder is flushed."""
    if "rename" not in log or ("flush folder" not in log and rng.random() < 0.5):
        return OLD
    written = min(len(NEW), PIECE * log.count("write"))
    if "flush" in log[: log.index("rename")]:
        return NEW[:written]
    blocks = [NEW[at : at + BLOCK] for at in range(0, written, BLOCK)]
    held = b"".join(block if rng.random() < 0.8 else bytes(len(block)) for block in blocks)
    return held[: rng.randrange(len(held) + 1)]


@pytest.mark.rows("C4")
def test_power_loss_leaves_old_or_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: Size, seed: int
) -> None:
    path, rng, seen = tmp_path / "model.npz", Random(seed), Counter[str]()
    path.write_bytes(OLD)
    log = operations(path, monkeypatch)
    for _ in range(size(10_000, 500_000)):
        done = rng.randrange(len(log) + 1)
        found = after_power_failed(log[:done], rng)
        assert found in ((OLD, NEW) if done < len(log) else (NEW,))
        seen["new" if found == NEW else "old"] += 1
    print(f"\n{', '.join(dict.fromkeys(log))}: {dict(seen)}; seed {seed}")


@pytest.mark.parametrize("missing", ["flush", "flush folder"])
def test_power_loss_model_notices_a_missing_flush(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    path, rng = tmp_path / "model.npz", Random(1)
    path.write_bytes(OLD)
    log = [name for name in operations(path, monkeypatch) if name != missing]
    found = {after_power_failed(log, rng) for _ in range(100)}
    assert found > {OLD} if missing == "flush folder" else found - {OLD, NEW}
