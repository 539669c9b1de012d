"""Weights of a network and of counts, by classes of contexts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from predictors import V, counts

from rnncli.counts.mixture import class_count, context_classes, fitted
from rnncli.predictor import rows


def nats(first: np.ndarray, second: np.ndarray, weights: np.ndarray) -> float:
    return float(-np.log(weights * first + (1 - weights) * second).mean())


@given(seed=st.integers(0, 1000), classes=st.integers(1, 4))
def test_fitted_weights_are_shares_and_no_worse_than_one_weight(seed: int, classes: int) -> None:
    rng = np.random.default_rng(seed)
    first, second, of = rng.random(3000), rng.random(3000), rng.integers(0, classes, 3000)
    weights = fitted(first, second, of, classes + 1)
    assert (weights >= 0).all()
    assert (weights <= 1).all()
    one = fitted(first, second, np.zeros(3000, int), 1)[0]
    assert nats(first, second, weights[of]) < nats(first, second, np.full(3000, one)) + 1e-3
    for other in np.linspace(0.05, 0.95, 19):
        assert nats(first, second, np.full(3000, one)) < nats(first, second, np.full(3000, other)) + 1e-3


def test_weight_of_a_worked_example() -> None:
    """Of 4,000 words the first predictor is certain of three quarters and the second of the others: λ is 3/4."""
    first, second = np.tile([1.0, 1.0, 1.0, 0.0], 1000), np.tile([0.0, 0.0, 0.0, 1.0], 1000)
    np.testing.assert_allclose(fitted(first, second, np.zeros(4000, int), 2), 0.75, atol=1e-6)


def test_class_without_words_takes_the_weight_of_all() -> None:
    rng = np.random.default_rng(0)
    weights = fitted(rng.random(500), rng.random(500), np.zeros(500, int), 3)
    assert weights[1] == weights[2] == pytest.approx(weights[0], abs=0.02)


def test_contexts_are_told_apart_by_their_words_and_by_what_they_leave() -> None:
    predictor = counts()
    x = np.random.default_rng(1).integers(0, V, 400)
    states = predictor.read(predictor.start(), x[:, None])
    after = rows(states, (slice(None), 0))
    words, rest = predictor.longest(after)
    assert words[0] == 0
    assert rest[0] == 1
    assert set(words.tolist()) == {0, 1, 2, 3}
    for t, n in enumerate(words.tolist()):
        if n:
            level, context = predictor.ngrams.levels[n - 1], states[0][t, 0, n - 1]
            start, end = level.starts[context], level.starts[context + 1]
            taken = predictor.discounts[n][np.minimum(level.counts[start:end], 3)]
            assert rest[t] == pytest.approx(taken.sum() / level.counts[start:end].sum())
    of = context_classes(predictor, after)
    assert of.min() >= 0
    assert of.max() < class_count(4)
    assert (of // 8 == words).all()
