"""Bits per character of texts in several languages: words with a speller, beside characters alone.

    python tests/bench/languages.py FOLDER [LANGUAGE ...] [--time 60s] [--order 6]

FOLDER holds a folder for each language with train.txt, valid.txt and test.txt, a sentence a line. A row a language:
bits a character of test.txt by the open model (`rnncli train --time`), by n-grams of words alone (`--hidden 0`), by a
network of characters of equal time (`--tokenizer chars`), and by n-grams of characters (character_ngrams.py). Both of
characters read the text in lower case with one blank between two tokens at most, as words are. Then the share of
unknown words in test.txt, and that share over the one that was predicted.

With a trained unit of parts of words in their place (unigram language model by sentencepiece, its best size of 1,000
to 8,000, equal time), a network and n-grams had in Finnish 2.38 bits (words 2.20), Turkish 2.29 (2.23), Hungarian 2.55
(2.42), German 2.12 (1.97), English 2.24 (2.03), Korean 4.55 (4.85; characters 4.50): so there is no such tokenizer.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from character_ngrams import CharacterNgrams

import rnncli
from rnncli.evaluation.surprisal import surprisals
from rnncli.text.vocabulary import EOS, UNK


def run(*command: str | Path) -> str:
    """Runs rnncli and returns what it writes."""
    done = subprocess.run(
        [sys.executable, "-m", "rnncli", *map(str, command)], check=True, text=True, capture_output=True
    )
    return done.stdout


def lower(path: Path, folder: Path) -> Path:
    """Writes a text in lower case, blanks collapsed, and returns its path."""
    lines = (" ".join(line.lower().split()) for line in path.read_text(encoding="utf-8").splitlines())
    made = folder / path.name
    made.write_text("\n".join(filter(None, lines)) + "\n", encoding="utf-8")
    return made


def trained(folder: Path, model: Path, *options: str) -> dict[str, float]:
    """Trains a model on the texts of a folder, and returns its measures of the test text."""
    texts = [folder / "train.txt", "--valid", folder / "valid.txt"]
    run("train", *texts, "--sentences", "lines", "-q", "--force", "-o", model, *options)
    return dict(json.loads(run("score", folder / "test.txt", "--json", "-m", model)))


def calibration(model: rnncli.LanguageModel, text: str) -> float:
    """Returns the share of unknown words in a text over the share that was predicted."""
    came = predicted = 0.0
    for part in surprisals(model.predictor, model.codec.ids(text), model.vocabulary.specials):
        is_word = part.ids != EOS
        came, predicted = came + np.sum(part.ids[is_word] == UNK), predicted + np.sum(part.unknown)
    return float(came / predicted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("languages", nargs="*")
    parser.add_argument("--time", default="60s")
    parser.add_argument("--order", type=int, default=6)
    chosen = parser.parse_args()
    names = chosen.languages or sorted(path.name for path in chosen.folder.iterdir() if path.is_dir())
    print("language open ngrams chars_network chars_ngrams unknown calibration")
    for name in names:
        folder = chosen.folder / name
        with tempfile.TemporaryDirectory() as scratch:
            work = Path(scratch)
            for part in ("train.txt", "valid.txt", "test.txt"):
                lower(folder / part, work)
            both = trained(folder, work / "open.npz", "--time", chosen.time)
            alone = trained(folder, work / "alone.npz", "--hidden", "0")
            characters = trained(work, work / "chars.npz", "--time", chosen.time, "--tokenizer", "chars")
            grams = CharacterNgrams((work / "train.txt").read_text(encoding="utf-8"), chosen.order)
            by_grams = grams.bits_per_character((work / "test.txt").read_text(encoding="utf-8"))
            ratio = calibration(rnncli.load(work / "open.npz"), (folder / "test.txt").read_text(encoding="utf-8"))
        figures = [one["bits_per_character"] for one in (both, alone, characters)]
        share = both["unknown_words"] / both["words"]
        print(name, *(f"{figure:.3f}" for figure in (*figures, by_grams)), f"{share:.1%} {ratio:.2f}", flush=True)


if __name__ == "__main__":
    main()
