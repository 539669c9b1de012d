"""The laws that every predictor keeps, and one that breaks each law and is caught."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from predictors import PREDICTORS, Bigram, V, network, ngrams, table

from rnncli.counts.mixture import class_count
from rnncli.predictor import Predictor, State, rows

texts = st.lists(st.integers(0, V - 1), max_size=12)
batches = st.integers(0, 5).flatmap(
    lambda T: st.lists(st.lists(st.integers(0, V - 1), min_size=T, max_size=T), min_size=1, max_size=4)
)
every_predictor = pytest.mark.parametrize("predictor", [make() for make in PREDICTORS.values()], ids=[*PREDICTORS])


def read(predictor: Predictor, *texts: list[int], state: State | None = None) -> State:
    """Reads texts of one length side by side; returns the states (T+1, n, ...)."""
    x = np.array(texts, np.int32).reshape(len(texts), -1).T
    return predictor.read(predictor.start(len(texts)) if state is None else state, x)


def require_equal(a: State, b: State) -> None:
    for part, other in zip(a, b, strict=True):
        assert part.shape == other.shape
        np.testing.assert_allclose(part, other, rtol=1e-9, atol=1e-12)


def require_distribution(predictor: Predictor, state: State) -> None:
    y = predictor.next(state)
    assert y.shape == (len(state[0]), predictor.vocabulary_size)
    assert y.dtype == np.float64
    assert (y >= 0).all()
    np.testing.assert_allclose(y.sum(1), 1, rtol=0, atol=1e-9)


def require_whole_reading(predictor: Predictor, text: list[int], cut: int) -> None:
    whole, first = read(predictor, text), read(predictor, text[:cut])
    second = read(predictor, text[cut:], state=rows(first, -1))
    require_equal(rows(whole, slice(cut, None)), second)
    require_equal(rows(whole, slice(cut + 1)), first)


def require_agreement(predictor: Predictor, state: State) -> None:
    """Compares the fast forms with `next`."""
    y, V = predictor.next(state), predictor.vocabulary_size
    e, Z = predictor.weights(state)
    assert (e.shape, Z.shape, Z.dtype) == (y.shape, y.shape[:1], np.float64)
    np.testing.assert_allclose(e / Z[:, None], y, rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(e.sum(1), Z, rtol=1e-9)
    for same, other in zip(predictor.weights_and_parts(state, np.zeros(len(y), np.int64))[:2], (e, Z), strict=True):
        np.testing.assert_array_equal(same, other)
    n = np.arange(len(y))
    for d in range(V):
        nats = predictor.surprisal(state, np.full(len(y), d))
        assert np.isfinite(nats).all()
        likely = y[:, d] > 1e-290
        np.testing.assert_allclose(nats[likely], -np.log(y[n, d][likely]), rtol=1e-9, atol=1e-12)
        assert (nats[~likely] > 600).all()
    for ids in (np.arange(V), np.array([V - 1, 0, 3]), np.array([2])):
        among = predictor.among(state, ids)
        np.testing.assert_allclose(among.sum(1), 1, atol=1e-9)
        kept = y[:, ids].sum(1) > 1e-50
        expected = y[kept][:, ids] / y[kept][:, ids].sum(1, keepdims=True)
        np.testing.assert_allclose(among[kept], expected, rtol=1e-9, atol=1e-200)


def require_arrays_of_its_own(predictor: Predictor, state: State) -> None:
    """Changes what is returned, as `best` and `sampling` do, and asks again."""
    for ask in (predictor.next, lambda state: predictor.weights(state)[0], lambda state: predictor.weights(state)[1]):
        first = ask(state)
        kept = first.copy()
        first[:] = -1
        np.testing.assert_array_equal(ask(state), kept)


@every_predictor
@given(text=texts)
def test_arrays_that_are_returned_are_the_callers_to_change(predictor: Predictor, text: list[int]) -> None:
    require_arrays_of_its_own(predictor, rows(read(predictor, text), (slice(None), 0)))
    require_arrays_of_its_own(predictor, rows(read(predictor, text), -1))


@every_predictor
@given(text=texts)
def test_next_sums_to_one_over_the_whole_vocabulary(predictor: Predictor, text: list[int]) -> None:
    require_distribution(predictor, rows(read(predictor, text), (slice(None), 0)))
    require_distribution(predictor, predictor.start(3))


@every_predictor
@given(text=texts, cut=st.integers(0, 12))
def test_reading_in_two_pieces_equals_reading_in_one(predictor: Predictor, text: list[int], cut: int) -> None:
    require_whole_reading(predictor, text, min(cut, len(text)))


@every_predictor
@given(batch=batches)
def test_batch_equals_one_by_one(predictor: Predictor, batch: list[list[int]]) -> None:
    together = read(predictor, *batch)
    alone = [rows(read(predictor, text), -1) for text in batch]
    require_equal(rows(together, -1), tuple(np.concatenate(parts) for parts in zip(*alone, strict=True)))
    y = predictor.next(rows(together, -1))
    np.testing.assert_allclose(y, np.concatenate([predictor.next(state) for state in alone]), rtol=1e-9, atol=1e-300)


@every_predictor
@given(seed=st.integers(0, 5))
def test_many_states_predict_as_one_by_one(predictor: Predictor, seed: int) -> None:
    """Counts spread many contexts in another way than few."""
    rng = np.random.default_rng(seed)
    states = predictor.read(predictor.start(3), rng.integers(0, V, (12, 3)).astype(np.int32))
    many = tuple(part.reshape(13 * 3, *part.shape[2:]) for part in states)
    alone = np.concatenate([predictor.next(rows(many, slice(i, i + 1))) for i in range(len(many[0]))])
    np.testing.assert_allclose(predictor.next(many), alone, rtol=1e-9, atol=1e-300)
    e, Z = predictor.weights(many)
    np.testing.assert_allclose(e / Z[:, None], alone, rtol=1e-9, atol=1e-300)


@every_predictor
@given(text=texts)
def test_weights_surprisal_and_among_agree_with_next(predictor: Predictor, text: list[int]) -> None:
    require_agreement(predictor, rows(read(predictor, text), (slice(None), 0)))


@every_predictor
def test_reading_no_word_returns_the_state_handed_in(predictor: Predictor) -> None:
    state = rows(read(predictor, [1, 2], [3, 4]), -1)
    require_equal(predictor.read(state, np.zeros((0, 2), np.int32)), rows(state, None))


@every_predictor
@given(index=st.lists(st.integers(0, 2), max_size=5))
def test_taking_rows_commutes_with_reading_and_predicting(predictor: Predictor, index: list[int]) -> None:
    state, x = rows(read(predictor, [1, 2], [3, 4], [0, 5]), -1), np.array([[6, 7, 8], [9, 10, 11]], np.int32)
    require_equal(predictor.read(rows(state, index), x[:, index]), rows(predictor.read(state, x), (slice(None), index)))
    assert predictor.next(rows(state, index)).shape == (len(index), V)
    np.testing.assert_allclose(predictor.next(rows(state, index)), predictor.next(state)[index], rtol=1e-9, atol=1e-300)


def test_surprisal_beyond_the_exponentials_is_the_difference_of_the_scores() -> None:
    far = network(scale=3000.0)
    state = rows(read(far, [1, 2, 3]), (slice(None), 0))
    scores = state[0] @ far.params["Wy"].T + far.params["by"]
    assert (far.next(state) == 0).any()
    for d in range(V):
        expected = scores.max(1) - scores[:, d] + np.log(np.exp(scores - scores.max(1, keepdims=True)).sum(1))
        np.testing.assert_allclose(far.surprisal(state, np.full(4, d)), expected, rtol=1e-9, atol=1e-9)


def test_bigram_predicts_its_table() -> None:
    bigram = Bigram(table())
    states = read(bigram, [4, 2])
    np.testing.assert_array_equal(bigram.next(rows(states, (slice(None), 0))), table()[[0, 4, 2]])
    np.testing.assert_allclose(bigram.surprisal(rows(states, -1), np.array([7])), -np.log(table()[2, 7]))


@pytest.mark.parametrize("scale", [1.0, 3000.0])
@given(text=texts)
def test_parts_of_network_and_counts_are_their_own_surprisals(text: list[int], scale: float) -> None:
    alone, counted = network(leaky=0.5, scale=scale), ngrams()
    mixed = counted.beside(alone)
    state, d = rows(read(mixed, text), (slice(1, None), 0)), np.array(text, np.int64)
    *_, parts = mixed.weights_and_parts(state, d)
    np.testing.assert_allclose(parts["network"], alone.surprisal(state[:1], d), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(parts["ngrams"], counted.counts.surprisal(state[1:], d), rtol=1e-9)


def test_counts_that_predict_alone_have_no_parts() -> None:
    counted = replace(ngrams(), network_weights=np.zeros(class_count(4)))
    mixed = counted.beside(network())
    state, d = rows(read(mixed, [1, 2, 3]), (slice(1, None), 0)), np.array([4, 5, 6])
    *weights, parts = mixed.weights_and_parts(state, d)
    assert parts == {}
    np.testing.assert_allclose(weights[0], counted.counts.next(state), rtol=1e-12)


class Forgetful(Bigram):
    """Reads each piece as if it were the first: a batch's first word is lost."""

    def read(self, state: State, x: np.ndarray) -> State:
        return (np.concatenate((np.zeros_like(state[0])[None], x)),)


class Spoilt(Bigram):
    """Returns its own table."""

    def next(self, state: State) -> np.ndarray:
        return self.table[: len(state[0])]


class Overconfident(Bigram):
    def surprisal(self, state: State, d: np.ndarray) -> np.ndarray:
        return 0.99 * super().surprisal(state, d)


def test_checks_catch_predictors_that_break_a_law() -> None:
    state = (np.arange(V),)
    with pytest.raises(AssertionError):
        require_distribution(Bigram(0.99 * table()), state)
    with pytest.raises(AssertionError):
        require_whole_reading(Forgetful(table()), [1, 2, 3], 1)
    with pytest.raises(AssertionError):
        require_agreement(Overconfident(table()), state)
    with pytest.raises(AssertionError):
        require_arrays_of_its_own(Spoilt(table()), state)
    require_distribution(Bigram(table()), state)
    require_whole_reading(Bigram(table()), [1, 2, 3], 1)
    require_agreement(Bigram(table()), state)
