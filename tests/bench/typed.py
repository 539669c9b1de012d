"""Keys saved by a writer who takes one of three suggestions: a text typed from its beginning, letter by letter.

    python tests/bench/typed.py MODEL TEXT [--words 1500] [--learn]

Every word is asked for as an editor asks, with `predict` and a session, before its first letter and after each, after
all of the text before it. It is taken once it is among the three, whether or not it is in the model's vocabulary; case
is disregarded. With --learn each line is learned once it is typed. Prints how many words there were, and which share of
them the vocabulary has not; the share of the keys saved (Trnka & McCoy 2008: a word takes a key a letter and one for
the blank, a suggestion one key), and how much of it these words save; the share of all words which are not offered
before their last letter, and of those which are not offered at all; then the median time of a question. `score` and
`train` count the words of the vocabulary alone, for the sake of time.
"""

import argparse
from pathlib import Path
from statistics import median
from time import perf_counter

import rnncli
from rnncli.personal.model import Personal
from rnncli.text.alphabet import plain

SUGGESTIONS = 3


def beginnings(word: str) -> list[str]:
    """Returns a word after 0, 1, 2, ... keys: one a letter; a syllable of Hangul takes those of its parts."""
    begun = [""]
    for n, letter in enumerate(word):
        keys = plain(letter) if "가" <= letter <= "힣" else letter
        begun += [word[:n] + keys[:k] for k in range(1, len(keys))] + [word[: n + 1]]
    return begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("text", type=Path)
    parser.add_argument("--words", type=int, default=1500)
    parser.add_argument("--learn", action="store_true")
    chosen = parser.parse_args()
    base = rnncli.load(chosen.model)
    personal = Personal(base) if chosen.learn else None
    model = personal or base
    session, before = model.session(), ""
    keys = saved = saved_unknown = words = unknown = late = never = 0
    seconds = []
    for line in chosen.text.read_text(encoding="utf-8").splitlines():
        at = 0
        for scored in base.scored(line) if line.strip() else ():
            start = line.find(scored.word, at)
            if scored.is_end or start < 0:
                continue
            at = start + len(scored.word)
            if not any(map(str.isalnum, scored.word)):
                continue
            begun, typed = beginnings(scored.word), None
            letters = len(begun) - 1
            for n, beginning in enumerate(begun):
                began = perf_counter()
                text = before + line[:start] + beginning
                offered = model.predict(text, SUGGESTIONS, complete=n > 0, session=session)
                seconds.append(perf_counter() - began)
                if scored.word.lower() in [word.lower() for word, _ in offered]:
                    typed = n
                    break
            words, unknown, keys = words + 1, unknown + scored.unknown, keys + letters + 1
            never += typed is None
            late += typed is None or typed >= letters
            if typed is not None and typed < letters:
                saved += letters - typed
                saved_unknown += (letters - typed) * scored.unknown
        before += line + "\n"
        if personal and line.strip():
            personal.learn(line + "\n")
        if words >= chosen.words:
            break
    print("words unknown saved saved_unknown late never median_ms")
    shares = (unknown / words, saved / keys, saved_unknown / keys, late / words, never / words)
    print(words, *(f"{share:.1%}" for share in shares), f"{1000 * median(seconds):.2f}")


if __name__ == "__main__":
    main()
