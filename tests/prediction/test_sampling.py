"""Samplers on distributions made by hand."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from predictors import Bigram, Unigram, network, table

from rnncli.errors import UsageError
from rnncli.prediction.repetition import Repetition
from rnncli.prediction.sampling import (
    Draft,
    Sampler,
    apply_temperature,
    continuation,
    continuations,
    draw,
    forbid,
    truncate,
)
from rnncli.prediction.writing import Length
from rnncli.predictor import Predictor, rows
from rnncli.text.vocabulary import EOS, PAR, UNK

Y = np.array([0.1, 0.4, 0.2, 0.3])

DISTRIBUTIONS = arrays(np.float64, st.integers(1, 50), elements=st.floats(0, 1)).filter(lambda y: y.sum() > 1e-6)


@given(DISTRIBUTIONS, st.floats(1e-320, 1e300, exclude_min=True))
def test_every_temperature_gives_a_distribution(y: np.ndarray, temperature: float) -> None:
    z = apply_temperature(y / y.sum(), temperature)
    assert np.isfinite(z).all()
    assert z.sum() > 0
    assert ((z == 0) >= (y == 0)).all()


def test_temperature_is_a_power() -> None:
    np.testing.assert_allclose(apply_temperature(Y, 1), Y)
    np.testing.assert_allclose(apply_temperature(Y, 0.5) / apply_temperature(Y, 0.5).sum(), Y**2 / (Y**2).sum())
    np.testing.assert_allclose(apply_temperature(Y, 1e-300), [0, 1, 0, 0])
    np.testing.assert_allclose(apply_temperature(Y, 1e300), 1)


@given(DISTRIBUTIONS, st.integers(1, 60), st.floats(0.01, 1))
def test_truncate_keeps_the_likeliest_and_no_more_than_needed(y: np.ndarray, k: int, p: float) -> None:
    y = y / y.sum()
    z = truncate(y, k, p)
    kept = z > 0
    assert z.sum() == pytest.approx(1)
    assert 1 <= kept.sum() <= k
    assert y[kept].min() >= y[~kept & (y > 0)].max(initial=0) - 1e-12
    np.testing.assert_allclose(z[kept] / z[kept].sum(), y[kept] / y[kept].sum())
    if kept.sum() > 1:
        smallest = y[kept].min()
        among = np.sort(y)[::-1][:k].sum()
        assert y[kept].sum() - smallest < p * among + 1e-9


def test_top_k_and_top_p_of_a_worked_example() -> None:
    np.testing.assert_allclose(truncate(Y, 2, 1), [0, 4 / 7, 0, 3 / 7])
    np.testing.assert_allclose(truncate(Y, None, 0.5), [0, 4 / 7, 0, 3 / 7])
    np.testing.assert_allclose(truncate(Y, None, 0.4), [0, 1, 0, 0])
    assert truncate(Y, None, 1.0) is Y


def test_draws_are_as_frequent_as_their_probability() -> None:
    rng = np.random.default_rng(0)
    counts = np.bincount([draw(Y, rng) for _ in range(20_000)], minlength=4)
    np.testing.assert_allclose(counts / 20_000, Y, atol=0.01)


@pytest.mark.parametrize("u", [0.0, 0.5, 1 - 2**-53])
def test_extreme_random_numbers_draw_words_with_weight(u: float) -> None:
    class Fixed:
        def random(self) -> float:
            return u

    rng = np.random.default_rng(0)
    for size in (1, 2, 3, 10, 1000):
        for dtype in (np.float32, np.float64):
            y = rng.random(size).astype(dtype)
            y[rng.random(size) < 0.5] = 0
            y[size // 2] = 1
            assert y[draw(y, Fixed())] > 0


def test_word_with_weight_zero_is_never_drawn() -> None:
    rng = np.random.default_rng(0)
    y = np.array([0.0, 1e-9, 0.0, 1.0, 0.0])
    assert {draw(y, rng) for _ in range(2000)} <= {1, 3}


def test_temperature_zero_takes_the_first_of_the_likeliest() -> None:
    assert Sampler(0)(np.array([0.2, 0.4, 0.4]), np.random.default_rng()) == 1


def write(predictor: Predictor, n: int, sampler: Sampler | None = None, seed: int = 0) -> list[int]:
    rng = np.random.default_rng(seed)
    return list(islice(continuation(predictor, predictor.start(), draft(EOS), sampler or Sampler(), rng), n))


def draft(previous: int, blocked: Sequence[int] = (), given: Sequence[int] = (), **repetition: Any) -> Draft:
    """Begins a text of a vocabulary with two special words."""
    return Draft(previous, 2, np.array(blocked, np.intp), Repetition(**repetition), given)


def test_continuation_never_holds_unknown_words_or_empty_sentences() -> None:
    for predictor in (Unigram(0.4, 0.4, 0.05, 0.05, 0.05, 0.05), network()):
        ids = write(predictor, 500)
        assert UNK not in ids
        assert EOS in ids
        assert all(a != EOS or b != EOS for a, b in zip([EOS, *ids], ids, strict=False))


def test_predictor_that_only_expects_special_words_still_writes() -> None:
    assert set(write(Unigram(0.5, 0.5, 0.0, 0.0, 0.0), 20)[::2]) <= {2, 3, 4}


def test_continuation_follows_the_table() -> None:
    """After 0 comes 2, after 2 comes 3 three times in four and 4 else, after both the end."""
    bigram = Bigram([[0, 0, 1, 0, 0], [0.2] * 5, [0, 0, 0, 0.75, 0.25], [1, 0, 0, 0, 0], [1, 0, 0, 0, 0]])
    assert write(bigram, 6, Sampler(0)) == [2, 3, EOS, 2, 3, EOS]
    ids = write(bigram, 9000)
    assert ids[::3] == [2] * 3000
    assert ids[2::3] == [EOS] * 3000
    assert ids[1::3].count(3) / 3000 == pytest.approx(0.75, abs=0.03)


@pytest.mark.parametrize("predictor", [Bigram(table()), network(leaky=0.5)], ids=["bigram", "network"])
def test_texts_side_by_side_equal_texts_one_by_one(predictor: Predictor) -> None:
    previous = [EOS, 3, 5, 7]
    states = rows(predictor.read(predictor.start(4), np.array([previous])), -1)
    rngs = [np.random.default_rng(i) for i in range(4)]
    drafts = list(map(draft, previous))
    texts = continuations(predictor, states, drafts, Sampler(), rngs, lambda words, ends: words >= 9 or ends == 2)
    for i, text in enumerate(texts):
        state, rng = rows(states, [i]), np.random.default_rng(i)
        alone = list(islice(continuation(predictor, state, draft(previous[i]), Sampler(), rng), len(text)))
        assert text == alone
        assert len(text) - text.count(EOS) == 9 or text.count(EOS) == 2


@pytest.mark.parametrize(
    ("choices", "named"),
    [
        ({"temperature": float("nan")}, "temperature: nan"),
        ({"temperature": float("inf")}, "temperature: inf"),
        ({"temperature": -1}, "temperature: -1"),
        ({"top_k": 0}, "top_k: 0"),
        ({"top_k": True}, "top_k: True"),
        ({"temperature": True}, "temperature: True"),
        ({"top_k": 2.5}, "top_k: 2.5"),
        ({"top_p": 0}, "top_p: 0"),
        ({"top_p": 1.1}, "top_p: 1.1"),
        ({"top_p": float("nan")}, "top_p: nan"),
    ],
)
def test_sampler_refuses_values_out_of_range(choices: dict, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        Sampler(**choices)


def test_sampler_takes_numbers_of_numpy() -> None:
    choices = Sampler(np.float32(0.5), np.int64(1), np.float64(0.5))
    assert choices(Y, np.random.default_rng(0)) == 1


def test_end_of_a_paragraph_follows_the_end_of_a_sentence_only() -> None:
    assert forbid(np.ones(5), EOS, 3, []).tolist() == [0, 0, 1, 1, 1]
    assert forbid(np.ones(5), PAR, 3, []).tolist() == [0, 0, 0, 1, 1]
    assert forbid(np.ones(5), 4, 3, []).tolist() == [1, 0, 0, 1, 1]
    assert forbid(np.ones(5), PAR, 2, []).tolist() == [1, 0, 1, 1, 1]  # without paragraphs it is a word
    assert list(Length(2, 9).cut(iter([3, EOS, PAR, 4, 3]), 3)) == [3, EOS, PAR, 4]
