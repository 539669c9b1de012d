"""A phrase of known words in an order that is new, as those who write it twice meet it when they begin it again."""

import json
import random
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import rnncli
from rnncli import Personal
from rnncli.cli.line import Line

FABLES = Path(__file__).parents[2] / "data" / "fables.txt"


@pytest.fixture(scope="module")
def fables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns a small model of the fables."""
    path = tmp_path_factory.mktemp("fables") / "fables.npz"
    rnncli.train(FABLES, path, hidden=16, epochs=1, batch=16, bptt=20)
    return path


def new_phrases(n: int, length: int, seed: int) -> list[list[str]]:
    """Draws phrases of words that the fables have often, no two of which stand side by side there or in two phrases."""
    words = re.findall(r"[a-z]+|[.,;!?]", FABLES.read_text().lower())
    taken, rng = set(pairwise(words)), random.Random(seed)
    often = sorted({word for word in words if word.isalpha() and len(word) > 2 and words.count(word) > 20})
    phrases: list[list[str]] = []
    while len(phrases) < n:
        phrase = rng.sample(often, length)
        if taken.isdisjoint(pairwise(phrase)):
            taken |= set(pairwise(phrase))
            phrases.append(phrase)
    return phrases


PHRASES = new_phrases(n=8, length=6, seed=1)
BEGINNINGS = [(" ".join(phrase[:n]), phrase[n]) for phrase in PHRASES for n in range(2, len(phrase))]


def first(call: Any, *options: str) -> list[str]:
    """Returns the word that is offered first after each beginning."""
    stdin = "".join(f"{text} \n" for text, _ in BEGINNINGS).encode()
    return [row[0] for row in call("predict", "-q", "-k", "1", *options, stdin=stdin).rows]


def test_phrase_committed_twice_is_offered_first_the_third_time_until_it_is_forgotten(call: Any, fables: Path) -> None:
    """With a fable between any two phrases, so that the caches alone do not know them any more."""
    others = re.split(r"\n\n+", FABLES.read_text())
    model = ["-m", str(fables)]
    expected, before = [word for _, word in BEGINNINGS], first(call, *model)
    assert not any(a == b for a, b in zip(before, expected, strict=True))
    for n in range(2):
        for i, phrase in enumerate(PHRASES):
            for text in (" ".join(phrase), others[n * len(PHRASES) + i]):
                assert call("predict", "-q", "--learn", "my.npz", "--commit", *model, text).code == 0
    assert first(call, "--learn", "my.npz", *model) == expected
    assert first(call, *model) == before
    assert call("forget", "my.npz").code == 0
    assert first(call, "--learn", "my.npz", *model) == before


def test_program_that_commits_lines_is_offered_phrases_first_the_third_time(call: Any, fables: Path) -> None:
    """Also within a line, and after a line in which the phrase ends otherwise."""
    phrase, other = PHRASES[0], PHRASES[1]
    asked = [{"text": " ".join(phrase), "commit": True}, {"text": " ".join(other), "commit": True}] * 2
    asked += [{"text": " ".join([*before, *phrase[:n]]) + " "} for n in range(2, 6) for before in ([], other[3:])]
    stdin = "".join(json.dumps(question) + "\n" for question in asked).encode()
    command = ["predict", "--json", "--stdin", "--learn", "my.npz", "-m", str(fables), "-k", "1"]
    answers = [json.loads(line)["words"][0]["word"] for line in call(*command, stdin=stdin).lines]
    assert answers[4:] == [word for word in phrase[2:] for _ in range(2)]


def test_line_editor_suggests_a_phrase_first_the_third_time(fables: Path) -> None:
    model = rnncli.load(fables)
    line = Line(model, Personal(model))
    for phrase in PHRASES[:2] * 2:
        line.learn(" ".join(phrase))
    for text, word in BEGINNINGS[:8]:
        assert line.suggestions(text + " ").words[0].word == word
        assert line.ghost(text + " ") == word


def test_phrase_committed_once_does_not_outweigh_what_the_model_is_sure_of(model: rnncli.LanguageModel) -> None:
    person = Personal(model)
    assert person.predict("The cat ").words[0].word == "sat"
    person.learn("The cat sang by the fire.")
    assert person.predict("The cat ").words[0].word == "sat"
    person.learn("The cat sang by the fire.")
    assert person.predict("The cat ").words[0].word == "sang"
