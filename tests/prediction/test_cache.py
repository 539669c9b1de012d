"""Two caches beside the network."""

import numpy as np
import pytest

from rnncli.prediction import cache as module
from rnncli.prediction.cache import BELIEVED, Cache

V, H = 6, 3


def fed(n: int, seed: int = 0) -> tuple[Cache, list[np.ndarray], list[int]]:
    """A cache that has seen n words, the states they came after, and the words."""
    rng, cache = np.random.default_rng(seed), Cache(V, H)
    states, words = list(rng.standard_normal((n, H)).astype(np.float32)), rng.integers(0, V, n).tolist()
    for s, d in zip(states, words, strict=True):
        cache.see(s, d, cache.parts(s, np.full(V, 1 / V)))
    return cache, states, words


def test_a_cache_that_is_empty_says_what_the_network_says() -> None:
    y = np.array([[0.5, 0.1, 0.1, 0.1, 0.1, 0.1]])
    np.testing.assert_allclose(Cache(V, H).mixed(np.ones((1, H)), y), y)


def test_its_parts_are_what_their_formulas_say() -> None:
    cache, states, words = fed(7)
    s, y = np.array([0.5, -1, 0.2], np.float32), np.full(V, 1 / V)
    weights = np.exp([2.0 * float(s @ state) for state in states])
    after, latest = np.zeros(V), np.zeros(V)
    for age, (weight, d) in enumerate(zip(weights[::-1], words[::-1], strict=True)):
        after[d] += weight / weights.sum()
        latest[d] += 0.5 ** (age / 200)
    np.testing.assert_allclose(cache.parts(s, y), [y, after, latest / latest.sum()], rtol=1e-5)
    mixture = cache.mixed(s[None], y[None])[0]
    np.testing.assert_allclose(mixture, cache.kept.believed @ cache.parts(s, y))
    assert mixture.sum() == pytest.approx(1)


def test_who_is_right_is_believed_more() -> None:
    cache, s = Cache(V, H), np.ones(H, np.float32)
    for _ in range(300):
        cache.see(s, 3, cache.parts(s, np.full(V, 1 / V)))
    assert cache.kept.believed[0] < 0.5 * BELIEVED[0]
    assert cache.mixed(s[None], np.full((1, V), 1 / V))[0, 3] > 0.7
    assert cache.kept.believed.sum() == pytest.approx(1)
    assert cache.kept.believed.min() > 0


def test_another_one_goes_on_where_it_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD", 5)
    for n in (0, 3, 5, 12):
        cache, states, words = fed(n)
        again = Cache(V, H, cache.kept)
        assert cache.kept.words.tolist() == words[-5:]
        np.testing.assert_array_equal(cache.kept.states, np.array(states[-5:]).reshape(-1, H))
        s, y = np.ones(H, np.float32), np.full(V, 1 / V)
        for other in (cache, again):
            other.see(s, 2, other.parts(s, y))
        np.testing.assert_allclose(again.parts(s, y), cache.parts(s, y))
