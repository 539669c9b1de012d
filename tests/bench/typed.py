"""Keys saved by a writer who takes one of three suggestions: a text typed from its beginning, letter by letter.

    python tests/bench/typed.py MODEL TEXT [--words 1500] [--learn]

Every word is asked for as an editor asks, with `predict` and a session, before its first letter and after each, after
all of the text before it. It is taken once it is among the three, whether or not it is in the model's vocabulary; case
is disregarded. With --learn each line is learned once it is typed. Prints the share
of the keys saved (Trnka & McCoy 2008: a word takes its letters and a blank, a suggestion one key), how much of it are
words outside the vocabulary, the share of these words, that of all words which are not offered before their last
letter, and of those which are not offered at all; then the median time of a question. `score` and `train` count the
words of the vocabulary alone, for the sake of time.
"""

import argparse
from pathlib import Path
from statistics import median
from time import perf_counter

import rnncli
from rnncli.personal.model import Personal

SUGGESTIONS = 3


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
                break
            at = start + len(scored.word)
            if not any(map(str.isalnum, scored.word)):
                continue
            letters, typed = len(scored.word), None
            for n in range(letters + 1):
                began = perf_counter()
                offered = model.predict(before + line[: start + n], SUGGESTIONS, complete=n > 0, session=session)
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
