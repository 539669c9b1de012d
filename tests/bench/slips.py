"""Completion through slips of typing, on a text of which a model knows the words; for a text of lines.

    python tests/bench/slips.py MODEL TEXT [--draws 1000] [--words 20000] [--seed 9]

1. Of words that are among three suggestions after k of their letters, k from 3 on and fewer than all: how often each is
   among the three if there is a slip in these letters, drawn by the rates of `text/slips.py`; by kind of slip.
2. Keystrokes saved where nobody slips, with and without slips in mind, and how often a slip takes one of three places.
3. Milliseconds of a keystroke: questions about a text that grows, as the co-process answers them; with and without.
"""

import argparse
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from machine import describe

import rnncli
from rnncli.network.threads import one_blas_thread
from rnncli.prediction.endings import endings
from rnncli.predictor import rows
from rnncli.text import slips
from rnncli.text.alphabet import plain

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SUGGESTIONS = 3
TYPED_SENTENCES = 8


def drawn(rng: random.Random, word: str, k: int) -> tuple[str, str]:
    """Draws a slip in the first k letters of a word: what is typed, and the kind of slip."""
    found: list[tuple[str, str, float]] = []
    for i in range(k):
        before, letter, rest = word[:i], word[i], word[i + 1 : k]
        beside = slips.neighbors().get(letter, "")
        found += [("neighbor", before + c + rest, slips.NEIGHBOR_KEY / len(beside)) for c in beside]
        is_mark = letter in slips.MARKS
        kind, rate = ("mark left out", slips.MARK_LEFT_OUT) if is_mark else ("left out", slips.LEFT_OUT)
        found.append((kind, before + word[i + 1 : k + 1], rate))
        if i + 1 < len(word) and letter != word[i + 1]:
            found.append(("swapped", (before + word[i + 1] + letter + word[i + 2 :])[:k], slips.SWAPPED))
        if i + 1 < k:
            found.append(("doubled", (before + 2 * letter + rest)[:k], slips.DOUBLED))
            found += [("extra", (before + c + letter + rest)[:k], slips.EXTRA / slips.KEYS) for c in LETTERS]
    found = [slip for slip in found if not word.startswith(slip[1])]
    kind, typed, _ = rng.choices(found, [rate for *_, rate in found])[0]
    return typed, kind


def listed(model: rnncli.LanguageModel, text: str) -> list[str]:
    return [word for word, _ in model.predict(text, SUGGESTIONS, complete=True)]


def reached(model: rnncli.LanguageModel, sentences: list[list[str]], draws: int, rng: random.Random) -> None:
    right, tried = Counter[str](), Counter[str]()
    while tried.total() < draws:
        sentence = rng.choice(sentences)
        n = rng.randrange(len(sentence))
        word, before = sentence[n], "".join(w + " " for w in sentence[:n])
        if len(word) <= slips.MIN_LETTERS or not word[0].isalpha() or not slips.may_slip(plain(word)):
            continue
        k = rng.randrange(slips.MIN_LETTERS, len(word))
        if word not in listed(model, before + word[:k]):
            continue
        typed, kind = drawn(rng, word, k)
        tried[kind] += 1
        right[kind] += word in listed(model, before + typed)
    for kind, n in [*tried.most_common(), ("all", tried.total())]:
        hits = right.total() if kind == "all" else right[kind]
        print(f"{kind:14} {hits:5} of {n:5}  {hits / n:.1%}", flush=True)


def states(model: rnncli.LanguageModel, sentences: list[list[str]]) -> Iterator[tuple[str, str, object]]:
    """Yields the words of sentences that the model knows, what is before each, and the state there."""
    predictor = model.predictor
    for sentence in sentences:
        ids = [0, *model.vocabulary.ids(sentence)]
        after = predictor.read(predictor.start(), np.array(ids)[:, None])
        for n, word in enumerate(sentence):
            if ids[n + 1] >= model.vocabulary.specials:
                yield word, "".join(w + " " for w in sentence[:n]), rows(after, n + 1)


