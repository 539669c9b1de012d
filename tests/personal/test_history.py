"""What came after the last words before: the scan of an array against counts in dicts."""

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.counts.ngrams import EOS, NONE
from rnncli.personal import history as module
from rnncli.personal.history import LONGEST_CONTEXT, History, blank

V = 4
texts = st.lists(st.lists(st.integers(0, V - 1), max_size=40), max_size=3)
distributions = st.integers(0, 99).map(lambda seed: np.random.default_rng(seed).dirichlet(np.ones(V)))


class Reference:
    """The formulas of History over a list of words, counted anew each time in dicts."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.weights: dict[tuple[int, int, bool], float] = {}
        self.fitted: dict[tuple[int, int, bool], int] = defaultdict(lambda: 30)

    def counts(self) -> dict[tuple[int, ...], Counter[int]]:
        """Returns how often each word came after each context that lies within a sentence."""
        counts: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
        ids = self.ids[-module.HISTORY_WORDS :]
        for at in range(len(ids) - 1):
            for k in range(1, min(LONGEST_CONTEXT, at + 1) + 1):
                counts[tuple(ids[at + 1 - k : at + 1])][ids[at + 1]] += 1
        return counts

    def layers(self, sentence: list[int]) -> list[tuple[tuple[int, int, bool], float, np.ndarray]]:
        """Returns the kind, weight and distribution of each context at the end of a sentence that begins with EOS."""
        counts, layers = self.counts(), []
        for k in range(1, min(LONGEST_CONTEXT, len(sentence)) + 1):
            if followers := counts.get(tuple(sentence[-k:])):
                kind = k, min(followers.total(), 3), len(followers) == 1
                first = 0.5 if k > 1 and kind[1] > 1 and kind[2] else 0.02
                share = np.array([followers[w] / followers.total() for w in range(V)])
                layers.append((kind, self.weights.setdefault(kind, first), share))
        return layers

    def mixed(self, y: np.ndarray, sentence: list[int]) -> np.ndarray:
        for _, weight, share in self.layers(sentence):
            y = (1 - weight) * y + weight * share
        return y

    def add(self, d: int, y: np.ndarray, sentence: list[int]) -> None:
        for kind, weight, share in self.layers(sentence):
            mixed = (1 - weight) * y + weight * share
            moved = weight + (weight * share[d] / mixed[d] - weight) / self.fitted[kind]
            self.weights[kind] = min(max(moved, 0.001), 0.95)
            self.fitted[kind] = min(self.fitted[kind] + 1, 300)
            y = mixed
        self.ids.append(d)

    def begin(self) -> None:
        if self.ids[-1:] != [EOS]:
            self.ids.append(EOS)


@given(texts=texts, y=distributions, most=st.sampled_from([7, 30, 100_000]), at_once=st.integers(1, 50))
def test_history_equals_counts_in_dicts(texts: list[list[int]], y: np.ndarray, most: int, at_once: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "HISTORY_WORDS", most)
        patch.setattr(module, "APPENDED_WORDS", at_once)
        history, reference = History(blank()), Reference()
        for text in texts:
            history.begin()
            reference.begin()
            sentence, h = [EOS], history.read(history.start(1), np.array([[EOS]]))[-1]
            for d in text:
                seen = history.seen(h[0])
                np.testing.assert_allclose(history.mixed(y, seen), reference.mixed(y, sentence), rtol=1e-9)
                history.add(d, y[d], seen)
                reference.add(d, y, sentence)
                h = history.read(h, np.array([[d]]))[-1]
                sentence = [EOS] if d == EOS else [*sentence, d]
        assert history.content.ids.tolist() == reference.ids[-most:]
        for (k, c, one_way), weight in reference.weights.items():
            kind = k - 1, c - 1 if one_way else c + 2
            assert history.content.weights[kind] == pytest.approx(weight)
            assert history.content.fitted[kind] == reference.fitted[k, c, one_way]


def test_worked_example_a_phrase_written_twice_has_seven_eighths() -> None:
    """After 1 2 3 . 1 2 3 . the contexts of "1 2" are (2), (1 2) and (. 1 2): 3 has 1 - 0.98 * 0.5 * 0.5 of what the
    distribution given leaves, and all of it besides."""
    history, y = History(blank()), np.array([0.1, 0.2, 0.3, 0.4])
    for d in [0, 1, 2, 3, 0, 1, 2, 3, 0]:
        history._append(d)
    h = history.read(history.start(1), np.array([[0], [1], [2]]))[-1]
    assert h.tolist() == [[2, 1, 0, NONE]]
    seen = history.seen(h[0])
    assert [(kind, followers.tolist()) for kind, followers in seen] == [
        ((0, 1), [3, 3]),
        ((1, 1), [3, 3]),
        ((2, 1), [3, 3]),
    ]
    left = 0.98 * 0.5 * 0.5
    np.testing.assert_allclose(history.mixed(y, seen), [left * 0.1, left * 0.2, left * 0.3, left * 0.4 + 1 - left])
    history.add(3, 0.4, seen)  # (1 2) comes second: 3 had 0.98 * 0.4 + 0.02 before it
    before = 0.98 * 0.4 + 0.02
    posterior = 0.5 / (0.5 + 0.5 * before)
    assert history.content.weights[1, 1] == pytest.approx(0.5 + (posterior - 0.5) / 30)


def test_context_is_cut_at_the_beginning_of_its_sentence() -> None:
    history = History(blank())
    x = np.array([[3, 1], [0, 2], [1, 3], [2, 1], [0, 2]])
    assert history.read(history.start(2), x)[:, 0].tolist() == [
        [NONE] * 4,
        [3, NONE, NONE, NONE],
        [0, NONE, NONE, NONE],
        [1, 0, NONE, NONE],
        [2, 1, 0, NONE],
        [0, NONE, NONE, NONE],
    ]
    assert history.read(history.start(2), x)[-1, 1].tolist() == [2, 1, 3, 2]


def test_oldest_words_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HISTORY_WORDS", 5)
    history = History(blank())
    for d in range(5000):
        history.add(d % 7, 1.0, [])
    assert history.content.ids.tolist() == [d % 7 for d in range(4995, 5000)]
    assert len(history._buffer) < 2000


def test_history_made_from_a_content_goes_on_by_itself() -> None:
    """A copy and its original write on, neither into what the other holds."""
    first = History(blank())
    for d in [0, 1, 2, 0, 1, 2]:
        first.add(d, 0.5, first.seen(np.array([1, 0, NONE, NONE])))
    content, copy = first.content, History(first.content)
    kept = [part.copy() for part in content]
    for d in [3, 3, 3]:
        copy.add(d, 0.1, copy.seen(np.array([1, 0, NONE, NONE])))
    first.add(1, 0.1, [])
    assert (first.content.ids.tolist(), copy.content.ids.tolist()) == (
        [0, 1, 2, 0, 1, 2, 1],
        [0, 1, 2, 0, 1, 2, 3, 3, 3],
    )
    for part, was in zip(content, kept, strict=True):
        np.testing.assert_array_equal(part, was)
    assert (copy.content.weights != first.content.weights).any()


def test_weights_stay_between_their_bounds_whatever_comes() -> None:
    history, h = History(blank()), np.array([1, 0, NONE, NONE])
    for d in [0, 1, 2, 0, 1, 2]:
        history.add(d, 0.5, [])
    seen = history.seen(h)
    for _ in range(5000):
        history.add(2, 1e-300, seen)  # it alone had followed
    assert history.content.weights[0, 1] == history.content.weights.max() == 0.95
    for _ in range(5000):
        history.add(3, 1e-300, seen)  # it never had
    assert history.content.weights[:2, 1].tolist() == [0.001, 0.001]
    y = History(history.content).mixed(np.array([0.0, 0.0, 0.5, 0.5]), seen)
    np.testing.assert_allclose(y, [0, 0, 1 - 0.999**2 / 2, 0.999**2 / 2])
