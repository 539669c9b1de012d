"""The sampled softmax: what is unbiased is, and with all words drawn it is the exact one."""

import numpy as np
import pytest

from rnncli.network.parameters import Params, Rows, Weights, initial
from rnncli.network.shards import Chunk, gradient
from rnncli.network.softmax import Sample, sample

V, H, T, B, HEAD = 60, 5, 4, 3, 12


def network() -> Weights:
    rng = np.random.default_rng(0)
    return Params(*(w + 0.5 * rng.standard_normal(w.shape) for w in initial(V, H, rng, np.float64)))


def words() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return rng.integers(0, V, (T, B)), rng.integers(0, V, (T, B))


def drawn(m: int, seed: int) -> Sample:
    made = sample(V, words()[1], np.random.default_rng(seed), HEAD, m)
    assert made is not None
    return made


def step(part: Sample | None) -> Chunk:
    return gradient(network(), *words(), np.zeros((B, H)), sample=part, shards=2)


def dense(g: "np.ndarray | Rows", like: np.ndarray) -> np.ndarray:
    if not isinstance(g, Rows):
        return g
    full = np.zeros_like(like)
    full[g.rows] = g.values
    return full


def test_a_sample_has_the_head_the_text_s_words_and_as_many_others_as_asked() -> None:
    made, (_, d) = drawn(10, 0), words()
    own = set(d[d >= HEAD].tolist())
    assert len(set(made.words.tolist())) == len(made.words) == HEAD + len(own) + 10
    assert set(range(HEAD)) | own <= set(made.words.tolist())
    assert made.words.tolist() == sorted(made.words.tolist())
    raised = dict(zip(made.words.tolist(), made.raised, strict=True))
    assert all(raised[w] == 0 for w in [*range(HEAD), *own])
    others = [w for w in made.words.tolist() if w >= HEAD and w not in own]
    assert all(np.exp(raised[w]) == pytest.approx((V - HEAD - len(own)) / 10) for w in others)


def test_each_other_word_is_drawn_equally_often() -> None:
    _, d = words()
    others = np.setdiff1d(np.arange(HEAD, V), d)
    counts = np.zeros(V)
    for seed in range(4000):
        counts[drawn(10, seed).words] += 1
    p = 10 / len(others)
    np.testing.assert_allclose(counts[others] / 4000, p, atol=5 * np.sqrt(p * (1 - p) / 4000))


def test_with_all_others_drawn_it_is_the_exact_softmax() -> None:
    _, d = words()
    whole, part = step(None), step(drawn(V - HEAD - len(np.unique(d[d >= HEAD])), 3))
    assert part.loss == pytest.approx(whole.loss, rel=1e-14)
    for exact, sampled, w in zip(whole.gradients, part.gradients, network(), strict=True):
        np.testing.assert_allclose(dense(sampled, w), dense(exact, w), rtol=1e-12, atol=1e-15)


def test_fewer_others_than_asked_for_are_no_sample() -> None:
    assert sample(V, words()[1], np.random.default_rng(0), HEAD, V) is None


def test_the_estimate_of_z_is_unbiased() -> None:
    """The mean over draws lies within its standard error of the true Z."""
    params = network()
    s = np.random.default_rng(5).standard_normal((4, H))
    e = np.exp(s @ params.Wy.T + params.by)
    estimates = []
    for seed in range(3000):
        part = drawn(10, seed)
        estimates.append((e[:, part.words] * np.exp(part.raised)).sum(1))
    off = np.abs(np.mean(estimates, 0) - e.sum(1))
    assert (off < 4 * np.std(estimates, 0) / np.sqrt(len(estimates))).all()


def test_the_gradient_s_mean_over_draws_comes_nearer_the_exact_one_as_more_are_drawn() -> None:
    params = network()
    exact = step(None).gradients
    off = []
    for m in (5, 15, 25):
        means = [np.zeros_like(w) for w in params]
        for seed in range(300):
            for mean, g, w in zip(means, step(drawn(m, seed)).gradients, params, strict=True):
                mean += dense(g, w) / 300
        off.append(max(np.abs(m - dense(g, w)).max() for m, g, w in zip(means, exact, params, strict=True)))
    largest = max(np.abs(dense(g, w)).max() for g, w in zip(exact, params, strict=True))
    assert off[0] > off[1] > off[2]
    assert off[2] < 0.05 * largest


@pytest.mark.parametrize("name", Params._fields)
def test_with_a_sample_held_fixed_the_gradient_is_that_of_its_loss(name: str) -> None:
    params, (x, d), part = network(), words(), drawn(10, 0)
    w, h = getattr(params, name), 1e-5

    def loss() -> float:
        return gradient(params, x, d, np.zeros((B, H)), sample=part).loss

    analytic = dense(getattr(gradient(params, x, d, np.zeros((B, H)), sample=part).gradients, name), w)
    for i in np.ndindex(w.shape):
        kept = w[i]
        w[i] = kept + h
        above = loss()
        w[i] = kept - h
        assert analytic[i] == pytest.approx((above - loss()) / (2 * h), rel=1e-5, abs=1e-9)
        w[i] = kept
