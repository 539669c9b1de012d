"""How fast training steps are, against PyTorch on the same cores and against the bare matrix products they need.

    python tests/bench/speed.py [--rounds 5] [ROW ...]

Rows: exact sampled million wide recurrence memory

Every figure is measured in a process of its own, in rounds (A B A B ...), and the medians over the rounds are shown
with their ratio. PyTorch's rows are left out where it is not installed: pip install torch
"""

import argparse
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe

SHAPE = {"V": 10_000, "H": 200, "B": 32, "T": 35}
STEPS, SECONDS = 12, 1.0  # that are timed, at least
WARM_UP = 3
CORES = len(os.sched_getaffinity(0))


def timed(step: Callable[[int], Any]) -> float:
    """Median seconds of a step."""
    seconds: list[float] = []
    while len(seconds) < WARM_UP + STEPS or sum(seconds) < SECONDS:
        start = time.perf_counter()
        step(len(seconds))
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[WARM_UP:])


def zipf(V: int, T: int, B: int) -> tuple[np.ndarray, np.ndarray]:
    """Words to read, with counts that fall as Zipf's law says, and the counts."""
    p = 1 / np.arange(1, V + 1)
    words = np.searchsorted(np.cumsum(p / p.sum()), np.random.default_rng(0).random((20 * T + 1, B)))
    return words.astype(np.int32), (1e6 * p).astype(int)


def ours(V: int, H: int, B: int, T: int, softmax: str = "exact", dropout: float = 0.0) -> float:
    """A whole step of rnncli: forward, backward, clipping, Adam."""
    from rnncli.network import cells, optimizer, threads
    from rnncli.network.inputs import Dropout
    from rnncli.network.sampled import Sampler
    from rnncli.network.scratch import Scratch
    from rnncli.network.step import gradient

    words, counts = zipf(V, T, B)
    rng = np.random.default_rng(1)
    cell = cells.Elman()
    params = cells.initial(cell, V, H, rng, counts=counts)
    adam = optimizer.Adam(params)
    state: tuple[np.ndarray, ...] = (np.zeros((B, H), np.float32),)
    scratch, sampler = Scratch(), Sampler(counts)
    rngs = rng.spawn(2)
    with threads.threads(CORES) as run:

        def step(i: int) -> None:
            nonlocal state
            at = i % 20 * T
            d = words[at + 1 : at + T + 1]
            part = sampler.draw(d, rng) if softmax == "sampled" else None
            chunk = gradient(
                params,
                words[at : at + T],
                d,
                state,
                cell=cell,
                sample=part,
                dropout=Dropout(dropout, dropout / 3),
                rngs=rngs,
                shards=2,
                scratch=scratch,
                run=run,
            )
            state = chunk.state
            optimizer.clip(chunk.gradients, 1.0)
            adam.step(params, chunk.gradients, 0.001, run)

        return timed(step)


def run(V: int, H: int, B: int, T: int) -> float:
    """Steps of a whole training run, from a text file of V words to the model's file."""
    from rnncli.run.training import Training

    words, _ = zipf(V, 900, 50)
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text"
        every = " ".join(f"w{i}" for i in range(V))
        text.write_text("\n".join([every, *(" ".join(f"w{i}" for i in line) for line in words)]))
        training = iter(Training(text, text.with_suffix(".npz"), hidden=H, batch=B, bptt=T, epochs=1, min_count=1))
        start = time.perf_counter()
        steps = sum(1 for _ in training)
        return (time.perf_counter() - start) / steps


def imports(**_: int) -> float:
    """NumPy alone, for its memory."""
    return 0.0


