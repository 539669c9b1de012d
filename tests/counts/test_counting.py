"""N-grams counted by sorting, against counting by hand, and Kneser-Ney smoothing against its formula."""

import io
import tempfile
import tracemalloc
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.counts import disk
from rnncli.counts.counting import count, least_occurrences
from rnncli.counts.ngrams import Ngrams
from rnncli.counts.predictor import Counts
from rnncli.counts.smoothing import discounts
from rnncli.predictor import rows

V, ORDER, EOS = 6, 4, 0
SENTENCES = st.lists(st.lists(st.integers(1, V - 1), max_size=7), min_size=1, max_size=12)
Gram = tuple[int, ...]


class Ids:
    """A stream in memory, read in small blocks."""

    def __init__(self, ids: Sequence[int], block: int = 3) -> None:
        self._ids, self._block = np.array(ids, np.int32), block

    def __len__(self) -> int:
        return len(self._ids)

    def blocks(self, start: int, stop: int) -> Iterator[np.ndarray]:
        for at in range(start, stop, self._block):
            yield self._ids[at : min(at + self._block, stop)]


def stream(sentences: list[list[int]]) -> list[int]:
    return [EOS, *(i for sentence in sentences for i in (*sentence, EOS))]


def counted(ids: list[int], memory: int = 1 << 20, most: int = 1 << 30) -> Ngrams:
    return count(Ids(ids), V, ORDER, tempfile.TemporaryFile, most=most, memory=memory)


def occurrences(ids: list[int]) -> list[Counter[Gram]]:
    """Counts the n-grams of n = 1, 2, ..., ORDER: EOS stands in none but as first or last word."""
    return [
        Counter(tuple(ids[at : at + n]) for at in range(len(ids) - n + 1) if EOS not in ids[at + 1 : at + n - 1])
        for n in range(1, ORDER + 1)
    ]


def adjusted(ids: list[int]) -> list[Counter[Gram]]:
    """Replaces the counts of all but the longest by how many different words stand before, except at a beginning."""
    raw = occurrences(ids)
    result = []
    for n in range(1, ORDER):
        before = defaultdict(set)
        for gram in raw[n]:
            before[gram[1:]].add(gram[0])
        kept = {gram: raw[n - 1][gram] for gram in raw[n - 1] if n > 1 and gram[0] == EOS}
        result.append(Counter({gram: len(words) for gram, words in before.items()} | kept))
    return [*result, raw[ORDER - 1]]


def probability(counts: list[Counter[Gram]], history: Gram, word: int) -> float:
    """p(w|h) = (c(hw) - D(c(hw))) / c(h) + γ(h) p(w|h'), written down as it stands."""
    n = len(history) + 1
    if n == 0:
        return 1 / V
    shorter = probability(counts, history[1:], word) if history else 1 / V
    following = {gram[-1]: c for gram, c in counts[n - 1].items() if gram[:-1] == history}
    if not following:
        return shorter
    of_counts = Counter(counts[n - 1].values())
    D = [0.0, *discounts([of_counts[c] for c in (1, 2, 3, 4)])]
    total = sum(following.values())
    left = sum(D[min(c, 3)] for c in following.values())
    c = following.get(word, 0)
    return (c - D[min(c, 3)]) / total + left / total * shorter


def history(ids: list[int]) -> Gram:
    """Returns the last words that n-grams may begin with, from the last EOS on."""
    start = max((at for at, i in enumerate(ids) if i == EOS), default=0)
    return tuple(ids[start:][-(ORDER - 1) :])


@given(sentences=SENTENCES, text=st.lists(st.integers(0, V - 1), max_size=6))
def test_probabilities_are_those_of_the_formula(sentences: list[list[int]], text: list[int]) -> None:
    ids = stream(sentences)
    predictor, counts = Counts(counted(ids)), adjusted(ids)
    states = predictor.read(predictor.start(), np.array(text, np.int32).reshape(-1, 1))
    y = predictor.next(rows(states, -1))[0]
    expected = [probability(counts, history(text), word) for word in range(V)]
    np.testing.assert_allclose(y, expected, atol=1e-12)


@given(sentences=SENTENCES, memory=st.integers(1, 3000))
def test_memory_changes_nothing(sentences: list[list[int]], memory: int) -> None:
    whole, parts = counted(stream(sentences)), counted(stream(sentences), memory)
    for a, b in zip(whole.levels, parts.levels, strict=True):
        for one, other in zip(vars_of(a), vars_of(b), strict=True):
            np.testing.assert_array_equal(one, other)
            assert one.dtype == other.dtype
    np.testing.assert_array_equal(whole.counts, parts.counts)


