"""Abbreviations learned from a text."""

import random
import re
import textwrap
from collections.abc import Iterator

import numpy as np
import pytest

from rnncli.text.abbreviations import _scores, learn
from rnncli.text.flags import NOTHING_LEARNED, Abbreviations

TOKEN = re.compile(r"\n|[^\S\n]?(?:(?:[^\W\d_]\.){2,}|[^\W_](?:[^\W_]|[\u0900-\u0963\u0980-\u09e3])*|[^\w\s])")


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


def primer(sentences: list[str], count: int, paragraph: int) -> str:
    """Returns sentences by chance, with names, wrapped in paragraphs of as many sentences."""
    rng = random.Random(1)
    some = [rng.choice(sentences).format(Name=rng.choice("Anna Tom Sam Ben Kate".split())) for _ in range(count)]
    return "\n\n".join(textwrap.fill(" ".join(some[i : i + paragraph]), 72) for i in range(0, count, paragraph))


THINGS = [f"{{Name}} {verb} {thing}." for verb in ("has", "likes") for thing in ("cats", "a hat", "a dog", "an egg")]
ROOMS = ["The hat is big.", "The cup is old.", "The bed is red."]
GERMAN_PRIMER = [
    *("Der Hund ist alt.", "Das Haus ist da.", "Der Tisch ist rot.", "Das ist gut.", "Ist das so?", "Ja, so ist es."),
    *("{Name} hat einen Hut.", "{Name} hat einen Tisch.", "{Name} ist alt.", "{Name} ist gut."),
]


@pytest.mark.parametrize("paragraph", [8, 400])
@pytest.mark.parametrize(
    "sentences",
    [["{Name} has a cat.", *ROOMS, "Is it so?", "Yes, it is."], THINGS, [*THINGS, *ROOMS], GERMAN_PRIMER],
    ids=["questions", "things", "rooms", "German"],
)
def test_words_that_end_the_sentences_of_a_primer_are_not_learned(sentences: list[str], paragraph: int) -> None:
    assert not learned(primer(sentences, 400, paragraph)).words


def test_title_before_names_that_start_sentences_too_is_learned() -> None:
    """A name follows "Prof." always, and half of the other full stops."""
    sentences = ["{Name} saw Prof. {Name} at sea.", "{Name} ran home.", "We saw the sea.", "We ran, then we slept."]
    text = primer(sentences, 80, 6)
    assert learned(text).words == {"prof"}


def test_vowelless_titles_are_learned_whatever_share_of_full_stops_they_have() -> None:
    assert learned("Mr. Hill met Mrs. Moore and Dr. Hill. " * 20).words == {"mr", "mrs", "dr"}


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("Es waren ca. 7 da.", {"ca"}),
        ("It takes approx. 7 days.", {"approx"}),
        ("El núm. 5 está en la pág. 7 hoy.", {"núm", "pág"}),
        ("So said Smith et al. (2004) at first.", {"al"}),
    ],
)
def test_words_before_numbers_are_learned_from_one_occurrence(sentence: str, words: set[str]) -> None:
    assert learned(f"We went home. {sentence} Then we slept. The home was old.").words == words


def test_numbers_that_start_sentences_or_items_make_no_abbreviation() -> None:
    assert not learned("We were at home. 12 men came. The home was old.").words
    assert not learned("Take these steps:\n\n1. Go to the shop.\n2. Come back here.\n3. Sleep.").words


def test_two_abbreviations_that_stand_together_are_learned() -> None:
    spanish = "Vive en EE. UU. desde ayer. Nació en 300 a. C. en Roma. Va a EE. UU. hoy y vuelve a casa.\n\n"
    assert learned(spanish * 3).words == {"ee", "uu", "a"}
    assert "av" in learned("Né en 50 av. J. C. à Rome. Elle vint en 60 av. J. C. et il dort.\n\n" * 3).words
    assert not learned("Is it so? Go. Tom came. Then he ran. Go. Tom sat.\n\n" * 3).words


def test_short_words_of_scripts_without_case_are_learned_where_sentences_end_otherwise() -> None:
    hindi = "डॉ. शर्मा आए। प्रो. वर्मा और डॉ. राम आए। वह गया। प्रो. राम आए। वह घर है। "
    assert learned(hindi * 2).words == {"डॉ", "प्रो"}
    assert learned("ড. রহমান এলেন। সে গেল। ড. আলী এলেন। সে আসেনি। " * 2).words == {"ড"}
    assert not learned(hindi.replace("।", ".") * 2).words


def test_score_of_a_word_always_with_its_full_stop() -> None:
    """Of 10 words 5 have a full stop: 2 * 5 * (log .99 - log .5) * exp(-2) = .92; the other word scores 0."""
    scores = _scores(["dr", "sea"], np.array([5, 5]), np.array([5, 0]))
    np.testing.assert_allclose(scores[0], 10 * np.log(0.99 / 0.5) * np.exp(-2))
    assert scores[1] < 0.01
