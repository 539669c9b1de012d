"""Texts that do not repeat themselves."""

from itertools import islice, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from predictors import Bigram, Unigram, V, network, table

import rnncli
from rnncli.errors import UsageError
from rnncli.prediction.repetition import Repetition, Written
from rnncli.prediction.sampling import Draft, Sampler, continuation, continuations
from rnncli.predictor import rows
from rnncli.text.vocabulary import EOS, UNK

LENGTH = 60


def row_of(ids: list[Any], n: int) -> list[tuple[Any, ...]]:
    """Returns every n words in a row, without ends of sentences."""
    words = [i for i in ids if i != EOS]
    return [tuple(words[at : at + n]) for at in range(len(words) - n + 1)]


def draft(given: list[Any], blocked: list[int] | None = None, **repetition: Any) -> Draft:
    previous = given[-1] if given else EOS
    words = [i for i in given if i != EOS]
    return Draft(previous, 2, np.array(blocked or [], np.intp), Repetition(**repetition), words)


def written(given: list[int], temperature: float, seed: int = 0, **limits: Any) -> list[int]:
    """Writes on after given ids, by a table of random probabilities."""
    predictor, rng = Bigram(table(seed=seed)), np.random.default_rng(seed)
    state = rows(predictor.read(predictor.start(), np.array([given or [EOS]]).T), -1)
    return list(islice(continuation(predictor, state, draft(given, **limits), Sampler(temperature), rng), LENGTH))


@given(
    n=st.integers(1, 5),
    start=st.lists(st.integers(2, V - 1), max_size=8),
    temperature=st.sampled_from([0, 0.3, 1.0, 5.0]),
    seed=st.integers(0, 50),
)
def test_no_row_of_words_comes_twice(n: int, start: list[int], temperature: float, seed: int) -> None:
    """Unless it stands twice in what is given."""
    ids = written(start, temperature, seed, no_repeat=n)
    every, before = row_of(start + ids, n), row_of(start, n)
    new = every[len(before) :]
    assert len(set(new)) == len(new)
    assert not set(new) & set(before)
    if len(ids) < LENGTH:  # then no word was left
        last = tuple(i for i in start + ids if i != EOS)
        last = last[len(last) - (n - 1) :]
        assert {(*last, i) for i in range(2, V)} <= set(every)


def test_rows_do_repeat_without_the_option() -> None:
    """So that the law above can fail."""
    for n in range(1, 6):
        rows_of_n = row_of(written([], 0), n)
        assert len(set(rows_of_n)) < len(rows_of_n)


def test_worked_example_of_rows_of_two() -> None:
    """2 3 2 was written: after 2 no 3 may come, after 3 no 2; other words may."""
    so_far = Written(Repetition(no_repeat=2), [2, 3, 2])
    assert so_far.repeating() == [3]
    so_far.add(4)
    assert so_far.repeating() == []
    so_far.add(3)
    assert so_far.repeating() == [2]


def test_row_runs_on_over_the_end_of_a_sentence() -> None:
    """Else a text of one-word sentences would go round in circles: 2 <eos> 2 <eos> ..."""
    predictor = Unigram(0.5, 0.0, 0.3, 0.2)
    state = predictor.start()
    ids = list(islice(continuation(predictor, state, draft([], no_repeat=2), Sampler(0), np.random.default_rng()), 99))
    assert ids == [2, EOS, 2, EOS, 3, EOS, 2, EOS]  # 2 2, 2 3, 3 2, and after 2 there is nothing new


def test_unknown_words_of_a_prompt_are_told_apart() -> None:
    so_far = Written(Repetition(no_repeat=2), ["foo", 4, "bar", 5, "foo"])
    assert so_far.repeating() == [4]
    assert Written(Repetition(no_repeat=2), ["foo", 4, "baz"]).repeating() == []
    assert Written(Repetition(no_repeat=1), ["foo", 4]).repeating() == [4]


def test_prompt_counts_as_text(model: rnncli.LanguageModel) -> None:
    prompt = "The cat sat on the mat. The cat"
    assert "".join(model.generate(prompt, words=1, temperature=0)) == " sat"
    assert "".join(model.generate(prompt, words=1, temperature=0, no_repeat=3)) != " sat"
    assert "".join(model.generate(prompt, words=1, temperature=0, no_repeat=4)) == " sat"  # mat . The cat sat
    strange = "The xyzzy sat. The XYZZY"
    assert "".join(model.generate(strange, words=1, temperature=0, top_k=1, no_repeat=2)) != " sat"


def test_likeliest_text_no_longer_goes_round_in_circles(model: rnncli.LanguageModel) -> None:
    def rows_of_three(**options: Any) -> list[tuple[str, ...]]:
        tokens = model.codec.tokens("".join(model.generate(words=120, temperature=0, **options)))
        return row_of([token.lower() for token in tokens if token.strip()], 3)

    looping, free = rows_of_three(), rows_of_three(no_repeat=3)
    assert len(set(looping)) < len(looping) / 2
    assert len(set(free)) == len(free) > 20


def test_penalty_is_a_power_of_the_probability() -> None:
    """Of weights 2, 4, 10, whose sum is 16: of the words 0 and 2, p = 1/8 and 5/8 become 1/64 and 25/64."""
    y = np.array([2.0, 4.0, 10.0])
    Written(Repetition(penalty=2), [0, "foo", 2, 0]).penalize(y, 16.0)
    np.testing.assert_allclose(y / 16, [1 / 64, 1 / 4, 25 / 64])