def products(V: int, H: int, B: int, T: int) -> float:
    """The matrix products of a step alone, each core on its half of the columns with single-threaded BLAS."""
    from threadpoolctl import threadpool_limits

    b = B // CORES
    rng = np.random.default_rng(0)

    def arrays(*shapes: tuple[int, int]) -> list[np.ndarray]:
        return [rng.random(shape, np.float32) for shape in shapes]

    def work(made: list[np.ndarray]) -> None:
        Wy, Ws, s, e, dWy, ds, small = made
        for t in range(T):
            np.matmul(small, Ws, out=s[t * b : (t + 1) * b])  # forward
        for part in (slice(0, len(s) // 2), slice(len(s) // 2, len(s))):  # blocks that fit the cache
            block = e[: part.stop - part.start]
            np.matmul(s[part], Wy.T, out=block)
            np.matmul(block, Wy, out=ds[part])
            np.matmul(block.T, s[part], out=dWy)
        for t in range(T):
            np.matmul(small, Ws.T, out=ds[t * b : (t + 1) * b])  # backward
        s.T @ ds

    n = T * b
    made = [arrays((V, H), (H, H), (n, H), (n // 2 + 1, V), (V, H), (n, H), (b, H)) for _ in range(CORES)]
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(CORES) as pool:
        return timed(lambda _: list(pool.map(work, made)))


def pytorch(V: int, H: int, B: int, T: int, compiled: bool = False) -> float:
    """The same step in PyTorch: nn.Embedding, nn.RNN, nn.Linear, cross_entropy, clip_grad_norm_, Adam."""
    import torch
    from torch import nn

    torch.set_num_threads(CORES)
    words, _ = zipf(V, T, B)
    text = torch.from_numpy(words.astype(np.int64))
    embedding, rnn, linear = nn.Embedding(V, H), nn.RNN(H, H), nn.Linear(H, V)
    parameters = [p for layer in (embedding, rnn, linear) for p in layer.parameters()]
    adam = torch.optim.Adam(parameters, lr=0.001, fused=True)

    def loss(x: Any, d: Any, state: Any) -> tuple[Any, Any]:
        out, state = rnn(embedding(x), state)
        return nn.functional.cross_entropy(linear(out).view(-1, V), d.reshape(-1)), state

    if compiled:
        loss = torch.compile(loss)
    state = torch.zeros(1, B, H)

    def step(i: int) -> None:
        nonlocal state
        at = i % 20 * T
        adam.zero_grad()
        value, state = loss(text[at : at + T], text[at + 1 : at + T + 1], state.detach())
        value.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        adam.step()

    return timed(step)


KINDS = {"ours": ours, "products": products, "pytorch": pytorch, "run": run, "imports": imports}
TORCH = importlib.util.find_spec("torch") is not None
Figure = tuple[str, str, dict[str, Any]]  # title, kind, what it is called with


def against(shape: dict[str, int]) -> list[Figure]:
    """The whole step beside its bare products, and beside PyTorch's."""
    rows: list[Figure] = [("rnncli", "ours", shape), ("bare products", "products", shape)]
    if TORCH:
        rows += [("PyTorch, eager", "pytorch", shape), ("PyTorch, compiled", "pytorch", shape | {"compiled": True})]
    return rows


def sampled(V: int, H: int) -> list[Figure]:
    shape = SHAPE | {"V": V, "H": H}
    return [("sampled", "ours", shape | {"softmax": "sampled"}), ("exact", "ours", shape)]


ROWS: dict[str, list[tuple[str, list[Figure]]]] = {
    "exact": [("whole step, exact softmax", against(SHAPE))],
    "sampled": [("V = 10,000", sampled(10_000, 200)), ("V = 100,000, H = 256", sampled(100_000, 256))],
    "million": [("V = 1,000,000, H = 256", sampled(1_000_000, 256)[:1] + sampled(100_000, 256)[:1])],
    "wide": [(f"H = {H}", against(SHAPE | {"H": H})) for H in (512, 1024)],
    "memory": [("memory of a training run", [("rnncli", "run", SHAPE), ("import numpy", "imports", SHAPE)])],
    "recurrence": [("recurrence alone, V = 500", against(SHAPE | {"V": 500}))],
}


def measure(kind: str, arguments: dict[str, Any]) -> tuple[float, float]:
    """Seconds a step and peak MiB, in a process of its own."""
    command = [sys.executable, __file__, "--child", json.dumps([kind, arguments])]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr.splitlines()[-1], file=sys.stderr)
    seconds, peak = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else (float("nan"), 0.0)
    return seconds, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", help=f"of {', '.join(ROWS)}; all without")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        kind, arguments = json.loads(chosen.child)
        print(json.dumps([KINDS[kind](**arguments), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
        return
    print(describe())
    for row in chosen.rows or ROWS:
        for title, figures in ROWS[row]:
            measured = [[measure(kind, arguments) for _, kind, arguments in figures] for _ in range(chosen.rounds)]
            shape = figures[0][2]
            print(f"\n{title}: B = {shape['B']}, T = {shape['T']}; medians of {chosen.rounds} rounds")
            first = [rounds[0][0] for rounds in measured]
            for i, (name, _, arguments) in enumerate(figures):
                seconds = [rounds[i][0] for rounds in measured]
                peak = f"peak {max(rounds[i][1] for rounds in measured):,.0f} MiB"
                if not all(seconds):
                    print(f"  {name:18} {peak}")
                    continue
                ratios = sorted(other / mine for mine, other in zip(first, seconds, strict=True))
                words = arguments["B"] * arguments["T"] / statistics.median(seconds)
                print(
                    f"  {name:18} {words:9,.0f} words/s  {statistics.median(seconds) * 1e3:8.1f} ms a step  "
                    f"x {statistics.median(ratios):.2f} of rnncli's time ({ratios[0]:.2f}-{ratios[-1]:.2f})  {peak}"
                )


if __name__ == "__main__":
    main()
