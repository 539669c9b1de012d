"""Two caches beside two networks, and the mixture of the four."""

import numpy as np
import pytest

from rnncli.personal import cache as module
from rnncli.personal.cache import INITIAL_MIXTURE, SIMILARITY_WIDTH, Cache

V, H = 6, 3
EVEN = np.full(V, 1 / V)


def fed(n: int, seed: int = 0) -> tuple[Cache, list[np.ndarray], list[int]]:
    """A cache that has seen n words, the states they came after, and the words."""
    rng, cache = np.random.default_rng(seed), Cache(V, H)
    states, words = list(rng.standard_normal((n, H)).astype(np.float32)), rng.integers(0, V, n).tolist()
    for s, d in zip(states, words, strict=True):
        cache.add(s, d, cache.parts(s, EVEN, EVEN)[:, d])
    return cache, states, words


def test_empty_cache_predicts_what_the_networks_predict() -> None:
    y, learning = np.array([[0.5, 0.1, 0.1, 0.1, 0.1, 0.1], [0.1, 0.5, 0.1, 0.1, 0.1, 0.1]])
    cache = Cache(V, H)
    np.testing.assert_allclose(cache.mixed(cache.parts(np.ones(H), y, learning)), 0.52 * y + 0.48 * learning)


def test_the_four_distributions_follow_their_formulas() -> None:
    cache, states, words = fed(7)
    s, learning = np.array([0.5, -1, 0.2], np.float32), np.arange(V) / 15
    weights = np.exp([2.0 * SIMILARITY_WIDTH / H * float(s @ state) for state in states])
    after, latest = np.zeros(V), np.zeros(V)
    for age, (weight, d) in enumerate(zip(weights[::-1], words[::-1], strict=True)):
        after[d] += weight / weights.sum()
        latest[d] += 0.5 ** (age / 200)
    parts = cache.parts(s, EVEN, learning)
    np.testing.assert_allclose(parts, [EVEN, learning, after, latest / latest.sum()], rtol=1e-5)
    assert cache.mixed(parts).sum() == pytest.approx(1)


def test_mixture_weight_of_what_predicts_well_grows() -> None:
    cache, s = Cache(V, H), np.ones(H, np.float32)
    for _ in range(300):
        cache.add(s, 3, cache.parts(s, EVEN, EVEN)[:, 3])
    mixture = cache.content.mixture
    assert mixture[:2].sum() < 0.5 * sum(INITIAL_MIXTURE[:2])
    assert cache.mixed(cache.parts(s, EVEN, EVEN))[3] > 0.7
    assert mixture.sum() == pytest.approx(1)
    assert mixture.min() > 0


def test_network_that_learning_spoils_costs_little() -> None:
    """The spoilt network has the weight of the other at first; the cost is bounded, however bad it becomes."""
    cache, rng, nats = Cache(V, H), np.random.default_rng(0), 0.0
    good, spoilt = np.array([0.9, 0.02, 0.02, 0.02, 0.02, 0.02]), np.array([1e-9, 0.2, 0.2, 0.2, 0.2, 0.2 - 1e-9])
    for d in rng.choice(V, 2000, p=good).tolist():
        parts = cache.parts(rng.standard_normal(H).astype(np.float32), good, spoilt)
        nats -= np.log(cache.mixed(parts)[d] / good[d])
        cache.add(np.zeros(H, np.float32), d, parts[:, d])
    assert nats < 0.05 * 2000
    assert cache.content.mixture[1] < 0.02


def test_cache_made_from_a_content_goes_on_as_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CACHED_WORDS", 5)
    for n in (0, 3, 5, 12):
        cache, states, words = fed(n)
        again = Cache(V, H, cache.content)
        assert cache.content.words.tolist() == words[-5:]
        np.testing.assert_array_equal(cache.content.states, np.array(states[-5:]).reshape(-1, H))
        s = np.ones(H, np.float32)
        for other in (cache, again):
            other.add(s, 2, other.parts(s, EVEN, EVEN)[:, 2])
        np.testing.assert_allclose(again.parts(s, EVEN, EVEN), cache.parts(s, EVEN, EVEN))
        np.testing.assert_array_equal(again.content.mixture, cache.content.mixture)


@pytest.mark.parametrize("networks", [2, 4, 8])
def test_cache_of_equal_networks_side_by_side_equals_that_of_one(networks: int) -> None:
    """Its weights are by the similarity of states, not by their width: an ensemble has as many neighbors as one."""
    one, states, words = fed(50)
    several = Cache(V, networks * H)
    for s, d in zip(states, words, strict=True):
        wide = np.tile(s, networks)
        several.add(wide, d, several.parts(wide, EVEN, EVEN)[:, d])
    s = np.array([0.5, -1, 0.2], np.float32)
    np.testing.assert_allclose(
        several.parts(np.tile(s, networks), EVEN, EVEN), one.parts(s, EVEN, EVEN), rtol=1e-5, atol=1e-9
    )
