"""Counting n-grams: seconds, memory, and the perplexity of the predictor that they make.

    python tests/bench/counts.py FOLDER             (with train.txt and valid.txt, already tokenized)
    python tests/bench/counts.py --generated MB     (of text, with 100,000 distinct words)

The first prints, for each length of n-grams, how many there are and the validation perplexity of all up to that length;
then the perplexity where fewer n-grams are kept. The second counts a generated text in a process of its own: words by a
Zipf distribution, three in ten of them in phrases that come again. Its peak resident memory is compared with that of a
process that only imports what counting needs.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from machine import describe

from rnncli.counts.counting import count
from rnncli.counts.ngrams import Ngrams
from rnncli.counts.predictor import Counts
from rnncli.predictor import rows
from rnncli.text import corpus
from rnncli.text.spool import Spool

ORDER, ROUNDS = 5, 5
KEPT = 2_000_000, 1_000_000, 500_000  # n-grams
DISTINCT, PHRASES, PHRASE_WORDS, SENTENCE_WORDS = 100_000, 200_000, 5, 20
BLOCK = 1 << 18  # words generated at a time

CHILD = """
import json, resource, sys, tempfile, time
sys.path.insert(0, sys.argv[1])
import counts
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
out = {"imports": peak()}
words = int(sys.argv[2])
if words:
    text = counts.generated(words)
    start = time.perf_counter()
    ngrams = counts.count(text, counts.DISTINCT, counts.ORDER, tempfile.TemporaryFile, most=int(sys.argv[3]))
    out |= {"seconds": time.perf_counter() - start, "kept": len(ngrams), "peak": peak()}
print(json.dumps(out))
"""


def perplexity(ngrams: Ngrams, valid: Spool) -> float:
    """Returns the perplexity of a text by n-grams."""
    predictor, ids = Counts(ngrams), valid.read(0, len(valid))
    states = predictor.read(predictor.start(), ids[:-1, None])
    return float(np.exp(predictor.surprisal(rows(states, (slice(1, None), 0)), ids[1:]).mean()))


def on_text(folder: Path) -> None:
    reading = corpus.read(
        [str(folder / "train.txt")], tempfile.TemporaryFile, tokenizer="whitespace", sentences="lines"
    )
    how = {"tokenizer": "whitespace", "case": "fold", "size": 10_000, "min_count": 1}
    text = corpus.prepare(reading, tempfile.TemporaryFile, **how, valid=str(folder / "valid.txt"))
    V, seconds = len(text.vocabulary), []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        count(text.train, V, ORDER, tempfile.TemporaryFile, most=sys.maxsize)
        seconds.append(time.perf_counter() - start)
    print(f"counting {len(text.train):,} words, n-grams up to {ORDER}: {median(seconds):.2f} s")
    print("order\tn-grams\tvalidation perplexity")
    for order in range(2, ORDER + 1):
        ngrams = count(text.train, V, order, tempfile.TemporaryFile, most=sys.maxsize)
        print(f"{order}\t{len(ngrams):,}\t{perplexity(ngrams, text.valid):.2f}", flush=True)
    for most in KEPT:
        ngrams = count(text.train, V, ORDER, tempfile.TemporaryFile, most=most)
        print(f"{ORDER}\t{len(ngrams):,}\t{perplexity(ngrams, text.valid):.2f}", flush=True)


def generated(words: int) -> Spool:
    """Returns a text on disk, made block by block."""
    rng, spool = np.random.default_rng(1), Spool(tempfile.TemporaryFile())
    shares = 1 / np.arange(1, DISTINCT)
    cumulative = np.cumsum(shares / shares.sum())

    def draw(shape: tuple[int, ...]) -> np.ndarray:
        return 1 + np.minimum(np.searchsorted(cumulative, rng.random(shape)), DISTINCT - 2).astype(np.int32)

    phrases = draw((PHRASES, PHRASE_WORDS))
    spool.append(np.zeros(1, np.int32))
    for _ in range(-(-words // BLOCK)):
        block = draw((BLOCK // PHRASE_WORDS, PHRASE_WORDS))
        again = np.flatnonzero(rng.random(len(block)) < 0.3)
        block[again] = phrases[np.minimum(rng.zipf(1.3, len(again)), PHRASES) - 1]
        ids = block.ravel()
        ids[SENTENCE_WORDS - 1 :: SENTENCE_WORDS] = 0
        spool.append(np.append(ids, np.int32(0)))
    return spool


def on_generated(megabytes: int) -> None:
    words = megabytes * 1_000_000 // 6  # bytes of a word and its blank
    runs = []
    for amount in (0, words):
        arguments = [sys.executable, "-c", CHILD, str(Path(__file__).parent), str(amount), str(KEPT[0])]
        runs.append(json.loads(subprocess.run(arguments, check=True, capture_output=True, text=True).stdout))
    before, run = runs
    print(
        f"{megabytes} MB, {words:,} words, {DISTINCT:,} distinct: {run['seconds']:.0f} s, "
        f"{run['peak'] - before['imports']:.0f} MiB beyond the imports, {run['kept']:,} n-grams kept"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--generated", type=int, metavar="MB")
    chosen = parser.parse_args()
    print(describe())
    if chosen.folder:
        on_text(chosen.folder)
    if chosen.generated:
        on_generated(chosen.generated)


if __name__ == "__main__":
    main()
