"""Bits per character of a text by n-grams of characters, to compare a model of words with.

    python tests/bench/character_ngrams.py TRAIN TEST [--order 5]
    python tests/bench/character_ngrams.py --check

Interpolated modified Kneser-Ney smoothing (Chen & Goodman 1999, An empirical study of smoothing techniques for language
modeling, Computer Speech & Language 13). A text is one stream in which each line end is a character, too. The mass that
single characters leave to unseen ones is spread uniformly over 100,000 characters, so an unknown character has the
probability of one of these. --check sums the probabilities of all characters after each history of a small text: each
sum should be 1.
"""

import argparse
from collections import Counter
from math import log2
from pathlib import Path
from typing import NamedTuple

ALPHABET = 100_000  # characters that there are, seen and unseen
USUAL_DISCOUNTS = 0.5, 1.0, 1.5  # where the counts of a small text give none
SMALL_TEXT = "the cat sat on the mat\nthe rat sat on the cat\na naïve 猫 sat\n" * 3


class Level(NamedTuple):
    """The n-grams of one length n."""

    counts: dict[str, int]  # of the longest n-grams; of shorter ones, how many characters they were seen after
    totals: dict[str, int]  # of each history of n-1 characters: the sum of the counts of what follows it
    left: dict[str, float]  # of each history: the sum of the discounts of what follows it
    discounts: tuple[float, float, float]  # of a count of 1, of 2, of 3 and more

    def discount(self, count: int) -> float:
        """Returns what is taken off a count."""
        return self.discounts[min(count, 3) - 1]


class CharacterNgrams:
    """p(w|h) = (c(hw) - D(c(hw))) / c(h) + γ(h) p(w|h'), where h' is h without its first character.

    c(h) is the sum of c(hw) over all w, and γ(h) the sum of D(c(hw)) over all w, divided by c(h).
    """

    def __init__(self, text: str, order: int) -> None:
        self._start = "\n" * (order - 1)
        stream = self._start + text
        counts = Counter(stream[i : i + order] for i in range(len(text)))
        levels = [_level(counts)]
        for _ in range(order - 1):
            counts = Counter(gram[1:] for gram in counts)
            levels.append(_level(counts))
        self.levels = levels[::-1]  # of n = 1, 2, ..., order

    def probability(self, history: str, character: str) -> float:
        """Returns the probability of a character after a history of order - 1 characters or more."""
        p = 1 / ALPHABET
        for n, level in enumerate(self.levels):
            h = history[len(history) - n :]
            total = level.totals.get(h)
            if not total:
                break  # a longer history was not seen either
            count = level.counts.get(h + character)
            p = ((count - level.discount(count) if count else 0) + level.left[h] * p) / total
        return p

    def bits_per_character(self, text: str) -> float:
        """Returns the mean of -log2 p over a text that begins a line."""
        width = len(self._start)
        stream = self._start + text
        total = sum(log2(self.probability(stream[i : i + width], character)) for i, character in enumerate(text))
        return -total / len(text)


def _level(counts: dict[str, int]) -> Level:
    level = Level(counts, Counter(), Counter(), _discounts(Counter(counts.values())))
    for gram, count in counts.items():
        level.totals[gram[:-1]] += count
        level.left[gram[:-1]] += level.discount(count)
    return level


def _discounts(numbers: Counter[int]) -> tuple[float, float, float]:
    """Returns D(1), D(2) and D(3+) by the numbers of n-grams that have a count of 1, 2, 3 and 4 (equation 17)."""
    n1, n2, n3, n4 = (numbers[count] for count in (1, 2, 3, 4))
    if not (n1 and n2 and n3):
        return USUAL_DISCOUNTS
    Y = n1 / (n1 + 2 * n2)
    D = 1 - 2 * Y * n2 / n1, 2 - 3 * Y * n3 / n2, 3 - 4 * Y * n4 / n3
    return D if all(0 <= d <= usual * 2 for d, usual in zip(D, USUAL_DISCOUNTS, strict=True)) else USUAL_DISCOUNTS


def check(order: int) -> float:
    """Returns the largest error of a sum of probabilities after the histories of a small text, and after an unseen one.

    All unseen characters have one probability.
    """
    model = CharacterNgrams(SMALL_TEXT, order)
    known = set(SMALL_TEXT)
    stream = "\n" * (order - 1) + SMALL_TEXT
    histories = {stream[i : i + order - 1] for i in range(len(SMALL_TEXT))} | {"?" * (order - 1)}
    return max(
        abs(
            sum(model.probability(history, character) for character in known)
            + (ALPHABET - len(known)) * model.probability(history, "?")
            - 1
        )
        for history in histories
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", nargs="?", type=Path, metavar="TRAIN", help="the text to count")
    parser.add_argument("test", nargs="?", type=Path, metavar="TEST", help="the text to predict")
    parser.add_argument("--order", type=int, default=5, help="characters of the longest n-grams (default: 5)")
    parser.add_argument("--check", action="store_true", help="sum the probabilities of a small text")
    chosen = parser.parse_args()
    if chosen.order < 1:
        parser.error("--order is at least 1")
    if chosen.check:
        for order in range(1, chosen.order + 1):
            print(f"order {order}: largest error of a sum of probabilities {check(order):.1e}")
        return
    if not chosen.train or not chosen.test:
        parser.error("give TRAIN and TEST, or --check")
    train, test = (path.read_text(encoding="utf-8") for path in (chosen.train, chosen.test))
    if not train or not test:
        parser.error("TRAIN and TEST need at least one character each")
    print(f"{CharacterNgrams(train, chosen.order).bits_per_character(test):.4f} bits per character")


if __name__ == "__main__":
    main()
