"""A session gives the answers that one gets without it, and works only on what is new."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
from asking import answer
from hypothesis import given, settings
from hypothesis import strategies as st
from predictors import Bigram, Unigram, network, table

from rnncli.prediction import session as module
from rnncli.prediction.answers import Question
from rnncli.prediction.context import READ_WORDS
from rnncli.prediction.session import KEPT_STATES, SETTLED, STRETCH, Session
from rnncli.predictor import Predictor, State
from rnncli.text.codec import Codec
from rnncli.text.vocabulary import EOS, SPECIALS, Vocabulary

WORDS = ["the", "cat", "don't", "mr.", "i", "u.s.", "a", "well-known", "1,000", ".", "e"]
VOCABULARY = Vocabulary([*SPECIALS, *WORDS], [*SPECIALS, *WORDS], [1] * 13, "fold", True)
CODECS = [Codec(VOCABULARY, t, s) for t in ("words", "whitespace", "chars") for s in ("lines", "wrapped")]
every_codec = pytest.mark.parametrize("codec", CODECS, ids=[f"{c.tokenizer} {c.sentences}" for c in CODECS])

PIECES = [
    *["the ", "cat ", "a ", "Mr. ", "Smith", "don't ", "U.S. ", "e.g. ", "I. ", "1,000 ", "3.", "known ", "well-"],
    *["pre-\n", "said. ", "Who? ", '"Go," ', "“Yes.” ", "…", "'", "’", "--", "- ", "(", "。", "好", "!\n"],
    *["x" * 30, "x" * 3000, "\n", "\n\n", " \n", "\n \n\n", " ", "  ", "\t", "\x0b", "\u2028", "é ", "e\u0301 "],
    *["\u00ad", "\u200b"],
]
pieces = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)


class Counting(Predictor):
    """Predicts as another predictor does, and notes how many words each call reads."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor, self.read_words = predictor, []

    @property
    def vocabulary_size(self) -> int:
        return self._predictor.vocabulary_size

    def start(self, n: int = 1) -> State:
        return self._predictor.start(n)

    def read(self, state: State, x: np.ndarray) -> State:
        self.read_words.append(len(x))
        return self._predictor.read(state, x)

    def next(self, state: State) -> np.ndarray:
        return self._predictor.next(state)


class CountingCodec(Codec):
    """Notes how many characters each call tokenizes."""

    tokenized: list[int]

    def tokens(self, prompt: str) -> list[str]:
        self.__dict__.setdefault("tokenized", []).append(len(prompt))
        return super().tokens(prompt)


def long_text(chosen: Sequence[str], length: int, seed: int) -> str:
    """Joins pieces, chosen at random, to a text of at least so many characters."""
    rng, text = random.Random(seed), ""
    while len(text) < length:
        text += "".join(rng.choices(chosen, k=200))
    return text


def new_session(codec: Codec) -> Session:
    blank = Unigram(1.0)
    return Session(lambda: (blank, codec))


@every_codec
@settings(max_examples=40)
@given(
    chosen=st.lists(st.sampled_from(PIECES), min_size=1, unique=True),
    seed=st.integers(0, 999),
    edits=st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0, 1, 5, 3000, 10**6]), pieces), max_size=5),
)
def test_tokens_of_an_edited_long_text_are_those_without_session(
    codec: Codec, chosen: list[str], seed: int, edits: list[tuple[float, int, str]]
) -> None:
    session, text = new_session(codec), long_text(chosen, STRETCH + 2 * SETTLED, seed)
    assert session.encode(text) == codec.encode(text)
    for place, removed, inserted in edits:
        at = round(place * len(text))
        text = text[:at] + inserted + text[at + removed :]
        assert session.encode(text) == codec.encode(text)


@pytest.mark.parametrize("blank", ["\n", " ", "\n\n "])
@every_codec
def test_word_after_a_long_blank_stretch_begins_a_sentence_as_without_session(codec: Codec, blank: str) -> None:
    session, text = new_session(codec), "the cat. " * 700 + blank * (STRETCH + SETTLED)
    for end in ("", "t", "the cat"):
        assert session.encode(text + end) == codec.encode(text + end)


