"""Half-typed words, choices and several words ahead, against all that there is."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli import LanguageModel
from rnncli.errors import TextError
from rnncli.network.parameters import initial
from rnncli.run.recipe import fitted
from rnncli.text.alphabet import has_prefix
from rnncli.text.vocabulary import EOS, SPECIALS, UNK, Vocabulary

WORDS = ["the", "cat", "car", "can", "Carl", "café", "dog", "don't", "of", "a", ".", "to"]
MODEL = LanguageModel(
    initial(len(WORDS) + 2, 5, np.random.default_rng(0))._replace(by=np.linspace(0, 2, len(WORDS) + 2)),
    Vocabulary(
        [*SPECIALS, *map(str.lower, WORDS)],
        [*SPECIALS, *WORDS],
        [1] * (len(WORDS) + 2),
        "fold",
        True,
        ["zebra", "zeal", "Zoë"],
        [3, 1, 1],
    ),
    fitted({"epochs": 1}),
    {},
)
contexts = st.lists(st.sampled_from([*WORDS, "xyz"]), max_size=4).map(lambda words: "".join(w + " " for w in words))


@given(contexts, st.sampled_from(["c", "ca", "cat", "C", "Ca", "cafe", "d", "don", "t", "T"]), st.integers(1, 20))
def test_completions_are_the_vocabulary_s_words_that_begin_so(context: str, typed: str, k: int) -> None:
    y = MODEL.probabilities(context)
    starts = not context or context.endswith(". ")
    wanted = typed.lower() if starts else typed
    fitting = [i for i in range(2, len(y)) if has_prefix(MODEL.vocabulary.display_forms[i], wanted)] or [
        i for i in range(2, len(y)) if has_prefix(MODEL.vocabulary.words[i], wanted.lower())
    ]
    best = sorted(fitting, key=lambda i: (-y[i], i))[:k]
    got = MODEL.predict(context + typed, k, complete=True)
    assert got.typed == typed
    assert [word.word.lower() for word in got] == [MODEL.vocabulary.words[i] for i in best]
    np.testing.assert_allclose([word.probability for word in got], y[best] / y[fitting].sum(), rtol=1e-6)
    assert all(word.word[0].isupper() for word in got if typed[0].isupper())


@given(contexts, st.sampled_from(["c", "d", "ca", "o", "z", "Z"]))
def test_completions_sum_to_one(context: str, typed: str) -> None:
    words = MODEL.predict(context + typed, 99, complete=True).words
    assert sum(word.probability for word in words) == pytest.approx(1)


def test_words_that_the_network_does_not_know_are_offered_where_none_that_it_knows_has_prefix() -> None:
    assert MODEL.predict("the z").words == [("zebra", 0.6), ("zeal", 0.2), ("Zoë", 0.2)]
    assert [word for word, _ in MODEL.predict("the Z")] == ["Zoë"]
    assert MODEL.predict("the zoe").words == [("Zoë", 1.0)]
    assert MODEL.predict("the q").typed == ""
    assert MODEL.predict("the q", complete=True).words == []


def test_a_word_is_half_typed_if_it_is_not_known() -> None:
    assert MODEL.predict("the ca").typed == "ca"
    assert MODEL.predict("the cat").typed == ""
    assert MODEL.predict("the cat", complete=True).typed == "cat"
    assert MODEL.predict("the ca", complete=False).typed == ""
    assert MODEL.predict("the ca ").unknown == ["ca"]


def test_many_contexts_get_what_each_gets_alone() -> None:
    texts = ["the ca", "the cat", "the", "a of ", "the z", "do", "the xyz"]
    for complete in (None, True, False):
        for one, text in zip(MODEL.predict_all(texts, 4, complete=complete), texts, strict=True):
            alone = MODEL.predict(text, 4, complete=complete)
            assert [word for word, _ in one] == [word for word, _ in alone]
            assert (one.typed, one.unknown) == (alone.typed, alone.unknown)
            np.testing.assert_allclose([y for _, y in one], [y for _, y in alone], rtol=1e-5)


def test_candidates_are_ranked_by_all_of_their_words() -> None:
    texts = ["cat", "the dog of", "can", "of a", "dog"]
    got = MODEL.predict("the", among=texts)
    for text, y in got:
        context, joint = "the", 1.0
        for word in text.split():
            joint *= MODEL.probabilities(context)[MODEL.vocabulary.id(word)]
            context += " " + word
        assert y == pytest.approx(joint, rel=1e-5)
    assert sorted(word for word, _ in got) == sorted(texts)
    assert [y for _, y in got] == sorted((y for _, y in got), reverse=True)
    assert [word for word, _ in MODEL.predict("the ca", among=texts, complete=True)] == [
        word for word, _ in got if word.startswith("ca")
    ]
    with pytest.raises(TextError, match="candidate is empty"):
        MODEL.predict("the", among=["cat", " "])


@pytest.mark.parametrize("eos", [False, True])
@pytest.mark.parametrize("words", [2, 3])
def test_ways_ahead_are_the_likeliest_of_all(words: int, eos: bool) -> None:
    usable = [i for i in range(len(MODEL.vocabulary)) if i != UNK and (eos or i != EOS)]
    joint = {}
    for ids in product(usable, repeat=words):
        cut = ids[: ids.index(EOS) + 1] if EOS in ids else ids
        if cut not in joint:
            context, y = "the ", 1.0
            for i in cut:
                y *= MODEL.probabilities(context)[i]
                context += MODEL.vocabulary.display_forms[i] + " "
            joint[cut] = y
    best = sorted(joint.items(), key=lambda pair: -pair[1])[:5]
    got = MODEL.predict("the", 5, eos, then=words)
    np.testing.assert_allclose([y for _, y in got], [y for _, y in best], rtol=1e-5)
    shown = [[MODEL.vocabulary.display_forms[i] for i in ids] for ids, _ in best]
    assert [word.replace(".", " .").split() for word, _ in got] == shown


def test_ways_ahead_begin_with_what_was_typed() -> None:
    got = MODEL.predict("the ca", 8, then=2)
    assert all(word.lower().startswith("ca") for word, _ in got)
    y = dict(MODEL.predict("the ca", 20, then=1).words)
    cat = [word for word, _ in MODEL.predict("the cat", 20, then=1)]
    assert [word for word, _ in MODEL.predict("the cat ", 20)] == cat
    assert got.words[0].probability < max(y.values())


def test_what_is_less_likely_is_not_offered() -> None:
    words = MODEL.predict("the").words
    least = words[3].probability
    assert MODEL.predict("the", min_p=least).words == words[:4]
    assert MODEL.predict("the", min_p=1.0).words == []


@given(st.lists(st.tuples(st.sampled_from(["the", "cat", "of"]), st.integers(0, 6)), max_size=12))
def test_a_session_changes_nothing_but_the_work(edits: list[tuple[str, int]]) -> None:
    """A text that grows by words, and is cut back from time to time."""
    session, words = MODEL.session(), ["the"]
    for word, kept in edits:
        words = [*words[: len(words) - kept // 4], word] if kept % 2 else [*words, word]
        text = " ".join(words)
        with_it, without = MODEL.predict(text, session=session), MODEL.predict(text)
        assert [word for word, _ in with_it] == [word for word, _ in without]
        np.testing.assert_allclose([y for _, y in with_it], [y for _, y in without], rtol=1e-5)


def test_a_session_reads_what_is_new_and_holds_the_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    from rnncli.prediction import session as module

    read: list[int] = []
    forward = module.forward
    monkeypatch.setattr(module, "forward", lambda params, x, s, a: (read.append(len(x)), forward(params, x, s, a))[1])
    session = MODEL.session()
    text = "the cat of a dog " * 10
    for end in (text, text + "the ", text + "the cat ", text + "of ", text + "of ", "cat"):
        MODEL.predict(end, session=session)
    assert read == [51, 1, 1, 1, 1]
    long = "the cat " * 2000
    MODEL.predict(long, session=session)
    MODEL.predict(long + "the", session=session)
    assert read[5:] == [1000, 1]
    assert len(session._states) <= module.KEPT
    got, alone = MODEL.predict("the cat " * 100, session=session), MODEL.predict("the cat " * 100)
    np.testing.assert_allclose([y for _, y in got], [y for _, y in alone], rtol=1e-5)
