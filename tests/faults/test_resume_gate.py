"""Gates: a run of 200 steps that is interrupted at any of them ends with the same bytes."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

import rnncli
from rnncli.storage.checksum import resume_path

pytestmark = pytest.mark.faults
STEPS, EPOCHS = 200, 4
DROPOUT = {"dropout": 0.2, "dropout_units": 0.1, "dropout_words": 0.1, "dropout_recurrent": 0.1}
KINDS: list[dict[str, Any]] = [DROPOUT, {"ensemble_size": 2, "softmax": "sampled", **DROPOUT}, {"base": "base.npz"}]
Size = Callable[[int, int], int]


@pytest.fixture
def texts(tmp_path: Path) -> list[Path]:
    """A corpus whose epoch takes STEPS / EPOCHS steps of 4 columns by 5 words, and a validation text.

    Beside them lies the model of another text, which a run may go on from.
    """
    (tmp_path / "before.txt").write_text("the cat sat on the new mat\n" * 30)
    rnncli.train(tmp_path / "before.txt", tmp_path / "base.npz", hidden=4, epochs=1)
    rng, sentences = Random(1), ["the cat sat on the old mat\n", "a dog ran to the big house\n"]
    for name, lines in (("c.txt", 125), ("v.txt", 10)):
        (tmp_path / name).write_text("".join(rng.choices(sentences, k=lines)))
    return [tmp_path / "c.txt", tmp_path / "v.txt"]


def run(texts: list[Path], stops: Sequence[int], **choices: Any) -> bytes:
    """Returns the model file of a run that is stopped after each of `stops` and resumed."""
    corpus, valid = texts
    path = corpus.with_name("m.npz")
    if "base" in choices:
        choices["base"] = corpus.with_name(choices["base"])
    for after in (*stops, STEPS):
        training = rnncli.Training(
            corpus,
            path,
            valid=valid,
            resume=os.path.exists(resume_path(path)),
            stop=lambda: training.step == after < STEPS,  # noqa: B023
            hidden=4,
            batch=4,
            bptt=5,
            epochs=EPOCHS,
            **choices,
        )
        for _ in training:
            pass
        assert training.step == after
    model = path.read_bytes()
    path.unlink()
    return model


@pytest.mark.rows("H1", "H2")
def test_resume_after_every_step_gives_same_bytes(texts: list[Path], size: Size, seed: int) -> None:
    """Stops after every third step, of each kind of run in turn; for a release after every step of all kinds, with
    three seeds."""
    seen, began, every = Counter[str](), time.monotonic(), size(3, 1)
    for kind in KINDS:
        for chosen in range(seed, seed + size(1, 3)):
            whole = run(texts, [], seed=chosen, **kind)
            for after in range(1 + (kind is KINDS[0]) * every // 2, STEPS, every * size(len(KINDS), 1)):
                assert run(texts, [after], threads=1, seed=chosen, **kind) == whole, (after, kind)
                seen["interrupted once"] += 1
    print(f"\n{dict(seen)}, all equal; {time.monotonic() - began:.0f} s, seed {seed}")


@pytest.mark.rows("H3")
def test_resume_after_five_stops_gives_same_bytes(texts: list[Path], size: Size, seed: int) -> None:
    rng, began = Random(seed), time.monotonic()
    wholes = [run(texts, [], **kind) for kind in KINDS]
    for n in range(size(10, 300)):
        stops = sorted(rng.sample(range(1, STEPS), 5))
        assert run(texts, stops, threads=rng.choice([1, 2, 3]), **KINDS[n % len(KINDS)]) == wholes[n % len(KINDS)], (
            stops
        )
    print(f"\n{n + 1} interrupted five times, all equal; {time.monotonic() - began:.0f} s, seed {seed}")


@pytest.mark.rows("H4")
def test_resume_after_each_signal_gives_same_bytes(texts: list[Path], size: Size, seed: int) -> None:
    """Each signal in turn; for a release SIGKILL alone."""
    rng, seen, began = Random(seed), Counter[str](), time.monotonic()
    whole = run(texts, [], ensemble_size=2, softmax="sampled")
    corpus, valid = map(str, texts)
    path = texts[0].with_name("m.npz")
    shape = f"--hidden 4 --batch 4 --bptt 5 --epochs {EPOCHS} --ensemble 2 --softmax sampled -q".split()
    command = [sys.executable, "-m", "rnncli", "train", corpus, "--valid", valid, "-o", str(path), *shape]
    signals = [signal.SIGKILL, *size([signal.SIGINT, signal.SIGTERM, signal.SIGHUP], [])]  # type: ignore[arg-type]
    while seen.total() < size(8, 100):
        number = signals[seen.total() % len(signals)]
        process = subprocess.Popen(
            [*command, "--save-steps", "1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while not os.path.exists(resume_path(path)) and process.poll() is None:
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.2))
        process.send_signal(number)
        process.wait()
        if not os.path.exists(resume_path(path)):  # it had ended
            path.unlink()
            continue
        subprocess.run([*command, "--resume"], check=True, stdout=subprocess.DEVNULL)
        assert path.read_bytes() == whole
        assert not os.path.exists(resume_path(path))
        path.unlink()
        seen[number.name] += 1
    print(f"\n{dict(seen)}, all equal; {time.monotonic() - began:.0f} s, seed {seed}")
