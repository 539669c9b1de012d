"""Runs all benchmarks, one script after the other, and prints tables of medians and ratios.

    python tests/bench [--rounds 5] [--ptb FOLDER]

The benchmarks take about half an hour and need no network. Tables leave out PyTorch where it is not installed
(pip install torch), and Penn Treebank without a FOLDER that holds its train.txt and valid.txt.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from machine import describe

PTB_OPTIONS = "--time 25s"  # enough for a validation perplexity of 154


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", default="5", help="repetitions of each measurement (default: 5)")
    parser.add_argument("--ptb", metavar="FOLDER", help="folder with train.txt and valid.txt of Penn Treebank")
    chosen = parser.parse_args()
    scripts = [
        ["speed.py", "--rounds", chosen.rounds],
        ["prediction.py", "--rounds", chosen.rounds],
        ["reading.py", "--tokenizer", "whitespace"],
        ["reading.py", "--tokenizer", "words", "--megabytes", "200"],
    ]
    if chosen.ptb:
        scripts.append(["counts.py", chosen.ptb, "--generated", "60"])
        scripts.append(["ptb.py", chosen.ptb, "--", *PTB_OPTIONS.split()])
    print(describe())
    for script, *arguments in scripts:
        print(f"\n$ python tests/bench/{script} {' '.join(arguments)}", flush=True)
        subprocess.run([sys.executable, Path(__file__).parent / script, *arguments], check=True)


if __name__ == "__main__":
    main()
