"""Texts that break off where a sentence may have ended."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from predictors import Bigram, network, table

import rnncli
from rnncli.prediction.ended import EndOrNot
from rnncli.prediction.writing import Manner, write, write_all
from rnncli.predictor import Predictor, State, rows
from rnncli.text.codec import Codec
from rnncli.text.tokens import TOKENIZERS
from rnncli.text.vocabulary import EOS, Vocabulary
from rnncli.unknown.words import UnknownWords

PREDICTORS = [Bigram(table()), network(leaky=0.5)]
every_predictor = pytest.mark.parametrize("predictor", PREDICTORS, ids=["bigram", "network"])
texts = st.lists(st.integers(0, 12), max_size=5)


def after(predictor: Predictor, ids: Sequence[int]) -> State:
    return rows(predictor.read(predictor.start(), np.array([EOS, *ids])[:, None]), -1)


def probability(predictor: Predictor, ids: Sequence[int], words: Sequence[int]) -> float:
    """P(words | ids) by the definition, word by word."""
    y = 1.0
    for n, word in enumerate(words):
        y *= predictor.next(after(predictor, [*ids, *words[:n]]))[0, word]
    return y


@every_predictor
@given(ids=texts, words=st.lists(st.integers(0, 12), min_size=1, max_size=4))
def test_probability_is_the_sum_of_going_on_and_of_ending_first(
    predictor: Predictor, ids: list[int], words: list[int]
) -> None:
    """p(w) = p(w, no end) + p(end) p(w | end); going on, the next word is no end."""
    either = EndOrNot(predictor)
    state = either.begin(after(predictor, ids), [])
    nats = 0.0
    for word in words:
        nats += either.surprisal(state, np.array([word]))[0]
        state = rows(either.read(state, np.array([[word]])), -1)
    goes_on = 0.0 if words[0] == EOS else probability(predictor, ids, words)
    assert np.exp(-nats) == pytest.approx(goes_on + probability(predictor, ids, [EOS, *words]), rel=1e-6)


@every_predictor
@given(ids=texts, words=st.lists(st.integers(0, 12), min_size=1, max_size=3))
def test_blank_that_is_a_word_is_read_where_the_sentence_goes_on(
    predictor: Predictor, ids: list[int], words: list[int]
) -> None:
    """Among characters the blank itself was predicted: it, or the end of the sentence, stands there."""
    either, blank = EndOrNot(predictor), 7
    state = either.begin(after(predictor, ids), [blank])
    given_either = probability(predictor, ids, [blank]) + probability(predictor, ids, [EOS])
    expected = probability(predictor, ids, [blank, *words]) + probability(predictor, ids, [EOS, *words])
    y = 1.0
    for word in words:
        y *= either.next(state)[0, word]
        state = rows(either.read(state, np.array([[word]])), -1)
    assert y == pytest.approx(expected / given_either, rel=1e-6)


@pytest.fixture(scope="module")
def prose(tmp_path_factory: pytest.TempPathFactory) -> rnncli.LanguageModel:
    folder = tmp_path_factory.mktemp("prose")
    text = 'The cat sat. A dog ran! "Why?" said the hen. We saw Mr. Fox. It was cold.\n' * 60
    (folder / "c.txt").write_text(text)
    return rnncli.train(folder / "c.txt", folder / "m.npz", epochs=40, sentences="wrapped", ngrams=0)


def test_first_words_of_a_sentence_follow_an_end_mark_and_a_blank(prose: rnncli.LanguageModel) -> None:
    for context, wanted in {"The cat sat. ": "A", "A dog ran! ": '"', "We saw Mr. ": "Fox", "the hen. ": "We"}.items():
        found = prose.predict(context, 1)
        assert found.words[0].word.lower() == wanted.lower(), context
        assert found.eos < 0.2
        assert found.words[0].probability > 0.5
    assert prose.predict("The cat sat.", 1).eos > 0.9  # without the blank the end itself is what comes


def test_opening_mark_after_an_end_mark_and_a_blank_begins_a_sentence(prose: rnncli.LanguageModel) -> None:
    after_end = prose.probabilities('The cat sat. A dog ran!\n\n"')
    for context in ('A dog ran! "', 'A dog ran!\n"', "A dog ran! “", 'The cat sat. A dog ran! "'):
        found = prose.predict(context, 1)
        assert found.words[0].word.lower() == "why", context
        assert found.eos < 0.1
    np.testing.assert_allclose(prose.probabilities('The cat sat. A dog ran! "'), after_end, rtol=0.5, atol=1e-3)
    assert prose.predict('A dog ran! "w', 1, complete=True).words[0].word.lower() == "why"
    assert prose.predict('"Why?"', 1).words[0].word == "said"  # a mark that touches what is before it closes
    assert (
        prose.predict('We saw Mr. "', 1).words[0].word != "why" or prose.codec.prompt('We saw Mr. "').ids.count(0) == 1
    )


@pytest.mark.parametrize(
    ("text", "prompt", "begins"),
    [
        ("— Где? — спросил он. — Да! — сказал он.", "— Где? — ", False),
        ("— Где? — спросил он. — Да! — сказал он.", "сказал он. — ", True),
        ("—¿Qué? —dijo ella. —Sí —dijo él.", "—¿Qué? —", False),
        ("Le roi partit. « Oui », dit-il. Il vint.", "Le roi partit. « ", True),
        ("Le roi partit. « Oui », dit-il. Il vint.", "Le roi partit. «\u00a0", True),
        ("国王走了。“不好。”他说。", "国王走了。“", True),
        ("国王走了。“不好。”他说。", "国王走了。”", False),
    ],
)
def test_dash_or_quote_after_an_end_mark_begins_a_sentence_or_goes_on(text: str, prompt: str, begins: bool) -> None:
    words = list(dict.fromkeys(token for token in TOKENIZERS["words"].tokenize(text)))
    names = ["<eos>", "<unk>", *words]
    codec = Codec(Vocabulary(names, names, [9] * len(names), "keep", False), "words", "wrapped")
    assert (codec.prompt(prompt).ids[-2] == EOS) is begins


def test_possessive_at_the_end_of_a_prompt_is_the_word_that_the_text_has() -> None:
    names = ["<eos>", "<unk>", "the", "dogs", "dogs'", "'", "bowl"]
    codec = Codec(Vocabulary(names, names, [9] * len(names), "keep", False), "words", "wrapped")
    for prompt, complete in (("the dogs'", False), ("the dogs' ", True), ("the dogs' b", True)):
        assert codec.prompt(prompt, complete).tokens[:2] == ["the", "dogs'"], prompt


def test_capital_after_an_opening_mark_says_nothing(prose: rnncli.LanguageModel) -> None:
    for context in ('A dog ran! "W', '"W', "(W", "- W", "“W"):
        assert "Why" in [word for word, _ in prose.predict(context, 5)], context


def test_end_mark_of_a_script_without_blanks_needs_none(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("chinese")
    (folder / "c.txt").write_text("我走了。他说“好。”\n\n" * 100)
    model = rnncli.train(folder / "c.txt", epochs=20, hidden=30, sentences="wrapped")
    assert model.predict("我走了。", 1).words[0].word == "他"
    assert model.predict("我走了。", 1).eos < 0.1
    assert "".join(model.generate("我走了。", sentences=1, temperature=0)) == "他说“好。”"


class EndsHalfTheTime(Predictor):
    """Expects the end of the sentence, or the one word, with equal probability."""

    vocabulary_size = 4  # <eos>, <unk>, ".", "a"

    def start(self, n: int = 1) -> State:
        return (np.zeros((n, 1)),)

    def read(self, state: State, x: np.ndarray) -> State:
        return (np.zeros((len(x) + 1, *state[0].shape)),)

    def next(self, state: State) -> np.ndarray:
        return np.tile([0.5, 0.0, 0.0, 0.5], (len(state[0]), 1))


def test_sentence_that_goes_on_does_not_end_at_once() -> None:
    vocabulary = Vocabulary(["<eos>", "<unk>", ".", "a"], ["<eos>", "<unk>", ".", "a"], [9, 0, 9, 9], "keep", False)
    codec = Codec(vocabulary, "words", "wrapped")
    manner = Manner.of(sentences=1)
    rngs = [np.random.default_rng(seed) for seed in range(100)]
    unknown = UnknownWords(vocabulary)
    one_by_one = ["".join(write(EndsHalfTheTime(), codec, unknown, "a. ", manner, rng)) for rng in rngs]
    assert "" not in one_by_one
    rngs = [np.random.default_rng(seed) for seed in range(100)]
    assert "" not in write_all(EndsHalfTheTime(), codec, unknown, ["a. "] * 100, manner, rngs)


def test_candidate_over_a_sentence_end_costs_what_score_says(prose: rnncli.LanguageModel) -> None:
    context, candidate = "The cat sat.", "A dog ran!"
    scored = list(prose.scored(f"{context} {candidate}"))
    ends = [n for n, word in enumerate(scored) if word.is_end]
    bits = sum(word.bits for word in scored[ends[0] : ends[1]])
    for text in (context, context + " "):
        (found,) = prose.predict(text, among=[candidate]).words
        assert -np.log2(found.probability) == pytest.approx(bits, abs=0.01)


def test_share_of_sentence_starts_that_predict_finds_equals_that_of_score(prose: rnncli.LanguageModel) -> None:
    sentences = ["The cat sat.", "A dog ran!", '"Why?" said the hen.', "We saw Mr. Fox.", "It was cold."] * 3
    scored = list(prose.scored(" ".join(sentences)))
    starts = [n + 1 for n, word in enumerate(scored[:-1]) if word.is_end]
    found_by_score = [(scored[n].rank or 99) <= 3 for n in starts]
    found = []
    for n in range(1, len(sentences)):
        words = [word.lower() for word, _ in prose.predict(" ".join(sentences[:n]) + " ", 3)]
        found.append(scored[starts[n - 1]].word.lower() in words)
    assert found == found_by_score
    assert sum(found) > 10


@pytest.mark.parametrize("tokenizer", ["words", "whitespace", "chars"])
def test_line_end_ends_the_sentence_of_a_text_of_lines(
    tmp_path_factory: pytest.TempPathFactory, tokenizer: str
) -> None:
    folder = tmp_path_factory.mktemp("lines")
    (folder / "c.txt").write_text("red green\nblue white\n" * 100)
    model = rnncli.train(folder / "c.txt", folder / "m.npz", epochs=30, tokenizer=tokenizer)
    first = "b" if tokenizer == "chars" else "blue"
    assert model.predict("red green\n", 1).words[0].word == first
    assert model.predict("red green\n", 1).words[0].probability > 0.5
    assert "".join(model.generate("red green\n", words=2, temperature=0))[:4].startswith("b")


def test_every_way_to_ask_agrees_on_every_prefix_of_every_word(prose: rnncli.LanguageModel) -> None:
    text = 'The cat sat. A dog ran! "Why?" said the hen. We saw Mr. Fox. It was cold.'
    prefixes = [text[:n] for n in range(len(text) + 1)]
    session = prose.session()
    for prefix, together in zip(prefixes, prose.predict_all(prefixes, 5), strict=True):
        alone, in_session = prose.predict(prefix, 5), prose.predict(prefix, 5, session=session)
        for other in (alone, in_session):
            assert [word for word, _ in together] == [word for word, _ in other], prefix
            np.testing.assert_allclose([y for _, y in together], [y for _, y in other], rtol=1e-4, atol=1e-9)
            assert together.typed == other.typed


def test_last_word_is_half_typed_where_longer_words_are_likelier(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("half")
    (folder / "c.txt").write_text("add 2 t of salt to the pot\nthey talk to the cook\n" * 40)
    model = rnncli.train(folder / "c.txt", folder / "m.npz", epochs=15)
    assert model.predict("they talk t", 1).words[0].word == "to"
    assert model.predict("add 2 t", 1).words[0].word == "of"
    assert model.predict("they talk t", 1, complete=False).typed == ""
    assert model.predict("add 2 t", 1, complete=True).typed == "t"
