"""Checks the sampled softmax: Z is unbiased, gradients are those of the loss, and a sample of all words is exact."""

import numpy as np
import pytest
from derivatives import central_differences, dense

from rnncli.network.cells import Elman, initial
from rnncli.network.parameters import Weights
from rnncli.network.sampled import Sample, Sampler
from rnncli.network.step import Chunk, gradient

V, H, T, B = 60, 5, 4, 3
CELL = Elman()


def network() -> Weights:
    rng = np.random.default_rng(0)
    drawn = initial(CELL, V, H, rng, np.float64)
    return {name: w + 0.5 * rng.standard_normal(w.shape) for name, w in drawn.items()}


def words() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return rng.integers(0, V, (T, B)), rng.integers(0, V, (T, B))


def sampler(size: int) -> Sampler:
    return Sampler([1000 // (i + 1) for i in range(V)], size)


def drawn(size: int, seed: int) -> Sample:
    made = sampler(size).draw(words()[1], np.random.default_rng(seed))
    assert made is not None
    return made


def step(part: Sample | None) -> Chunk:
    return gradient(network(), *words(), (np.zeros((B, H)),), cell=CELL, sample=part, shards=2)


def test_words_of_the_text_stand_for_themselves_and_drawn_words_for_more() -> None:
    made, (_, d) = drawn(20, 0), words()
    own = set(d.ravel().tolist())
    assert own <= set(made.words.tolist())
    assert made.words.tolist() == sorted(set(made.words.tolist()))
    raised = dict(zip(made.words.tolist(), made.raised.tolist(), strict=True))
    assert all(raised[w] == 0 for w in own)
    assert all(raised[w] >= 0 for w in raised)
    assert raised[0] == 0  # so frequent that it is always drawn
    assert max(raised.values()) > 0  # some word stands for more than itself
    assert 20 - 1 <= len(raised) <= 20 + len(own)


@pytest.mark.parametrize("size", [1, 5, 20, V - 1])
def test_word_is_drawn_in_proportion_to_its_share(size: int) -> None:
    """A word that stands for n words comes once in n draws: the shares sum to the size of the sample."""
    made, times = sampler(size), 4000
    own = np.zeros(0, np.int64)
    counts, shares = np.zeros(V), np.ones(V)
    for seed in range(times):
        part = made.draw(own, np.random.default_rng(seed))
        assert part
        counts[part.words] += 1
        shares[part.words] = np.exp(-part.raised)
        assert size - 1 <= len(part.words) <= size + 1
    np.testing.assert_allclose(counts / times, shares, atol=5 * np.sqrt(0.25 / times))
    assert shares.sum() == pytest.approx(size, abs=0.5)


def test_sample_of_all_words_gives_the_exact_softmax() -> None:
    everything = Sample(np.arange(V), np.zeros(V))
    whole, part = step(None), step(everything)
    assert part.loss == pytest.approx(whole.loss, rel=1e-14)
    assert [*whole.gradients] == [*part.gradients]
    for name, w in network().items():
        sampled, exact = part.gradients[name], whole.gradients[name]
        np.testing.assert_allclose(dense(sampled, w), dense(exact, w), rtol=1e-12, atol=1e-15)
    for size in (V, V + 1):
        assert sampler(size).draw(words()[1], np.random.default_rng(0)) is None


def test_estimate_of_z_is_unbiased() -> None:
    """The mean over draws lies within its standard error of the true Z."""
    params = network()
    s = np.random.default_rng(5).standard_normal((4, H))
    e = np.exp(s @ params["Wy"].T + params["by"])
    estimates = []
    for seed in range(3000):
        part = drawn(10, seed)
        estimates.append((e[:, part.words] * np.exp(part.raised)).sum(1))
    off = np.abs(np.mean(estimates, 0) - e.sum(1))
    assert (off < 4 * np.std(estimates, 0) / np.sqrt(len(estimates))).all()


def test_mean_gradient_over_draws_nears_the_exact_one_as_more_words_are_drawn() -> None:
    params = network()
    exact = step(None).gradients
    off = []
    for m in (10, 25, 45):
        means = {name: np.zeros_like(w) for name, w in params.items()}
        for seed in range(300):
            for name, g in step(drawn(m, seed)).gradients.items():
                means[name] += dense(g, params[name]) / 300
        off.append(max(np.abs(mean - dense(exact[name], mean)).max() for name, mean in means.items()))
    largest = max(np.abs(dense(exact[name], w)).max() for name, w in params.items())
    assert off[0] > off[1] > off[2]
    assert off[2] < 0.05 * largest


@pytest.mark.parametrize("name", [*CELL.axes])
def test_gradient_of_a_fixed_sample_equals_central_difference(name: str) -> None:
    params, (x, d), part = network(), words(), drawn(10, 0)
    w = params[name]

    def loss() -> float:
        return gradient(params, x, d, (np.zeros((B, H)),), cell=CELL, sample=part).loss

    analytic = dense(gradient(params, x, d, (np.zeros((B, H)),), cell=CELL, sample=part).gradients[name], w)
    np.testing.assert_allclose(analytic, central_differences(loss, w), rtol=1e-5, atol=1e-9)
