"""Words that are never offered: whatever is asked, and however."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rnncli
from rnncli.errors import TextError, UsageError
from rnncli.model import Prediction
from rnncli.network.cells import Elman, initial
from rnncli.run.recipe import fitted
from rnncli.text.vocabulary import SPECIALS, Vocabulary, fold

WORDS = ["the", "cat", "car", "can", "Carl", "café", "dog", "don't", "of", "a", ".", "to"]
RARE = ["zebra", "zeal", "Zoë"]
NAMES = [*SPECIALS, *map(str.lower, WORDS)]
SIZE = len(NAMES)
MODEL = rnncli.LanguageModel(
    initial(Elman(), SIZE, 5, np.random.default_rng(0)) | {"by": np.linspace(0, 2, SIZE)},
    Vocabulary(NAMES, [*SPECIALS, *WORDS], [1] * SIZE, "fold", True, RARE, [3, 1, 1]),
    fitted({"epochs": 1}),
    {},
)
TEXTS = ["", "the", "the ", "the c", "the ca", "the Ca", "the z", "THE Z", "a. ", "the d", "xyz of "]
lists = st.lists(st.sampled_from([*WORDS, *RARE, "THE", "CAFÉ", "zoë", "unheard", "<eos>"]), max_size=14)


def is_blocked(words: list[str], text: str) -> bool:
    """Tells whether a text has a word of a list."""
    return bool({fold(word) for word in words} & {fold(token) for token in MODEL.codec.tokens(text)})


@given(words=lists, text=st.sampled_from(TEXTS), complete=st.sampled_from([None, True, False]), eos=st.booleans())
def test_what_is_offered_is_all_that_would_be_without_the_blocked_words(
    words: list[str], text: str, complete: bool | None, eos: bool
) -> None:
    words = [word for word in words if word != "<eos>"]  # blocks nothing
    whole = MODEL.predict(text, 99, eos, complete=complete)
    session = MODEL.session()
    for got in (
        MODEL.predict(text, 99, eos, complete=complete, block=words),
        MODEL.predict(text, 99, eos, complete=complete, block=words, session=session),
        MODEL.predict(text, 99, eos, complete=complete, block=MODEL.codec.blocked(words), session=session),
        MODEL.predict_all([text, text], 99, eos, complete=complete, block=words)[1],
    ):
        assert [word for word, _ in got] == [word for word, _ in whole if not is_blocked(words, word)]
        kept = {word: y for word, y in whole if not is_blocked(words, word)}
        assert dict(got.words) == pytest.approx(kept, rel=1e-5)  # probabilities are not shared out again
        assert (got.typed, got.unknown) == (whole.typed, whole.unknown)
        np.testing.assert_allclose((got.eos, got.unk), (whole.eos, whole.unk), rtol=1e-5)
        assert got.unknown_offered <= {word for word, _ in got}


@given(words=lists, text=st.sampled_from(TEXTS), k=st.integers(1, 5))
def test_as_many_words_are_offered_as_are_asked_for_and_left(words: list[str], text: str, k: int) -> None:
    left = [word for word in MODEL.predict(text, 99).words if not is_blocked(words, word.word)]
    got = MODEL.predict(text, k, block=words)
    assert [word for word, _ in got] == [word for word, _ in left[:k]]


@given(words=lists, text=st.sampled_from(TEXTS), then=st.integers(2, 3), complete=st.booleans())
def test_no_blocked_word_is_on_a_way_ahead(words: list[str], text: str, then: int, complete: bool) -> None:
    got = MODEL.predict(text, 99, then=then, complete=complete, block=words)
    assert not any(is_blocked(words, way) for way, _ in got)


def test_ways_ahead_without_a_list_have_the_words_that_the_list_takes_away() -> None:
    """So that the law above can fail."""
    assert any(is_blocked(["to"], way) for way, _ in MODEL.predict("the ", 9, then=2))
    assert not any(is_blocked(["to"], way) for way, _ in MODEL.predict("the ", 9, then=2, block=["to"]))


@given(words=lists)
def test_candidates_are_ranked_though_they_are_blocked(words: list[str]) -> None:
    among = ["the", "zebra", "cat dog", "unheard"]
    assert MODEL.predict("a ", among=among, block=words) == MODEL.predict("a ", among=among)


def test_nothing_is_offered_where_all_words_are_blocked() -> None:
    everything = [*WORDS, *RARE]
    for text in TEXTS:
        for then in (1, 2):
            assert MODEL.predict(text, then=then, block=everything).words == []
    assert [word for word, _ in MODEL.predict("the ", eos=True, block=everything)] == ["<eos>"]
    assert [way for way, _ in MODEL.predict("the ", eos=True, then=3, block=everything)] == ["<eos>"]
    assert [word for word, _ in MODEL.predict("the z", then=2, block=["Zoë"])] == ["zebra", "zeal"]


@given(words=lists, seed=st.integers(0, 99), temperature=st.sampled_from([0, 0.5, 1.0, 3.0]))
def test_no_blocked_word_is_written(words: list[str], seed: int, temperature: float) -> None:
    choices = {"words": 20, "temperature": temperature, "block": words}
    text = "".join(MODEL.generate("the zebra ", seed=seed, **choices))
    assert not is_blocked(words, text)
    rngs = [np.random.default_rng(seed)]
    assert MODEL.generate_all(["the zebra "], rngs, **choices) == [text]


def test_word_that_is_not_blocked_is_written() -> None:
    """So that the law above can fail."""
    assert is_blocked(["to", "."], "".join(MODEL.generate(words=20, seed=0)))


def test_text_ends_at_once_where_all_words_are_blocked() -> None:
    assert "".join(MODEL.generate("the", words=20, seed=0, block=WORDS)).strip() == ""
    rngs = [np.random.default_rng(0), np.random.default_rng(1)]
    assert [text.strip() for text in MODEL.generate_all(["the", ""], rngs, sentences=3, block=WORDS)] == ["", ""]


def test_text_with_an_empty_list_is_the_text_without() -> None:
    for choices in ({"block": []}, {"block": ["unheard"]}, {"no_repeat": None, "repetition_penalty": 1}):
        assert "".join(MODEL.generate(words=99, seed=5, **choices)) == "".join(MODEL.generate(words=99, seed=5))


def test_predictions_are_equal_with_an_empty_list(model: rnncli.LanguageModel) -> None:
    def answers(**block: list[str]) -> list[Prediction]:
        return [model.predict(text, then=then, **block) for text in TEXTS for then in (1, 2)]

    assert answers(block=[]) == answers()


def test_lists_that_cannot_be_meant_are_refused() -> None:
    for ask in (MODEL.predict, MODEL.generate, lambda **block: MODEL.predict_all(["a"], **block)):
        with pytest.raises(UsageError, match="block: is not a list of texts"):
            ask(block="the")
        with pytest.raises(TextError, match="block: 'New York' is 2 words"):
            ask(block=["the", "New York"])
    with pytest.raises(TextError, match="New York"):
        MODEL.generate_all(["a"], [np.random.default_rng(0)], block=["New York"])


@pytest.mark.parametrize("met", ["ZEBRA", "Zebra", "zebra"])
def test_a_rare_word_is_blocked_however_the_text_writes_it(met: str) -> None:
    text = f"the {met} of {met} to ze"
    assert [word.lower() for word, _ in MODEL.predict(text, complete=True)] == ["zebra", "zeal"]
    assert [word for word, _ in MODEL.predict(text, complete=True, block=["zebra"])] == ["zeal"]


@pytest.mark.parametrize("prefix", ["Ze", "ZE", "ze"])
def test_capitals_that_tell_nothing_leave_rare_words_and_words_met(prefix: str) -> None:
    """At the beginning of a sentence, or where all is written in capitals."""
    before = "zenith. " if prefix == "Ze" else "ZENITH THE " if prefix == "ZE" else "zenith the "
    offered = {word.lower() for word, _ in MODEL.predict(before + prefix, complete=True)}
    assert offered == {"zebra", "zeal", "zenith"}
    among = MODEL.predict(before + prefix, complete=True, among=["zebra", "zenith"])
    assert {word.lower() for word, _ in among} == {"zebra", "zenith"}


def test_candidates_of_unknown_words_cost_what_scoring_says() -> None:
    """The second time a name is cheap."""
    text, candidate = "the cat of ", "Zug Zug cat Zug"
    words = [*MODEL.scored(text + candidate)][3:-1]
    among = MODEL.predict(text, among=[candidate]).words[0].probability
    assert among == pytest.approx(2 ** -sum(word.bits for word in words), rel=1e-4)