@given(penalty=st.floats(1, 1e300), scale=st.floats(1e-30, 1e30), dtype=st.sampled_from([np.float32, np.float64]))
def test_penalty_never_helps_a_word_whatever_the_scale_of_the_weights(penalty: float, scale: float, dtype: Any) -> None:
    y = (np.array([0.5, 0.25, 0.25, 0.0]) * scale).astype(dtype)
    before = y.copy()
    Written(Repetition(penalty=penalty), [0, 2, 3]).penalize(y, float(before.sum()))
    assert (y <= before * (1 + 1e-6)).all()
    assert np.isfinite(y).all()
    assert y[1] == before[1]


def test_penalty_takes_another_word_where_it_is_nearly_as_likely() -> None:
    unigram = Unigram(0.0, 0.0, 0.4, 0.35, 0.25)
    assert texts_of(unigram, penalty=1) == [2] * 6
    assert texts_of(unigram, penalty=2) == [2, 3, 4, 2, 2, 2]  # 0.35 > 0.4 ** 2, 0.25 > 0.35 ** 2
    assert texts_of(unigram, penalty=1.01) == [2] * 6


def texts_of(predictor: Unigram, **repetition: Any) -> list[int]:
    ids = continuation(predictor, predictor.start(), draft([], **repetition), Sampler(0), np.random.default_rng(0))
    return list(islice(ids, 6))


@pytest.mark.parametrize("limits", [{"no_repeat": 1}, {"no_repeat": 2, "penalty": 1.5}, {"penalty": 3.0}, {}])
@pytest.mark.parametrize("predictor", [Bigram(table()), network(leaky=0.5)], ids=["bigram", "network"])
def test_texts_side_by_side_equal_texts_one_by_one(predictor: Any, limits: dict[str, Any]) -> None:
    """Also where one has no word left and the others go on."""
    starts = [[EOS, 2], [EOS, 3], [EOS, *range(2, V)], [EOS, 5]]
    states = tuple(
        np.concatenate([rows(predictor.read(predictor.start(), np.array([ids]).T), -1)[part] for ids in starts])
        for part in range(len(predictor.start()))
    )
    drafts = [draft(ids, [4], **limits) for ids in starts]
    rngs = [np.random.default_rng(i) for i in range(4)]
    texts = continuations(predictor, states, drafts, Sampler(), rngs, lambda words, _: words >= 30)
    for n, text in enumerate(texts):
        rng = np.random.default_rng(n)
        alone = continuation(predictor, rows(states, [n]), draft(starts[n], [4], **limits), Sampler(), rng)
        assert text == list(islice(alone, len(text)))
        assert 4 not in text
        assert UNK not in text
        if len([i for i in text if i != EOS]) < 30:
            assert list(islice(alone, 1)) == []
            assert limits.get("no_repeat") == 1
    if limits.get("no_repeat") == 1:
        assert [len([i for i in text if i != EOS]) for text in texts] == [V - 4, V - 4, 0, V - 4]


def test_generate_all_equals_generate_for_each(model: rnncli.LanguageModel) -> None:
    prompts = ["The cat", "", "The cat sat. ", "The dog ran by the fire. The dog"]
    for choices in (
        {"words": 40, "no_repeat": 2},
        {"words": 40, "no_repeat": 1, "block": ["the", "cat"]},
        {"sentences": 4, "repetition_penalty": 1.7, "no_repeat": 3, "temperature": 0},
    ):
        alone = ["".join(model.generate(prompt, seed=i, **choices)) for i, prompt in enumerate(prompts)]
        rngs = [np.random.default_rng(i) for i in range(len(prompts))]
        assert model.generate_all(prompts, rngs, **choices) == alone


def test_text_without_limits_is_the_same_text() -> None:
    for limits in ({"no_repeat": 100}, {"penalty": 1}, {"penalty": 1.0, "no_repeat": None}):
        assert written([], 1.0, 3, **limits) == written([], 1.0, 3)


def test_words_that_are_left_are_chosen_though_all_weight_is_on_others() -> None:
    ids = texts_of(Unigram(0.0, 0.0, 1.0, 0.0, 0.0), no_repeat=1)
    assert ids == [2, 3, 4]
    assert all(a != b for a, b in pairwise(texts_of(Unigram(0.0, 0.0, 1.0, 0.0, 0.0), no_repeat=2)[1:]))


@pytest.mark.parametrize(
    ("choices", "named"),
    [
        ({"no_repeat": 0}, "no_repeat: 0 is not a whole number from 1 to 100"),
        ({"no_repeat": 101}, "no_repeat: 101"),
        ({"no_repeat": 2.0}, "no_repeat: 2.0"),
        ({"no_repeat": True}, "no_repeat: True"),
        ({"penalty": 0.9}, "repetition_penalty: 0.9 is not a number from 1 on"),
        ({"penalty": float("nan")}, "repetition_penalty: nan"),
        ({"penalty": float("inf")}, "repetition_penalty: inf"),
        ({"penalty": "2"}, "repetition_penalty: '2'"),
    ],
)
def test_values_out_of_range_are_refused(choices: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        Repetition(**choices)


def test_repetition_takes_numbers_of_numpy() -> None:
    ids = written([], 1.0, 3, no_repeat=np.int64(2), penalty=np.float32(1.5))
    assert ids == written([], 1.0, 3, no_repeat=2, penalty=1.5)
