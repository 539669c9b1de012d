"""Perplexity and accuracy against sums written out."""

from math import exp, log

import numpy as np
import pytest

from rnncli.evaluation import measures as evaluation
from rnncli.evaluation.measures import Evaluation, Surprisals, evaluate, surprisals
from rnncli.network.parameters import Params, Weights, initial
from rnncli.network.recurrent import forward
from rnncli.network.softmax import probabilities
from rnncli.text.alphabet import Alphabet
from rnncli.text.vocabulary import EOS, UNK

V, H = 9, 5


def network() -> Weights:
    params = initial(V, H, np.random.default_rng(0), np.float64)
    return Params(*(4 * w for w in params))


def ids(n: int = 50) -> np.ndarray:
    stream = np.random.default_rng(1).integers(0, V, n).astype(np.int32)
    stream[0] = EOS
    return stream


def test_surprisals_are_logs_of_the_probabilities_along_the_text() -> None:
    params, stream = network(), ids()
    y = probabilities(params.Wy, params.by, forward(params, stream[:-1, None], np.zeros((1, H)))[1:, 0])
    (part,) = surprisals(params, [stream])
    np.testing.assert_allclose(part.nats, -np.log(y[np.arange(len(y)), stream[1:]]), rtol=1e-10)
    for place, word, row in zip(part.rank, stream[1:], y, strict=True):
        offered = [i for i in np.argsort(-row, kind="stable") if i not in (EOS, UNK)]
        assert place == (offered.index(word) + 1 if word in offered else 0)


def test_the_way_a_stream_is_cut_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    params, stream = network(), ids(200)
    whole = evaluate(params, [stream])
    monkeypatch.setattr(evaluation, "CHUNK", 7)
    cut = evaluate(params, np.array_split(stream, 9))
    assert cut.nats == pytest.approx(whole.nats, rel=1e-12)
    assert (cut.words, cut.sentences, cut.hits) == (whole.words, whole.sentences, whole.hits)
    assert whole.words + whole.sentences == 199


def test_zero_weights_give_perplexity_v() -> None:
    params = Params(*(np.zeros_like(w) for w in network()))
    assert evaluate(params, [ids()]).perplexity == pytest.approx(V)


def test_measures_of_a_worked_example() -> None:
    """Words a b <unk> <eos> at probabilities 1/2 1/8 1/4 1/4, the second one 4th in rank."""
    made = Evaluation()
    rank, confidence, likeliest = np.array([1, 4, 0, 0]), np.array([0.5, 0.35, 0.25, 0.3]), np.array([1, 0, 1, 0]) > 0
    letters, typed = np.array([3, 5, 0, 0]), np.array([0, 2, 0, 0])
    nats = np.log([2.0, 8.0, 4.0, 4.0])
    made.add(Surprisals(np.array([2, 3, UNK, EOS]), nats, rank, confidence, likeliest, letters, typed))
    assert (made.words, made.sentences, made.unknown_words) == (3, 1, 1)
    assert made.bits_per_word == pytest.approx((1 + 3 + 2 + 2) / 4)
    assert made.perplexity == pytest.approx(2**made.bits_per_word)
    assert made.perplexity_known == pytest.approx(2 ** ((1 + 3 + 2) / 3))
    assert [made.accuracy_at(k) for k in (1, 3, 5)] == [1 / 3, 1 / 3, 2 / 3]
    assert made.mean_reciprocal_rank == pytest.approx((1 + 1 / 4) / 3)
    assert made.as_json()["perplexity"] == pytest.approx(exp(log(2) * 2))
    # keys: 3 + 1 and 5 + 1 and, unknown, 4 + 1; saved are the 3 letters of the first word and 3 of the second's
    assert made.keystroke_savings == pytest.approx(6 / (4 + 6 + 5))
    # bins: 0.5 hit; 0.35 and 0.3 missed; 0.25 hit
    assert made.calibration_error == pytest.approx((0.5 + 0.65 + 0.75) / 4)
    assert [(b["up_to"], b["words"], b["accuracy"]) for b in made.reliability()] == [
        (0.3, 1, 1),
        (0.4, 2, 0),
        (0.6, 1, 1),
    ]


def test_letters_typed_equal_those_of_a_person_who_looks_at_three_suggestions() -> None:
    names = ["<eos>", "<unk>", "a", "ab", "abc", "abd", "b", "ba", "c"]
    alphabet = Alphabet(names, 2)
    params, stream = network(), ids()
    y = probabilities(params.Wy, params.by, forward(params, stream[:-1, None], np.zeros((1, H)))[1:, 0])
    (part,) = surprisals(params, [stream], alphabet=alphabet)
    for i, letters, typed, row in zip(stream[1:], part.letters, part.typed, y, strict=True):
        if i in (EOS, UNK):
            assert letters == typed == 0
            continue
        for count in range(len(names[i]) + 1):
            fitting = [w for w in range(2, V) if names[w].startswith(names[i][:count])]
            if i in sorted(fitting, key=lambda w: -row[w])[:3]:
                break
        assert (letters, typed) == (len(names[i]), count)


def test_an_impossible_text_has_infinite_perplexity_and_no_error() -> None:
    made = Evaluation(words=1, nats=1e6)
    assert made.perplexity == float("inf")
