"""Reading a corpus: MB/s to ids on disk, and the memory it takes, for a small file and one ten times as large.

    python tests/bench/reading.py [--megabytes 1000] [--tokenizer whitespace]

Each size is read in a process of its own, which then trains for some steps; its peak resident memory is compared with
that of a process that only imports what reading needs. Memory may grow with the distinct words, which are the same in
both files, and not with the text.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from machine import describe

DISTINCT = 100_000
STEPS = 20

CHILD = """
import json, resource, sys, time
import rnncli.run.training
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
path, tokenizer, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
before, start = peak(), time.perf_counter()
out = {"imports": before}
if path:
    settings = {"tokenizer": tokenizer, "hidden": 100, "sentences": "lines", "epochs": 1}
    training = rnncli.run.training.Training(path, path + ".npz", force=True, **settings)
    out |= {"seconds": time.perf_counter() - start, "read": peak(), "words": training.report.words}
    for progress in training:
        if progress.step >= steps:
            break
    out["trained"] = peak()
print(json.dumps(out))
"""


def write_text(path: Path, megabytes: int) -> None:
    """Sentences of words whose counts fall as Zipf's law says, a sentence a line."""
    rng = np.random.default_rng(0)
    words = np.array([f"w{i:x}" for i in range(DISTINCT)])
    p = 1 / np.arange(1, DISTINCT + 1)
    cumulative = np.cumsum(p / p.sum())
    with path.open("w") as file:
        while file.tell() < megabytes * 1e6:
            drawn = words[np.searchsorted(cumulative, rng.random(200_000))]
            file.write("\n".join(" ".join(line) for line in np.array_split(drawn, 10_000)) + "\n")


def measure(path: str, tokenizer: str) -> dict[str, float]:
    command = [sys.executable, "-c", CHILD, path, tokenizer, str(STEPS)]
    return dict(json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--tokenizer", default="whitespace", choices=["words", "whitespace", "chars"])
    parser.add_argument("--folder", default=None, help="where the texts go; they are removed again")
    chosen = parser.parse_args()
    print(describe())
    base = measure("", chosen.tokenizer)["imports"]
    print(f"{chosen.tokenizer}; {DISTINCT:,} distinct words; importing takes {base:.0f} MiB")
    print(f"{'MB':>6} {'words':>12} {'seconds':>8} {'MB/s':>6} {'reading, MiB above imports':>27} {'and training':>13}")
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        for megabytes in (max(1, chosen.megabytes // 10), chosen.megabytes):
            path = Path(folder) / "text"
            write_text(path, megabytes)
            size = path.stat().st_size / 1e6
            took = measure(str(path), chosen.tokenizer)
            print(
                f"{size:6.0f} {took['words']:12,} {took['seconds']:8.1f} {size / took['seconds']:6.1f} "
                f"{took['read'] - base:27.0f} {took['trained'] - base:13.0f}"
            )


if __name__ == "__main__":
    main()
