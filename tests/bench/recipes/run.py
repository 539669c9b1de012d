"""One experiment: trains with given options and adds a line to the table of all that was tried.

    python tests/bench/recipes/run.py FOLDER [--kilobytes 500] [--table FILE] -- [options for rnncli train]

FOLDER holds train.txt and valid.txt (Penn Treebank, tokenised); with --kilobytes only the beginning of train.txt is
learnt from. The table has a line a run, tab-separated: kilobytes, options, seconds of the whole command, epochs,
validation perplexity. Recipes are chosen by it, and by validation only. Lines that begin with "prototype" are of a
sketch that could do what is not here: their first perplexities are without a temperature, and dropout 0.3/0.1
says the state's and then the units' of the words.
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
