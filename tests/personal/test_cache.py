"""Two caches beside two networks."""

import numpy as np
import pytest

from rnncli.personal import cache as module
from rnncli.personal.cache import Cache

V, H = 6, 3
EVEN = np.full(V, 1 / V)


def fed(n: int, seed: int = 0) -> tuple[Cache, list[np.ndarray], list[int]]:
    """A cache that has seen n words, the states they came after, and the words."""
    rng, cache = np.random.default_rng(seed), Cache(V, H)
    states, words = list(rng.standard_normal((n, H)).astype(np.float32)), rng.integers(0, V, n).tolist()
    for s, d in zip(states, words, strict=True):
        cache.see(s, d, cache.parts(s, EVEN, EVEN)[:, d])
    return cache, states, words


def test_a_cache_that_is_empty_says_what_the_networks_say() -> None:
    y, learning = np.array([[0.5, 0.1, 0.1, 0.1, 0.1, 0.1], [0.1, 0.5, 0.1, 0.1, 0.1, 0.1]])
    cache = Cache(V, H)
    mixture = cache.believed @ cache.parts(np.ones(H), y, learning)
    np.testing.assert_allclose(mixture, 0.52 * y + 0.48 * learning)


def test_its_parts_are_what_their_formulas_say() -> None:
    cache, states, words = fed(7)
    s, learning = np.array([0.5, -1, 0.2], np.float32), np.arange(V) / 15
    weights = np.exp([2.0 * float(s @ state) for state in states])
    after, latest = np.zeros(V), np.zeros(V)
    for age, (weight, d) in enumerate(zip(weights[::-1], words[::-1], strict=True)):
        after[d] += weight / weights.sum()
        latest[d] += 0.5 ** (age / 200)
    parts = cache.parts(s, EVEN, learning)
    np.testing.assert_allclose(parts, [EVEN, learning, after, latest / latest.sum()], rtol=1e-5)
    assert (cache.believed @ parts).sum() == pytest.approx(1)


def test_who_is_right_is_believed_more() -> None:
    cache, s = Cache(V, H), np.ones(H, np.float32)
    for _ in range(300):
        cache.see(s, 3, cache.parts(s, EVEN, EVEN)[:, 3])
    assert cache.believed[:2].sum() < 0.5 * sum(BELIEVED[:2])
    assert (cache.believed @ cache.parts(s, EVEN, EVEN))[3] > 0.7
    assert cache.believed.sum() == pytest.approx(1)
    assert cache.believed.min() > 0


def test_a_network_that_learning_spoils_costs_little() -> None:
    """It is believed as much as the other at first; what that costs in all is bounded, however bad it becomes."""
    cache, rng, nats = Cache(V, H), np.random.default_rng(0), 0.0
    good, spoilt = np.array([0.9, 0.02, 0.02, 0.02, 0.02, 0.02]), np.array([1e-9, 0.2, 0.2, 0.2, 0.2, 0.2 - 1e-9])
    for d in rng.choice(V, 2000, p=good).tolist():
        parts = cache.parts(rng.standard_normal(H).astype(np.float32), good, spoilt)
        nats -= np.log((cache.believed @ parts)[d] / good[d])
        cache.see(np.zeros(H, np.float32), d, parts[:, d])
    assert nats < 0.05 * 2000
    assert cache.believed[1] < 0.02


def test_another_one_goes_on_where_it_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD", 5)
    for n in (0, 3, 5, 12):
        cache, states, words = fed(n)
        again = Cache(V, H, cache.kept)
        assert cache.kept.words.tolist() == words[-5:]
        np.testing.assert_array_equal(cache.kept.states, np.array(states[-5:]).reshape(-1, H))
        s = np.ones(H, np.float32)
        for other in (cache, again):
            other.see(s, 2, other.parts(s, EVEN, EVEN)[:, 2])
        np.testing.assert_allclose(again.parts(s, EVEN, EVEN), cache.parts(s, EVEN, EVEN))
        np.testing.assert_array_equal(again.believed, cache.believed)
