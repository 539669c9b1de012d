"""Abbreviations learned from a text."""

import re
from collections.abc import Iterator

import numpy as np

from rnncli.text.abbreviations import _scores, learn
from rnncli.text.flags import NOTHING_LEARNED, Abbreviations

TOKEN = re.compile(r"\n|[^\S\n]?(?:(?:[^\W\d_]\.){2,}|[^\W_]+|[^\w\s])")


def learned(text: str, size: int = 1 << 20) -> Abbreviations:
    numbers: dict[str, int] = {}
    ids = np.array([numbers.setdefault(match[0], len(numbers)) for match in TOKEN.finditer(text)], np.int32)

    def blocks() -> Iterator[np.ndarray]:
        for start in range(0, len(ids), size):
            yield ids[start : start + size]

    return learn(list(numbers), blocks)


GERMAN = (
    """Am 3. Oktober kam Prof. Hahn an. Er war müde, aber das war er am 2. Oktober auch. Die Stadt liegt in der Prov.
Hessen, sagt Prof. Wolf. Sie hat ca. zwölf Gassen bzw. drei Plätze usw., und er mag die Gassen. Es gibt dort ca. drei
Bäcker bzw. einen Bäcker. Er kam am 4. Mai, und die Bäcker sagten zu Prof. Hahn, es sei spät. Das sagt man usw., so
war es.
"""
    * 3
)

ENGLISH = (
    """Prof. Hill said that she was 12. The shop was open at ten, he thinks. He was 11. The men sold pens, ink,
etc. and they were glad. Prof. Moore was not. They sold tea, etc., to the men. Gen. Hill came. The dog sat at home.
We went home. Gen. Moore saw the dog. She ran to the dog. That day Gen. Hill was glad. He saw that we ran.
"""
    * 3
)


def test_words_whose_full_stop_mostly_ends_nothing_are_learned() -> None:
    assert learned(GERMAN).words >= {"prof", "ca", "bzw", "usw"}
    assert learned(ENGLISH).words == {"etc", "gen", "prof"}


def test_ordinals_are_learned_from_what_follows_numbers() -> None:
    assert learned(GERMAN).ordinals
    assert not learned(ENGLISH).ordinals


def test_words_that_end_sentences_are_not_learned() -> None:
    assert not learned("He saw the sea. The sea was calm. He ran to the sea. The day was hot. It was the sea.").words


def test_blocks_change_nothing() -> None:
    for size in (1, 2, 3, 7):
        assert learned(GERMAN, size) == learned(GERMAN)


def test_text_without_words_or_without_capitals_teaches_nothing() -> None:
    assert learned("") == learned("...") == NOTHING_LEARNED
    assert learned("he ran. then he sat. then he ran. and he sat. ") == NOTHING_LEARNED


def test_single_letter_that_names_follow_is_learned_as_a_title() -> None:
    assert learned("Hier M. Blanc parle. Nous voyons M. Petit. Puis M. Rond dort. " * 3).words == {"m"}
    assert not learned("We took plan B. The plan was bad. There we saw the plan; there we say so. " * 9).words


def test_full_stops_inside_addresses_teach_nothing() -> None:
    assert not learned("We see owl.example.org for the mill. See the owl.example.org again. " * 9).words


def test_single_vowelless_word_is_learned() -> None:
    assert learned("The fox met Mr. Hill at noon. The hen saw Hill.").words == {"mr"}


def test_score_of_a_word_always_with_its_full_stop() -> None:
    """Of 10 words 5 have a full stop: 2 * 5 * (log .99 - log .5) * exp(-2) = .92; the other word scores 0."""
    scores = _scores(["dr", "sea"], np.array([5, 5]), np.array([5, 0]))
    np.testing.assert_allclose(scores[0], 10 * np.log(0.99 / 0.5) * np.exp(-2))
    assert scores[1] < 0.01
