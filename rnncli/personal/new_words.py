"""The words that a user wrote and a model does not know: an urn from which the unknown word is drawn again."""

from __future__ import annotations  # so that np.random, slow to import, waits until it is used

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..predictor import Ints
from ..text.vocabulary import UNK, Vocabulary

# Of the urn (`unknown.urn`): what somebody writes once he writes again sooner than a newspaper does. Names in 500
# sentences, each three times: tests/bench/names.py.
DISCOUNT = 0.5  # d, as long as little was learned
PRIOR_WORDS = 100.0  # that this d is worth
STRENGTH = 20.0
MAX_NEW_WORDS = 20_000

Doubles = NDArray[np.float64]


@dataclass
class NewWords:
    """Words outside a vocabulary of V, in the order in which they were first written; word k has the id V + k."""

    words: list[str] = field(default_factory=list)  # after case folding
    display_forms: list[str] = field(default_factory=list)  # as written
    counts: list[int] = field(default_factory=list)  # how often each was learned from; 0: not yet
    used: list[int] = field(default_factory=list)  # the number of the word of all that were learned that it was last

    def __post_init__(self) -> None:
        self._places = {word: k for k, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    def copy(self) -> NewWords:
        """Returns new words that go on from here by themselves."""
        return NewWords(self.words.copy(), self.display_forms.copy(), self.counts.copy(), self.used.copy())

    def extended(self, ids: Ints, tokens: Iterable[tuple[int, str, str]], V: int) -> Ints:
        """Returns ids (n,) of a text in which each unknown word has its own, a new one for a new word.

        tokens  of the unknown words place, form after case folding, and display form
        """
        ids = ids.copy()
        for place, word, shown in tokens:
            if word not in self._places:
                if len(self) >= MAX_NEW_WORDS:
                    continue
                self._places[word] = len(self)
                self.words.append(word)
                self.display_forms.append(shown)
                self.counts.append(0)
                self.used.append(0)
            ids[place] = V + self._places[word]
        return ids

    def by_use(self) -> list[tuple[str, int]]:
        """Lists the words, as displayed, and how often each was used; those that were used last first."""
        latest = sorted(range(len(self)), key=lambda k: -self.used[k])
        return [(self.display_forms[k], self.counts[k]) for k in latest]

    def forget(self, k: int) -> None:
        """Removes word k; the words after it come one earlier."""
        for column in (self.words, self.display_forms, self.counts, self.used):
            del column[k]
        self.__post_init__()

    def add(self, k: int, now: int) -> None:
        """Puts word k into the urn, as the number `now` of all words that were learned from."""
        self.counts[k] += 1
        self.used[k] = now

    def shares(self) -> Doubles:
        """Returns the share (n,) that each word has of the probability of the unknown word.

        The less words come again, the more is taken off: d = n1 / (n1 + 2 n2), of n1 words that came once and n2 that
        came twice (Ney, Essen & Kneser 1994). Where each noun has twenty forms, hardly a word comes again soon.
        """
        counts = np.array(self.counts, np.float64)
        once, twice = np.count_nonzero(counts == 1), np.count_nonzero(counts == 2)
        discount = (once + PRIOR_WORDS * DISCOUNT) / (once + 2 * twice + PRIOR_WORDS)
        shares: Doubles = np.maximum(counts - discount, 0) / (counts.sum() + STRENGTH)
        return shares

    def beside(self, vocabulary: Vocabulary) -> Vocabulary:
        """Returns a vocabulary that these words are a part of."""
        if not len(self):
            return vocabulary
        kept = [n for n, word in enumerate(vocabulary.rare) if vocabulary.fold(word) not in self._places]
        return replace(
            vocabulary,
            words=vocabulary.words + self.words,
            display_forms=vocabulary.display_forms + self.display_forms,
            counts=vocabulary.counts + self.counts,
            rare=[vocabulary.rare[n] for n in kept],
            rare_counts=[vocabulary.rare_counts[n] for n in kept],
            used_once=self.used_once(len(vocabulary)),
        )

    def used_once(self, V: int) -> list[int]:
        """Returns the ids of the words that were learned from once."""
        return [V + k for k, count in enumerate(self.counts) if count == 1]


def opened(y: Doubles, shares: Doubles) -> Doubles:
    """Returns distributions y (m, V) over V words and n new ones (m, V + n), which take shares (n,) of the unknown."""
    if not len(shares):
        return y
    both = np.concatenate((y, y[:, UNK, None] * shares), axis=1)
    both[:, UNK] *= 1 - shares.sum()
    return both


def as_unknown(ids: Ints, V: int) -> Ints:
    """Returns ids (...) in which new words are the unknown one."""
    return np.where(ids < V, ids, UNK) if ids.size and ids.max() >= V else ids