@pytest.mark.parametrize("predictor", [Bigram(table()), network(leaky=0.5)], ids=["bigram", "network"])
@every_codec
@given(edits=st.lists(st.tuples(st.integers(0, 40), pieces), max_size=8))
def test_answers_are_those_without_session(codec: Codec, predictor: Predictor, edits: list[tuple[int, str]]) -> None:
    """A text that grows, is cut back and is changed in the middle."""
    session, text = Session(lambda: (predictor, codec)), "the cat "
    for at, inserted in edits:
        text = text[:at] + inserted + text[at + len(inserted) % 3 :]
        for question in (Question(k=5), Question(k=5, complete=True)):
            given, alone = answer(predictor, codec, question, text, session), answer(predictor, codec, question, text)
            assert [word for word, _ in given] == [word for word, _ in alone]
            np.testing.assert_allclose([y for _, y in given], [y for _, y in alone], rtol=1e-9)
            assert (given.typed, given.unknown) == (alone.typed, alone.unknown)


@given(texts=st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=8), max_size=8), kept=st.integers(1, 9))
def test_states_are_those_of_reading_from_the_start(texts: list[list[int]], kept: int) -> None:
    predictor = network(leaky=0.5)
    session = Session(lambda: (predictor, CODECS[0]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "KEPT_STATES", kept)
        patch.setattr(module, "READ_WORDS", 3)
        for ids in texts:
            (state,) = session.read(ids)
            (alone,) = predictor.read(predictor.start(), np.array(ids)[:, None])
            np.testing.assert_allclose(state, alone[-1], rtol=1e-9, atol=1e-15)


def test_session_reads_only_new_words_and_keeps_the_last_states() -> None:
    predictor = Counting(Bigram(table()))
    session, text = Session(lambda: (predictor, CODECS[0])), "the cat of a dog " * 10
    for end in (text, text + "the ", text + "the cat ", text + "of ", text + "of ", "cat"):
        answer(predictor, CODECS[0], Question(), end, session)
    assert predictor.read_words == [51, 1, 1, 1, 1]
    predictor.read_words.clear()
    text = "the cat " * 2000
    for end in (text, text + "the"):
        answer(predictor, CODECS[0], Question(), end, session)
    assert sum(predictor.read_words) == 4000 + 1  # "cat" and what precedes it were read
    assert predictor.read_words[-1] == 1
    assert max(predictor.read_words) <= READ_WORDS
    assert len(session._states) <= KEPT_STATES


@pytest.mark.parametrize("sentences", ["lines", "wrapped"])
def test_key_in_a_text_of_100_kb_costs_what_is_new(sentences: str) -> None:
    codec, predictor = CountingCodec(VOCABULARY, "words", sentences), Counting(Bigram(table()))
    session, text = Session(lambda: (predictor, codec)), 'Mr. Cat said: "the cat." the U.S. cat,\n' * 2600
    assert len(text) > 100_000
    answer(predictor, codec, Question(), text, session)
    codec.tokenized.clear()
    predictor.read_words.clear()
    keys = "the well-known cat don't "
    for n in range(1, len(keys) + 1):
        before = len(codec.tokenized)
        answer(predictor, codec, Question(), text + keys[:n], session)
        assert sum(codec.tokenized[before:]) <= STRETCH + SETTLED + 100
    assert sum(predictor.read_words) <= 2 * len(keys.split()) + 1
    codec.tokenized.clear()
    predictor.read_words.clear()
    answer(predictor, codec, Question(), text[:-200] + "the cat", session)
    assert sum(codec.tokenized) <= 2 * (STRETCH + SETTLED)
    assert sum(predictor.read_words) < 10


def test_session_forgets_the_states_of_another_predictor() -> None:
    predictors = [Counting(network(leaky=0.5)), Counting(network())]
    current = [0]
    session = Session(lambda: (predictors[current[0]], CODECS[0]))
    session.read([EOS, 2, 3])
    current[0] = 1
    (state,) = session.read([EOS, 2, 3, 4])
    (alone,) = predictors[1].read(predictors[1].start(), np.array([[EOS], [2], [3], [4]]))
    np.testing.assert_allclose(state, alone[-1], rtol=1e-12)


def test_session_is_right_after_a_reading_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    predictor = network(leaky=0.5)
    session = Session(lambda: (predictor, CODECS[0]))
    session.read([EOS, 2, 3, 4])

    def fail(*_: object) -> State:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(type(predictor), "read", fail)
        with pytest.raises(MemoryError):
            session.read([EOS, 2, 5, 6])
    (state,) = session.read([EOS, 2, 5, 6])
    (alone,) = predictor.read(predictor.start(), np.array([[EOS], [2], [5], [6]]))
    np.testing.assert_allclose(state, alone[-1], rtol=1e-12)
