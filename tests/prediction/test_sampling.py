"""Samplers on distributions made by hand."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rnncli.network.parameters import Params, initial
from rnncli.prediction.best import distributions
from rnncli.prediction.context import blank
from rnncli.prediction.sampling import continuation, draw, narrowed, sampler, warmed
from rnncli.text.vocabulary import EOS, UNK

Y = np.array([0.1, 0.4, 0.2, 0.3])

DISTRIBUTIONS = arrays(np.float64, st.integers(1, 50), elements=st.floats(0, 1)).filter(lambda y: y.sum() > 1e-6)


@given(DISTRIBUTIONS, st.floats(1e-320, 1e300, exclude_min=True))
def test_every_temperature_gives_a_distribution(y: np.ndarray, temperature: float) -> None:
    z = warmed(y / y.sum(), temperature)
    assert np.isfinite(z).all()
    assert z.sum() > 0
    assert ((z == 0) >= (y == 0)).all()


def test_temperature_is_a_power() -> None:
    np.testing.assert_allclose(warmed(Y, 1), Y)
    np.testing.assert_allclose(warmed(Y, 0.5) / warmed(Y, 0.5).sum(), Y**2 / (Y**2).sum())
    np.testing.assert_allclose(warmed(Y, 1e-300), [0, 1, 0, 0])
    np.testing.assert_allclose(warmed(Y, 1e300), 1)


@given(DISTRIBUTIONS, st.integers(1, 60), st.floats(0.01, 1))
def test_narrowing_keeps_the_likeliest_and_no_more_than_needed(y: np.ndarray, k: int, p: float) -> None:
    y = y / y.sum()
    z = narrowed(y, k, p)
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
    np.testing.assert_allclose(narrowed(Y, 2, 1), [0, 4 / 7, 0, 3 / 7])
    np.testing.assert_allclose(narrowed(Y, None, 0.5), [0, 4 / 7, 0, 3 / 7])
    np.testing.assert_allclose(narrowed(Y, None, 0.4), [0, 1, 0, 0])
    assert narrowed(Y, None, 1.0) is Y


def test_draws_come_as_often_as_their_probability() -> None:
    rng = np.random.default_rng(0)
    counts = np.bincount([draw(Y, rng) for _ in range(20_000)], minlength=4)
    np.testing.assert_allclose(counts / 20_000, Y, atol=0.01)


@pytest.mark.parametrize("u", [0.0, 0.5, 1 - 2**-53])
def test_the_ends_of_the_range_draw_words_that_can_come(u: float) -> None:
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


def test_what_is_impossible_is_never_drawn() -> None:
    rng = np.random.default_rng(0)
    y = np.array([0.0, 1e-9, 0.0, 1.0, 0.0])
    assert {draw(y, rng) for _ in range(2000)} <= {1, 3}


def test_temperature_zero_takes_the_first_of_the_best() -> None:
    assert sampler(0)(np.array([0.2, 0.4, 0.4]), np.random.default_rng()) == 1


def test_a_continuation_never_holds_unknown_words_or_empty_sentences() -> None:
    params = initial(6, 4, np.random.default_rng(0), np.float64)
    params.by[[EOS, UNK]] = 3
    ids = list(islice(continuation(params, blank(params), EOS, sampler(), np.random.default_rng(0)), 500))
    assert UNK not in ids
    assert EOS in ids
    assert all(a != EOS or b != EOS for a, b in zip([EOS, *ids], ids, strict=False))


def test_a_network_that_only_knows_special_words_still_writes() -> None:
    params = Params(*(np.zeros_like(w) for w in initial(5, 4, np.random.default_rng(0), np.float64)))
    params.by[:] = [1e6, 1e6, -1e6, -1e6, -1e6]
    assert distributions(params, blank(params))[0, 2:].sum() == 0
    ids = list(islice(continuation(params, blank(params), EOS, sampler(), np.random.default_rng(0)), 20))
    assert set(ids[::2]) <= {2, 3, 4}
