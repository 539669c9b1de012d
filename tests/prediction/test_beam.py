"""Several words ahead, against all ways that there are."""

from itertools import product

import numpy as np
import pytest
from predictors import PREDICTORS, Bigram, V

from rnncli.prediction.beam import MIN_BEAM, Way, ahead
from rnncli.prediction.best import likeliest
from rnncli.prediction.context import read
from rnncli.predictor import Predictor, State
from rnncli.text.vocabulary import EOS, UNK

every_predictor = pytest.mark.parametrize("predictor", [make() for make in PREDICTORS.values()], ids=[*PREDICTORS])


def ways(predictor: Predictor, k: int, words: int, eos: bool = False) -> list[Way]:
    state = predictor.start()
    hidden = np.array([UNK] if eos else [EOS, UNK])
    best = likeliest(predictor, state, max(k, MIN_BEAM), 2, hidden)
    return ahead(predictor, state, (best.ids[0], best.y[0]), k, words, 2, hidden)


def all_ways(predictor: Predictor, words: int, eos: bool) -> dict[tuple[int, ...], float]:
    """Returns the joint probability of every way to go on for some words, or up to the end of the sentence."""
    joint: dict[tuple[int, ...], float] = {}

    def extend(ids: tuple[int, ...], y: float, state: State) -> None:
        if len(ids) == words or ids[-1:] == (EOS,):
            joint[ids] = y
            return
        after = predictor.next(state)[0]
        for i in range(predictor.vocabulary_size):
            if i != UNK and (eos or i != EOS):
                extend((*ids, i), y * after[i], read(predictor, state, [i]))

    extend((), 1.0, predictor.start())
    return joint


@every_predictor
@pytest.mark.parametrize("eos", [False, True])
def test_two_words_ahead_the_ways_are_the_likeliest_of_all(predictor: Predictor, eos: bool) -> None:
    joint = all_ways(predictor, 2, eos)
    best = sorted(joint.items(), key=lambda pair: (-pair[1], pair[0]))[:9]
    got = ways(predictor, 9, 2, eos)
    np.testing.assert_allclose([way.probability for way in got], [y for _, y in best], rtol=1e-9)
    for way in got:
        assert way.probability == pytest.approx(joint[way.ids], rel=1e-9)


@every_predictor
@pytest.mark.parametrize("eos", [False, True])
def test_three_words_ahead_each_way_has_its_joint_probability(predictor: Predictor, eos: bool) -> None:
    joint, got = all_ways(predictor, 3, eos), ways(predictor, 20, 3, eos)
    for way in got:
        assert way.probability == pytest.approx(joint[way.ids], rel=1e-9)
    falling = [way.probability for way in got]
    assert len({way.ids for way in got}) == len(got) == 20
    assert falling == sorted(falling, reverse=True)


def test_three_words_ahead_a_way_that_begins_unlikely_may_be_missed() -> None:
    """After 0 every word is as likely, after most words every word is; 20 goes on with 19, and 19 with 18, surely, but
    so many pairs are likelier than (20, 19) that it is not kept."""
    words = 21
    y = np.full((words, words), 1 / (words - 2))
    y[:, :2] = 0
    y[0, 20], y[0, 2:20] = 0.004, (1 - 0.004) / 18
    for before, after in ((20, 19), (19, 18)):
        y[before], y[before, after] = 0, 1
    y[2:18, 2:6], y[2:18, 6:] = 0.24, 0.04 / 15  # 64 pairs of probability 0.013
    bigram = Bigram(y / y.sum(1, keepdims=True))
    best, y3 = max(all_ways(bigram, 3, False).items(), key=lambda pair: pair[1])
    assert (best, y3) == ((20, 19, 18), 0.004)
    assert ways(bigram, 1, 3)[0].probability < y3
    assert ways(bigram, 400, 3)[0].ids == best  # a wider beam finds it


def test_way_that_reaches_the_end_of_the_sentence_goes_no_further() -> None:
    bigram = Bigram([[0.5, 0, 0.5, 0], [0.25] * 4, [0.25, 0, 0, 0.75], [0.5, 0, 0.5, 0]])
    assert ways(bigram, 4, 3, True) == [
        ((EOS,), 0.5),
        ((2, 3, EOS), 0.1875),
        ((2, 3, 2), 0.1875),
        ((2, EOS), 0.125),
    ]


def test_words_of_one_network_and_k_above_the_beam() -> None:
    bigram = Bigram(np.full((V, V), 1 / V))
    assert len(ways(bigram, 100, 2)) == 100
    assert [way.ids for way in ways(bigram, 3, 2)] == [(2, 2), (2, 3), (2, 4)]
    assert list(product([2], range(2, V))) == [way.ids for way in ways(bigram, V - 2, 2)]
