"""Perplexity and accuracy against sums written out."""

from math import exp, log

import numpy as np
import pytest
from predictors import PREDICTORS, Bigram, Unigram, V, network, ngrams, table

from rnncli.errors import UsageError
from rnncli.evaluation import surprisal
from rnncli.evaluation.measures import Evaluation, evaluate
from rnncli.evaluation.surprisal import Surprisals, compare, surprisals
from rnncli.predictor import Floats, Predictor, rows
from rnncli.text.alphabet import Alphabet
from rnncli.text.vocabulary import EOS, UNK

every_predictor = pytest.mark.parametrize("predictor", [make() for make in PREDICTORS.values()], ids=[*PREDICTORS])


def ids(n: int = 50) -> np.ndarray:
    stream = np.random.default_rng(1).integers(0, V, n).astype(np.int32)
    stream[0] = EOS
    return stream


def distributions(predictor: Predictor, stream: np.ndarray) -> Floats:
    """Returns the distributions (n, V) after each word of a stream, without the last one."""
    return predictor.next(rows(predictor.read(predictor.start(), stream[:-1, None]), (slice(1, None), 0)))


@every_predictor
def test_surprisals_are_logs_of_the_probabilities_along_the_text(predictor: Predictor) -> None:
    stream = ids()
    y = distributions(predictor, stream)
    (part,) = surprisals(predictor, [stream], 2)
    assert np.isfinite(part.nats).all()
    own = y[np.arange(len(y)), stream[1:]]
    np.testing.assert_allclose(part.nats[own > 1e-290], -np.log(own[own > 1e-290]), rtol=1e-9, atol=1e-12)
    assert (part.nats[own <= 1e-290] > 600).all()
    np.testing.assert_allclose(part.confidence, y.max(1), rtol=1e-9)
    for place, word, row in zip(part.rank, stream[1:], y, strict=True):
        assert place == (0 if word in (EOS, UNK) else 1 + np.count_nonzero(row[2:] > row[word]))


