"""How soon new names are offered to somebody who uses each three times, and learns from what he writes.

    python tests/bench/names.py MODEL TEXT [--seed 1]

500 sentences of TEXT, a text that MODEL did not learn from; into 300 of these one of 100 new names is put, made of
syllables and with a capital, each three times: the third time after the two words that it stood behind the first time.
Each sentence is written with suggestions and then learned from (`predict --learn --commit`). Told are the shares of the
names that are among three suggestions at the second use, after at most three letters, and at the third use, before any.
"""

import argparse
import random
import re
from pathlib import Path

import rnncli
from rnncli import Personal

NAMES, USES, SENTENCES = 100, 3, 500
SUGGESTIONS, LETTERS = 3, 3
ONSETS, VOWELS, CODAS = (
    "b br d dr f g gl h k l m n p r s t tr v w z".split(),
    "aeiou",
    ["", "l", "n", "r", "s", "t", "x"],
)


def names(rng: random.Random, is_known: set[str]) -> list[str]:
    """Draws names that no text has."""
    found: dict[str, None] = {}
    while len(found) < NAMES:
        syllables = [rng.choice(ONSETS) + rng.choice(VOWELS) + rng.choice(CODAS) for _ in range(rng.choice((2, 2, 3)))]
        name = "".join(syllables)
        if name not in is_known:
            found[name.capitalize()] = None
    return list(found)


def written(rng: random.Random, sentences: list[str], known: set[str]) -> list[tuple[str, str, str, int]]:
    """Makes the sentences: what stands before a name, the name or "", what stands behind, and the use of the name."""
    texts = [words for words in map(str.split, sentences) if len(words) > 6]
    rng.shuffle(texts)
    order = [name for name in names(rng, known) for _ in range(USES)] + [""] * (SENTENCES - NAMES * USES)
    rng.shuffle(order)
    first, uses, result = dict[str, list[str]](), dict[str, int](), list[tuple[str, str, str, int]]()
    for name, words in zip(order, texts, strict=False):
        at = rng.randrange(2, len(words) - 1)
        uses[name] = uses.get(name, 0) + 1
        before = words[:at]
        if name and uses[name] == 1:
            first[name] = before[-2:]
        elif name and uses[name] == USES:
            before = before[:-2] + first[name]
        result.append((" ".join(before), name, " ".join(words[at:]), uses[name]))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("text", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    model = rnncli.load(chosen.model)
    text = chosen.text.read_text(encoding="utf-8")
    sentences = re.split(r"\n|(?<=[.!?]) ", text)
    person, second, third = Personal(model), list[int](), list[bool]()
    for before, name, behind, use in written(random.Random(chosen.seed), sentences, set(model.vocabulary.words)):

        def offered(typed: str, before: str = before, name: str = name) -> bool:
            complete = bool(typed)
            answer = person.predict(f"{before} {typed}", SUGGESTIONS, complete=complete)
            return name in [word for word, _ in answer]

        if name and use == 2:
            second.append(next((n for n in range(1, len(name)) if offered(name[:n])), len(name)))
        if name and use == USES:
            third.append(offered(""))
        person.learn(" ".join(part for part in (before, name, behind) if part))
    soon = sum(n <= LETTERS for n in second) / len(second)
    print(f"second use: {soon:.0%} within {LETTERS} letters, of {len(second)} names")
    print(f"third use: {sum(third) / len(third):.0%} before any letter")


if __name__ == "__main__":
    main()