@pytest.mark.parametrize("n", [0, 1, 3, 4, 5, 8, 9])
def test_numbers_come_back_from_disk_in_pieces_of_the_smallest_types(monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    monkeypatch.setattr(disk, "PIECE_NUMBERS", 4)
    numbers = np.array([1, 2, 3, 70_000, 300, 6, 7, 8, 9])[:n]
    file = io.BytesIO()
    disk.write_numbers(file, numbers)
    disk.write_numbers(file, numbers + 1)
    file.seek(0)
    for expected in (numbers, numbers + 1):
        np.testing.assert_array_equal(disk.read_numbers(file), expected)
    assert not file.read()


class Measured(io.BytesIO):
    """A file that says how large it was."""

    size = 0

    def close(self) -> None:
        self.size = len(self.getvalue())
        super().close()


def written(ids: Ids, V: int, order: int, memory: int = disk.DEFAULT_MEMORY) -> int:
    """Returns the bytes that counting writes."""
    file = Measured()
    count(ids, V, order, lambda: file, most=1000, memory=memory)
    return file.size


@given(sentences=SENTENCES, order=st.integers(2, 6), memory=st.integers(1, 30_000))
def test_counting_writes_no_more_to_disk_than_is_foretold(sentences: list[list[int]], order: int, memory: int) -> None:
    ids = stream(sentences)
    assert written(Ids(ids), V, order, memory) <= disk.disk_bytes(len(ids), V, order, memory)


@pytest.mark.parametrize("kind", ["random", "by Zipf's law", "one word"])
def test_disk_foretold_is_not_much_more_than_large_texts_take(kind: str) -> None:
    N, V, rng = 150_000, 3_000, np.random.default_rng(1)
    words = {"random": rng.integers(1, V, N), "by Zipf's law": np.minimum(rng.zipf(1.3, N), V - 1), "one word": 1}[kind]
    ids = np.broadcast_to(words, N).copy()
    ids[::50] = ids[-1] = EOS
    takes, foretold = written(Ids(ids.tolist(), 1 << 20), V, 5), disk.disk_bytes(N, V, 5)
    assert takes <= foretold
    assert foretold < {"random": 2, "by Zipf's law": 4, "one word": 1000}[kind] * takes


@pytest.mark.parametrize("order", [2, 5, 9])
def test_counting_takes_no_more_memory_than_is_foretold(order: int) -> None:
    N, V = 150_000, 3_000
    ids = np.random.default_rng(1).integers(1, V, N).astype(np.int32)
    ids[::200] = ids[-1] = EOS
    text = Ids(ids.tolist(), 1 << 20)
    tracemalloc.start()
    try:
        count(text, V, order, tempfile.TemporaryFile, most=1000)
        takes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert takes <= disk.memory_bytes(N, order) <= 2 * takes


@pytest.mark.parametrize("kind", ["ends of sentences", "few words"])
def test_counting_stays_within_its_memory_where_many_places_begin_with_one_pair(kind: str) -> None:
    """A part has all places of a pair: of "." and the end of a sentence there are as many as sentences."""
    N, V = 400_000, 3_000
    rng = np.random.default_rng(1)
    if kind == "few words":
        ids, largest = rng.integers(1, 3, N), N / 4
    else:
        ids, largest = rng.integers(3, V, N), N / 3
        ids[1::3], ids[2::3] = 1, EOS
    ids[0] = ids[-1] = EOS
    text, memory = Ids(ids.tolist(), 4096), 5_000_000
    assert largest > 1.5 * disk.places_at_a_time(5, memory)
    tracemalloc.start()
    try:
        ngrams = count(text, V, 5, tempfile.TemporaryFile, most=1000, memory=memory)
        takes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert takes <= memory + 400 * V
    assert_same(ngrams, count(text, V, 5, tempfile.TemporaryFile, most=1000))


def assert_same(one: Ngrams, other: Ngrams) -> None:
    for level, same in zip(one.levels, other.levels, strict=True):
        for part, equal in zip(vars_of(level), vars_of(same), strict=True):
            np.testing.assert_array_equal(part, equal)
    np.testing.assert_array_equal(one.discounts, other.discounts)
    np.testing.assert_array_equal(one.counts, other.counts)


def vars_of(level: object) -> list[np.ndarray]:
    return [getattr(level, name) for name in ("words", "counts", "followers", "lost")]


@given(sentences=SENTENCES, most=st.integers(0, 60), text=st.lists(st.integers(0, V - 1), max_size=6))
def test_no_more_ngrams_are_kept_than_asked_for_and_the_rest_sums_to_one(
    sentences: list[list[int]], most: int, text: list[int]
) -> None:
    ngrams = counted(stream(sentences), most=most)
    assert len(ngrams) <= most
    predictor = Counts(ngrams)
    states = predictor.read(predictor.start(), np.array(text, np.int32).reshape(-1, 1))
    assert predictor.next(rows(states, -1)).sum() == pytest.approx(1, abs=1e-12)


def test_rare_ngrams_are_left_out_from_the_longest_on() -> None:
    of_pairs, of_threes = np.array([0, 5, 3, 2]), np.array([0, 9, 2, 1])  # 10 and 12 n-grams
    assert least_occurrences([of_pairs, of_threes], 22) == [1, 1]
    assert least_occurrences([of_pairs, of_threes], 13) == [1, 2]
    assert least_occurrences([of_pairs, of_threes], 8) == [2, 2]
    assert least_occurrences([of_pairs, of_threes], 7) == [2, 3]


def test_discounts_of_a_worked_example() -> None:
    # n1..n4 = 8, 4, 2, 1: Y = 8/16; D1 = 1 - 2 Y 4/8, D2 = 2 - 3 Y 2/4, D3 = 3 - 4 Y 1/2
    np.testing.assert_allclose(discounts([8, 4, 2, 1]), [0.5, 1.25, 2.0])
    np.testing.assert_allclose(discounts([8, 4, 0, 1]), [0.5, 1.0, 1.5])  # the usual ones, where one cannot be found


def test_text_shorter_than_the_order_has_no_long_ngrams() -> None:
    ngrams = counted([0, 1, 0])
    assert [len(level.words) for level in ngrams.levels] == [2, 1, 0]
    predictor = Counts(ngrams)
    assert predictor.next(rows(predictor.read(predictor.start(), np.array([[0], [1]])), -1)).argmax() == EOS
