"""Penn Treebank: `rnncli train` with its defaults against count models, on the same words.

    python tests/bench/ptb.py FOLDER        (with train.txt and valid.txt, already tokenized)

The count models: unigram, and bigram interpolated with it (Jelinek & Mercer 1980), weights by counts of the history,
fitted on the validation text itself, which flatters them.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from itertools import pairwise
from math import exp, log
from pathlib import Path

from machine import describe


def words(path: Path) -> list[str]:
    return [word for line in path.open() for word in [*line.split(), "<eos>"]]


def unigram(train: list[str], valid: list[str]) -> float:
    """Perplexity of the counts, one added to each."""
    counts = Counter(train)
    n = len(train) + len(counts) + 1
    return exp(-sum(log((counts[word] + 1) / n) for word in valid) / len(valid))


def bigram(train: list[str], valid: list[str]) -> float:
    """Perplexity of λ(h) p(w|h) + (1 - λ(h)) p(w), λ(h) = c(h) / (c(h) + k) with the best k of a few."""
    counts, pairs = Counter(train), Counter(pairwise(train))
    n = len(train) + len(counts) + 1

    def perplexity(k: float) -> float:
        total = 0.0
        for history, word in pairwise(["<eos>", *valid]):
            weight = counts[history] / (counts[history] + k)
            seen = pairs[history, word] / counts[history] if counts[history] else 0.0
            total -= log(weight * seen + (1 - weight) * (counts[word] + 1) / n)
        return exp(total / len(valid))

    return min(perplexity(k) for k in (3, 10, 30, 100, 300, 1000, 3000))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("options", nargs="*", help="more options for rnncli train, after --")
    chosen = parser.parse_args()
    print(describe())
    texts = chosen.folder / "train.txt", chosen.folder / "valid.txt"
    train, valid = map(words, texts)
    print(f"unigram {unigram(train, valid):.1f}, bigram {bigram(train, valid):.1f}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        command = f"train {texts[0]} --valid {texts[1]} --tokenizer whitespace --vocabulary-size 10000".split()
        start = time.perf_counter()
        output = ["-o", str(Path(folder) / "ptb.npz")]
        subprocess.run([sys.executable, "-m", "rnncli", *command, *output, *chosen.options], check=True)
        print(f"{time.perf_counter() - start:.0f} s, the whole command")


if __name__ == "__main__":
    main()