@every_predictor
def test_compare_gives_the_surprisals_of_the_distributions(predictor: Predictor) -> None:
    stream = ids()
    y = np.maximum(distributions(predictor, stream), 1e-280)
    (along,), given = surprisals(predictor, [stream], 2), compare(y, stream[1:], 2)
    likely = y[np.arange(len(y)), stream[1:]] > 1e-270
    np.testing.assert_allclose(given.nats[likely], along.nats[likely], rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(given.rank[likely], along.rank[likely])
    np.testing.assert_array_equal(given.is_likeliest, along.is_likeliest)


def test_evaluation_of_a_bigram_worked_by_hand() -> None:
    """Read: <eos> a b <unk> <eos>, each at the probability that the table has in its row."""
    bigram = Bigram([[0.1, 0.1, 0.5, 0.3], [0.25, 0.25, 0.25, 0.25], [0.125, 0.5, 0.25, 0.125], [0.5, 0.25, 0.2, 0.05]])
    made = evaluate(bigram, [np.array([EOS, 2, 3, UNK, EOS], np.int32)], 2)
    assert made.nats == pytest.approx(-log(0.5 * 0.125 * 0.25 * 0.25))
    assert made.nats_unknown == pytest.approx(log(4))
    assert (made.words, made.sentences, made.unknown_words) == (3, 1, 1)
    assert made.hits == {1: 1, 3: 2, 5: 2}  # b is second after a: <unk> and <eos> are not offered
    assert made.reciprocal_ranks == 1.5


@every_predictor
def test_cutting_the_stream_changes_nothing(predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = ids(200)
    whole = evaluate(predictor, [stream], 2)
    monkeypatch.setattr(surprisal, "EVALUATED_WORDS", 7)
    cut = evaluate(predictor, np.array_split(stream, 9), 2)
    assert cut.nats == pytest.approx(whole.nats, rel=1e-9)
    assert (cut.words, cut.sentences, cut.hits) == (whole.words, whole.sentences, whole.hits)
    assert whole.words + whole.sentences == 199


@pytest.mark.parametrize("scale", [1.0, 3000.0])
def test_parts_of_a_mixture_are_measured_as_if_each_were_evaluated_alone(scale: float) -> None:
    alone, counted, stream = network(leaky=0.5, scale=scale), ngrams(), ids(200)
    mixed = evaluate(counted.beside(alone), [stream], 2)
    assert mixed.perplexities_apart == {
        "perplexity_network": pytest.approx(evaluate(alone, [stream], 2).perplexity, rel=1e-6),
        "perplexity_ngrams": pytest.approx(evaluate(counted.counts, [stream], 2).perplexity, rel=1e-6),
    }
    names = [*mixed.as_json()]
    assert names[1:5] == ["perplexity_closed", "perplexity_known", *mixed.perplexities_apart]
    assert not evaluate(alone, [stream], 2).perplexities_apart


def test_word_of_probability_zero_has_a_finite_surprisal() -> None:
    """A mixture's probability may underflow; NumPy would warn of a division by zero."""
    never = Unigram(0.5, 0.25, 0.25, 0.0)
    (part,) = surprisals(never, [np.array([EOS, 3, 2], np.int32)], 2)
    given = compare(never.next((np.array([0, 3]),)), np.array([3, 2]), 2)
    for nats in (part.nats, given.nats, never.surprisal(never.start(2), np.array([3, 2]))):
        assert 700 < nats[0] < 800
        assert nats[1] == pytest.approx(log(4))


def test_uniform_predictor_has_perplexity_v() -> None:
    assert evaluate(Unigram(*[1 / V] * V), [ids()], 2).perplexity == pytest.approx(V)


def test_accuracy_at_a_place_that_is_not_counted_is_refused() -> None:
    with pytest.raises(UsageError, match="accuracy at 2 is not counted; at 1, 3, 5 it is"):
        Evaluation(words=1).accuracy_at(2)


def test_keystrokes_are_omitted_where_no_letters_were_counted() -> None:
    stream = ids()
    assert "keystroke_savings" not in evaluate(Bigram(table()), [stream], 2).as_json()
    alphabet = Alphabet(["<eos>", "<unk>", *"abcdefghijk"], 2)
    assert {"keystroke_savings", "keystroke_savings_next"} <= evaluate(
        Bigram(table()), [stream], 2, alphabet=alphabet
    ).as_json().keys()


def test_measures_of_a_worked_example() -> None:
    """Words a b <unk> <eos> at probabilities 1/2 1/8 1/4 1/4, the second one 4th in rank."""
    made = Evaluation()
    rank, confidence, likeliest = np.array([1, 4, 0, 0]), np.array([0.5, 0.35, 0.25, 0.3]), np.array([1, 0, 1, 0]) > 0
    letters, typed = np.array([3, 5, 0, 0]), np.array([0, 2, 0, 0])
    nats = np.log([2.0, 8.0, 4.0, 4.0])
    shares = np.full(4, 0.25)
    made.add(Surprisals(np.array([2, 3, UNK, EOS]), nats, rank, confidence, likeliest, shares, letters, typed), 2)
    assert (made.words, made.sentences, made.unknown_words) == (3, 1, 1)
    assert made.bits_per_word == pytest.approx((1 + 3 + 2 + 2) / 4)
    assert made.perplexity == pytest.approx(2**made.bits_per_word)
    np.testing.assert_array_equal(made.beginning, [nats, shares])
    assert made.perplexity_known == pytest.approx(2 ** ((1 + 3 + 2) / 3))
    assert [made.accuracy_at(k) for k in (1, 3, 5)] == [1 / 3, 1 / 3, 2 / 3]
    assert made.mean_reciprocal_rank == pytest.approx((1 + 1 / 4) / 3)
    assert made.as_json()["perplexity"] == pytest.approx(exp(log(2) * 2))
    made.nats_which, made.characters = 4 * log(2), 24  # the unknown word's letters cost four bits more
    assert made.perplexity == pytest.approx(2**3)
    assert made.perplexity_closed == pytest.approx(2**2)
    assert (made.bits_per_word, made.bits_per_character) == pytest.approx((3, 0.5))
    # keys: 3 + 1 and 5 + 1 and, unknown, 4 + 1; saved are the 3 letters of the first word and 3 of the second's
    assert made.keystroke_savings == pytest.approx(6 / (4 + 6 + 5))
    # bins: 0.5 hit; 0.35 and 0.3 missed; 0.25 hit
    assert made.calibration_error == pytest.approx((0.5 + 0.65 + 0.75) / 4)
    assert [(b["up_to"], b["words"], b["accuracy"]) for b in made.reliability()] == [
        (0.3, 1, 1),
        (0.4, 2, 0),
        (0.6, 1, 1),
    ]


def test_letters_typed_equal_those_of_a_writer_who_looks_at_three_suggestions() -> None:
    names = ["<eos>", "<unk>", "a", "ab", "abc", "abd", "b", "ba", "c", "abce", "bab", "bac", "cab"]
    alphabet, predictor, stream = Alphabet(names, 2), Bigram(table()), ids()
    y = distributions(predictor, stream)
    (part,) = surprisals(predictor, [stream], 2, alphabet=alphabet)
    for i, letters, typed, row in zip(stream[1:], part.letters, part.typed, y, strict=True):
        if i in (EOS, UNK):
            assert letters == typed == 0
            continue
        for count in range(len(names[i]) + 1):
            fitting = [w for w in range(2, V) if names[w].startswith(names[i][:count])]
            if i in sorted(fitting, key=lambda w: -row[w])[:3]:
                break
        assert (letters, typed) == (len(names[i]), count)


def test_impossible_text_has_infinite_perplexity() -> None:
    made = Evaluation(words=1, nats=1e6)
    assert made.perplexity == float("inf")
