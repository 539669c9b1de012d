"""Runs one experiment: trains with given options and appends a line to the table of all experiments.

    python tests/bench/recipes/run.py FOLDER [--kilobytes 500] [--table FILE] -- [options for rnncli train]

FOLDER holds train.txt and valid.txt (Penn Treebank, tokenized); --kilobytes trains on the beginning of train.txt only.
The table has a line a run, tab-separated: kilobytes, options, seconds of the whole command, epochs, validation
perplexity. The constants of rnncli/run/recipe.py are chosen by it, and by validation only. Lines that begin with
"prototype" are of a sketch with features that rnncli does not have: its first perplexities are without a temperature,
and dropout 0.3/0.1 means --dropout and then --dropout-units.
Lines that end with "(busy machine)" ran beside other work.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TABLE = Path(__file__).with_name("table.tsv")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("options", nargs="*", help="for rnncli train, after --")
    parser.add_argument("--kilobytes", type=int)
    parser.add_argument("--table", type=Path, default=TABLE)
    chosen = parser.parse_args()
    text = (chosen.folder / "train.txt").read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "train.txt"
        corpus.write_bytes(text[: chosen.kilobytes * 1000] if chosen.kilobytes else text)
        command = [
            sys.executable,
            "-m",
            "rnncli",
            "train",
            corpus,
            "--valid",
            chosen.folder / "valid.txt",
            "--json",
            "-q",
        ]
        start = time.perf_counter()
        done = subprocess.run(
            [*command, "-o", corpus.with_suffix(".npz"), "--tokenizer", "whitespace", *chosen.options],
            stdout=subprocess.PIPE,
            check=True,
        )
        seconds = time.perf_counter() - start
    summary = json.loads(done.stdout)
    size = chosen.kilobytes or len(text) // 1000
    line = f"{size}\t{' '.join(chosen.options)}\t{seconds:.0f}\t{summary['epochs']:.1f}\t{summary['perplexity']:.2f}"
    print(line)
    with chosen.table.open("a") as table:
        table.write(line + "\n")


if __name__ == "__main__":
    main()