def keystrokes(model: rnncli.LanguageModel, sentences: list[list[str]], words: int) -> None:
    """Counts as `evaluation/keystrokes.py` does, with each state's candidates."""
    codec, specials = model.codec, model.vocabulary.specials
    letters = keys = exact_keys = places = shown = displacing = 0
    for seen, (word, before, state) in enumerate(states(model, sentences)):
        if seen == words:
            break
        letters += len(word) + 1
        y = model.predictor.next(state)[0]
        y[:specials] = 0
        own = y[model.vocabulary.id(word)]
        needed = {True: len(word), False: len(word)}
        for k in range(len(word)):
            if k == 0:
                better = {True: int((y > own).sum()), False: int((y > own).sum())}
            else:
                prompt = codec.prompt(before, False)._replace(prefix=word[:k])
                found = endings(model.predictor, codec, model.unknown, prompt, state, SUGGESTIONS)
                meant = found.shares[found.ids == model.vocabulary.id(word)][0]
                better = {True: int((found.shares > meant).sum())}
                better[False] = int((found.shares[~found.slips] > meant).sum())
                best = np.argsort(-found.shares, kind="stable")[:SUGGESTIONS]
                if k >= slips.MIN_LETTERS:
                    places += 1
                    shown += bool(found.slips[best].any())
                    displacing += bool(found.slips[best].any()) and (~found.slips).sum() >= SUGGESTIONS
            for with_slips, above in better.items():
                if above < SUGGESTIONS:
                    needed[with_slips] = min(needed[with_slips], k)
            if max(needed.values()) <= k:
                break
        keys += needed[True] + 1
        exact_keys += needed[False] + 1
    saved, exact_saved = 1 - keys / letters, 1 - exact_keys / letters
    print(f"keystrokes saved: {saved:.3%}, without slips in mind {exact_saved:.3%}")
    print(
        f"after {slips.MIN_LETTERS} letters and more, {places} times, a slip is among the three: {shown / places:.1%}"
    )
    print(f"in the place of a word that begins as typed: {displacing / places:.1%}")


def keystroke_times(model: rnncli.LanguageModel, sentences: list[list[str]]) -> None:
    """Times each key of some sentences, with slips and without them by turns: by the work and by the clock."""
    text = " ".join(" ".join(sentence) for sentence in sentences[:TYPED_SENTENCES])
    texts = [text[:n] for n in range(1, len(text)) if text[n - 1] != " "]
    work: dict[bool, list[float]] = {True: [], False: []}
    passed: dict[bool, list[float]] = {True: [], False: []}
    find = slips.slipped
    sessions = {True: model.session(), False: model.session()}
    with one_blas_thread():
        for part in texts:
            for with_slips, session in sessions.items():
                slips.slipped = find if with_slips else (lambda *_: (np.zeros(0, np.intp), np.zeros(0)))
                start, clock = time.thread_time(), time.perf_counter()
                model.predict(part, 9, complete=True, session=session)
                work[with_slips].append(time.thread_time() - start)
                passed[with_slips].append(time.perf_counter() - clock)
    for name, seen in (("work", work), ("time", passed)):
        middle = {with_slips: 1000 * statistics.median(seconds) for with_slips, seconds in seen.items()}
        print(f"{name} of a keystroke: {middle[True]:.2f} ms, without slips {middle[False]:.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("text", type=Path)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--words", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=9)
    chosen = parser.parse_args()
    model = rnncli.load(chosen.model)
    sentences = [words for line in chosen.text.read_text(encoding="utf-8").splitlines() if (words := line.split())]
    print(describe())
    reached(model, sentences, chosen.draws, random.Random(chosen.seed))
    keystrokes(model, sentences, chosen.words)
    keystroke_times(model, sentences)


if __name__ == "__main__":
    main()
