"""The whole suite, one script after the other: each prints tables of medians and ratios measured in one run.

    python tests/bench [--rounds 5] [--ptb FOLDER]

Takes about half an hour. Needs no network; PyTorch's rows are left out where it is not installed (pip install torch),
Penn Treebank's without a FOLDER that holds its train.txt and valid.txt.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from machine import describe

FAST = "--time 25s"  # Penn Treebank to 153.6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", default="5")
    parser.add_argument("--ptb", metavar="FOLDER")
    chosen = parser.parse_args()
    scripts = [
        ["speed.py", "--rounds", chosen.rounds],
        ["prediction.py", "--rounds", chosen.rounds],
        ["reading.py", "--tokenizer", "whitespace"],
        ["reading.py", "--tokenizer", "words", "--megabytes", "200"],
    ]
    if chosen.ptb:
        scripts.append(["ptb.py", chosen.ptb, "--", *FAST.split()])
    print(describe())
    for script, *arguments in scripts:
        print(f"\n$ python tests/bench/{script} {' '.join(arguments)}", flush=True)
        subprocess.run([sys.executable, Path(__file__).parent / script, *arguments], check=True)


if __name__ == "__main__":
    main()
