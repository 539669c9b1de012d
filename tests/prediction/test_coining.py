"""Texts with words outside the vocabulary: which come, how often, and which never do."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rnncli
from rnncli.network.cells import Elman, initial
from rnncli.personal.model import Personal
from rnncli.prediction.coining import Coiner
from rnncli.prediction.sampling import draw
from rnncli.run.recipe import fitted
from rnncli.text.vocabulary import SPECIALS, UNK, Vocabulary
from rnncli.unknown.words import UnknownWords

WORDS = ["the", "cat", "car", "cart", "tale", "late", "."]
RARE = ["Tracta", "cela", "rare"]
NAMES = [*SPECIALS, *WORDS]
DRAWS = 4000


def model(tokenizer: str = "words") -> rnncli.LanguageModel:
    """A model for which every other word is unknown."""
    by = np.zeros(len(NAMES))
    by[UNK] = 2.0
    params = initial(Elman(), len(NAMES), 5, np.random.default_rng(0)) | {"by": by}
    vocabulary = Vocabulary(NAMES, NAMES, [1] * len(NAMES), "fold", True, RARE, [4, 2, 1])
    return rnncli.LanguageModel(params, vocabulary, fitted({"epochs": 1, "tokenizer": tokenizer}), {})


MODEL = model()


def anything(word: str) -> bool:
    return True


def shares_drawn(draws: Callable[[UnknownWords, partial[int]], str]) -> dict[str, float]:
    """Returns how often each word is drawn, as a share of all."""
    choose = partial(draw, rng=np.random.default_rng(0))
    return {word: n / DRAWS for word, n in Counter(draws(MODEL.unknown, choose) for _ in range(DRAWS)).items()}


def test_words_are_drawn_by_their_share_of_the_unknown_word() -> None:
    """Rare ones, and those that are spelled: each as often as its share is, within four standard deviations."""
    drawn = shares_drawn(lambda unknown, choose: unknown.draw(choose))
    assert {*RARE} < {*drawn}
    shares = MODEL.unknown.shares([*drawn])
    for (word, share), p in zip(drawn.items(), shares, strict=True):
        if p > 10 / DRAWS:
            assert share == pytest.approx(p, abs=4 * (p / DRAWS) ** 0.5), word
    assert not {*drawn} & {*WORDS}


def test_a_spelled_word_comes_as_often_as_the_speller_says() -> None:
    """But no word is empty, and none has a character that no word of the text has: all others come more often."""
    drawn = shares_drawn(lambda unknown, choose: unknown.speller.spell(choose, 99))
    p, share = np.exp(-MODEL.unknown.speller.nats([*drawn])), np.array([*drawn.values()])
    likely = p > 10 / DRAWS
    assert likely.sum() > 3
    p *= share[likely].sum() / p[likely].sum()
    np.testing.assert_array_less(np.abs(share - p)[likely], 4 * (p[likely] / DRAWS) ** 0.5)
    assert "" not in drawn


def test_an_urn_gives_its_words_again_by_the_formula_of_pitman_and_yor() -> None:
    urn = UnknownWords(MODEL.vocabulary, MODEL.unknown.weights._replace(strength=2.0)).urn()
    urn.put(["Zug", "zug", "zug", "Dax"])
    choose = partial(draw, rng=np.random.default_rng(0))
    drawn = Counter(urn.draw(choose) for _ in range(DRAWS))
    for word, shown in (("zug", "zug"), ("dax", "Dax")):
        assert drawn[shown] / DRAWS == pytest.approx(urn.share(word), abs=0.03)


def test_a_word_of_the_prompt_comes_again_as_it_is_written_there() -> None:
    coiner = Coiner(MODEL.unknown, MODEL.codec, MODEL.codec.blocked([]), ["McZug"] * 2000)
    choose = partial(draw, rng=np.random.default_rng(0))
    assert "McZug" in {coiner.coin(choose, anything) for _ in range(20)}


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.sampled_from(["", "the McZug ", "cela"]))
def test_the_same_seed_is_the_same_text_alone_and_beside_others(seed: int, prompt: str) -> None:
    rngs = np.random.default_rng(seed).spawn(3)
    together = MODEL.generate_all([prompt] * 3, rngs, words=12, new_words=True)
    rngs = np.random.default_rng(seed).spawn(3)
    assert together == ["".join(MODEL.generate(prompt, words=12, new_words=True, seed=rng)) for rng in rngs]


def words(text: str) -> list[str]:
    return MODEL.codec.tokens(text)


def test_new_words_come_where_they_are_asked_for_alone() -> None:
    assert UNK in MODEL.codec.vocabulary.ids(words("".join(MODEL.generate(words=50, seed=0, new_words=True))))
    for how in ({}, {"new_words": True, "temperature": 0}):
        assert UNK not in MODEL.codec.vocabulary.ids(words("".join(MODEL.generate(words=50, seed=0, **how))))


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.integers(1, 3))
def test_a_text_has_as_many_words_as_are_asked_for_and_no_row_of_them_twice(seed: int, row: int) -> None:
    text = "".join(MODEL.generate("", words=30, new_words=True, no_repeat=row, seed=seed))
    tokens = [token for token in words(text) if token != "\n"]
    assert len(tokens) <= 30
    assert len(tokens) == 30 or row == 1  # of single words, the vocabulary is used up soon
    rows = [*zip(*(tokens[n:] for n in range(row)), strict=False)]
    assert len({*map(str, rows)}) == len(rows)


def test_what_is_blocked_never_comes() -> None:
    text = "".join(MODEL.generate(words=300, new_words=True, seed=1))
    assert {"tracta", "cela"} <= {word.lower() for word in words(text)}
    some_new = next(word for word in words(text) if word.lower() not in {*WORDS, *map(str.lower, RARE), "\n"})
    block = ["TRACTA", "cela", some_new]
    blocked = {word.lower() for word in words("".join(MODEL.generate(words=300, new_words=True, seed=1, block=block)))}
    assert not blocked & {word.lower() for word in block}


def test_what_is_blocked_never_comes_however_the_prompt_writes_it() -> None:
    for written in ("TRACTA", "tracta", "Tracta"):
        text = "".join(
            MODEL.generate(f"{written} {written} {written} ", words=200, new_words=True, block=["tracta"], seed=3)
        )
        assert "tracta" not in map(str.lower, words(text))


def test_a_sentence_may_end_after_an_unknown_word_of_the_prompt() -> None:
    ends = np.zeros(len(NAMES))
    ends[0] = 9.0
    ending = replace(MODEL, params=MODEL.params | {"by": ends})
    texts = ending.generate_all(["the zug"] * 20, np.random.default_rng(0).spawn(20), sentences=1)
    assert texts.count("") > 10


def test_a_penalty_makes_new_words_come_again_less() -> None:
    def repeated(penalty: float) -> int:
        text = words("".join(MODEL.generate(words=300, new_words=True, seed=2, repetition_penalty=penalty)))
        return sum(n - 1 for word, n in Counter(text).items() if word.lower() in ("tracta", "cela", "rare"))

    assert repeated(3) < repeated(1) / 2


def test_a_model_of_characters_spells_anyway() -> None:
    text = "".join(model("chars").generate(words=30, seed=0, new_words=True))
    assert text == "".join(model("chars").generate(words=30, seed=0))


def test_what_was_learned_is_a_word_like_others_and_is_not_coined() -> None:
    personal = Personal(MODEL)
    personal.learn("the McZug. the McZug. the McZug.")
    text = "".join(personal.generate(words=200, new_words=True, seed=0))
    assert "McZug" in text
    assert any(map(str.isalpha, text))


def test_neighbors_of_a_new_word_are_what_the_model_says_after_an_unknown_one() -> None:
    """No sentence end is forbidden after it, and it never ends a sentence twice."""
    tokens = words("".join(MODEL.generate(words=200, new_words=True, seed=5)))
    assert all((a, b) != ("\n", "\n") for a, b in pairwise(tokens))
