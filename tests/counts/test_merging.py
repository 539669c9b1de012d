"""The n-grams of two texts together are those of one text after the other."""

import tempfile
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.counts.counting import count, counts_of_counts
from rnncli.counts.merging import MERGING_BYTES, merged, of_words
from rnncli.counts.ngrams import NONE, Ngrams
from rnncli.counts.predictor import Counts
from rnncli.counts.smoothing import discounts
from rnncli.predictor import rows

V, ORDER, EOS = 6, 4, 0
ALL = 1 << 30
SENTENCES = st.lists(st.lists(st.integers(1, V - 1), max_size=7), min_size=1, max_size=12)
Sentences = list[list[int]]


class Ids:
    """A stream in memory."""

    def __init__(self, ids: list[int] | np.ndarray) -> None:
        self._ids = np.array(ids, np.int32)

    def __len__(self) -> int:
        return len(self._ids)

    def blocks(self, start: int, stop: int) -> list[np.ndarray]:
        return [self._ids[start:stop]]


def counted(sentences: Sentences, most: int = ALL, words: int = V) -> Ngrams:
    ids = [EOS, *(i for sentence in sentences for i in (*sentence, EOS))]
    return count(Ids(ids), words, ORDER, tempfile.TemporaryFile, most=most)


def assert_same(one: Ngrams, other: Ngrams) -> None:
    np.testing.assert_array_equal(one.counts, other.counts)
    np.testing.assert_array_equal(one.discounts, other.discounts)
    for level, same in zip(one.levels, other.levels, strict=True):
        for part in ("words", "counts", "followers", "lost"):
            np.testing.assert_array_equal(getattr(level, part), getattr(same, part))
            assert getattr(level, part).dtype == getattr(same, part).dtype


@given(first=SENTENCES, second=SENTENCES, most=st.integers(0, 60))
def test_two_texts_together_are_one_after_the_other(first: Sentences, second: Sentences, most: int) -> None:
    one, other = counted(first), counted(second)
    assert_same(merged(one, other, ALL), counted(first + second))
    assert_same(merged(one, other, most), counted(first + second, most))


@given(first=SENTENCES, second=SENTENCES)
def test_words_of_the_second_text_alone_may_be_new(first: Sentences, second: Sentences) -> None:
    second = [[word + (word == V - 1) for word in sentence] for sentence in second]
    together = counted(first + second, words=V + 1)
    assert_same(merged(counted(first), counted(second, words=V + 1), ALL), together)
    assert_same(of_words(counted(first), V + 1), counted(first, words=V + 1))


def test_counts_of_a_worked_example() -> None:
    """a b, a b; then c b, a b. Before b stand a in both texts and c in the second: of two words, and not of three."""
    a, b, c = 1, 2, 3
    both = merged(counted([[a, b], [a, b]]), counted([[c, b], [a, b]]), ALL)
    assert both.counts[b] == 2
    pairs = list(zip(np.repeat(np.arange(V), both.levels[0].followers), both.levels[0].words, strict=True))
    assert dict(zip(pairs, both.levels[0].counts, strict=True)) == {
        (EOS, a): 3,  # which begins a sentence so often
        (EOS, c): 1,
        (a, b): 1,  # after the beginning of a sentence alone
        (b, EOS): 2,  # after a, and after c
        (c, b): 1,
    }


@given(texts=st.lists(SENTENCES, min_size=3, max_size=3), most=st.lists(st.integers(0, 60), min_size=5, max_size=5))
def test_ngrams_left_out_stay_lost_and_the_rest_is_a_tree_that_predicts(
    texts: list[Sentences], most: list[int]
) -> None:
    one, two, three = (counted(text, n) for text, n in zip(texts, most, strict=False))
    both = merged(merged(one, two, most[3]), three, most[4])
    assert len(both) <= most[4]
    numbers = np.arange(V)  # of the last n - 1 words of each n-gram: those are n-grams, too
    for n, level in enumerate(both.levels):
        parents = np.repeat(np.arange(len(level.followers)), level.followers)
        numbers = level.words if n == 0 else both.levels[n - 1].find(numbers[parents], level.words)
        assert NONE not in numbers
    predictor = Counts(both)
    states = predictor.read(predictor.start(), np.array([[1], [2], [0], [3]]))
    for n in range(5):
        assert predictor.next(rows(states, n)).sum() == pytest.approx(1, abs=1e-12)


def zipf(seed: int, n: int = 60_000, words: int = 400) -> np.ndarray:
    ids = np.minimum(np.random.default_rng(seed).zipf(1.4, n), words - 1)
    ids[::9] = ids[-1] = EOS
    return ids


def test_where_once_seen_ngrams_were_left_out_little_is_lost() -> None:
    """Of both texts a third is left out; discounts and probabilities are near those of one text after the other."""
    first, second, text = zipf(1), zipf(2), zipf(3)[:3000]
    whole = count(Ids(np.concatenate((first, second[1:]))), 400, ORDER, tempfile.TemporaryFile, most=ALL)
    parts = [count(Ids(ids), 400, ORDER, tempfile.TemporaryFile, most=ALL) for ids in (first, second)]
    most = [2 * len(part) // 3 for part in parts]
    rare = [
        count(Ids(ids), 400, ORDER, tempfile.TemporaryFile, most=n)
        for ids, n in zip((first, second), most, strict=True)
    ]
    both = merged(*rare, sum(most))
    np.testing.assert_allclose(both.discounts, whole.discounts, atol=0.1)
    alone = [discounts(counts_of_counts(level.counts)) for level in both.levels]
    assert np.abs(np.array(alone) - whole.discounts[1:]).max() > 0.3  # as if nothing had been left out

    def surprisal(ngrams: Ngrams) -> float:
        predictor = Counts(ngrams)
        states = predictor.read(predictor.start(), text[:-1, None])
        return float(predictor.surprisal((states[0][1:, 0],), text[1:]).mean())

    assert surprisal(both) < surprisal(whole) + 0.02
    assert surprisal(both) < min(map(surprisal, parts))


@pytest.mark.parametrize(("order", "kind"), [(2, "random"), (5, "random"), (5, "by Zipf's law")])
def test_merging_takes_no_more_memory_than_is_foretold(order: int, kind: str) -> None:
    rng, words = np.random.default_rng(1), 3000
    texts = [zipf(n, 100_000, words) if "Zipf" in kind else rng.integers(1, words, 100_000) for n in (1, 2)]
    for ids in texts:
        ids[::50] = ids[-1] = EOS
    parts = [count(Ids(ids), words, order, tempfile.TemporaryFile, most=ALL) for ids in texts]
    tracemalloc.start()
    try:
        merged(*parts, 100_000)
        takes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert takes <= MERGING_BYTES * sum(map(len, parts)) <= 2.5 * takes, takes / sum(map(len, parts))
