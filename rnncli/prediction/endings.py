"""The words that a half-typed word may become, each with its probability: P(word | context) P(typed | word)."""

from collections.abc import Iterator
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..predictor import Predictor, State, rows
from ..text.alphabet import has_prefix
from ..text.codec import Codec, Prompt
from ..text.slips import MARK_LEFT_OUT
from ..text.vocabulary import UNK
from ..text.wordlist import Blocked
from ..unknown.words import UnknownWords

# Of all endings, from which on a word is offered that is in no list, but is spelled: below it most are no words.
MIN_SPELLED_SHARE = 0.02
# A new word has hardly ever more than so many times the probability of one of the words that the speller learned from
# (of 10,000, "inters" has 2.7 times). So the speller, which takes some ms, is asked only where that would be enough.
MAX_SPELLED_ODDS = 5.0


class Ending(NamedTuple):
    """A word outside the vocabulary, or several words, that a half-typed word may become."""

    word: str
    share: float  # of the probability of all endings
    is_slip: bool = False  # whether it does not begin as typed, but would without a slip
    is_unknown: bool = True


class Endings(NamedTuple):
    """Words that a half-typed word may become: m of the vocabulary, then others."""

    ids: NDArray[np.intp]  # (m,)
    shares: NDArray[np.float64]  # (m,) of the probability of all endings
    slips: NDArray[np.bool_]  # (m,) whether the word does not begin as typed, but would without a slip
    others: list[Ending]

    def best(self, codec: Codec, count: int) -> list[Ending]:
        """Returns the likeliest, as displayed."""
        first = np.argsort(-self.shares, kind="stable")[:count].tolist()
        forms = codec.vocabulary.display_forms
        known = [Ending(forms[self.ids[i]], float(self.shares[i]), bool(self.slips[i]), False) for i in first]
        return sorted([*known, *self.others], key=lambda ending: -ending.share)[:count]


def endings(
    predictor: Predictor, codec: Codec, unknown: UnknownWords, prompt: Prompt, state: State, count: int, block: Blocked
) -> Endings:
    """Returns what the prefix of a prompt, whose state is (1, ...), may become; shares are those of all of these words.

    count  how many are wanted: elisions, which cost a reading each, are left out if they are none of these
    block  words that are left out, but keep their shares
    """
    completer, prefix = codec.completer, prompt.prefix
    known = completer.candidates(prefix, prompt.starts, prompt.capitals)
    elisions = completer.elided(prefix)
    first = [UNK, *(i for i, _ in elisions)]
    y = predictor.among(state, np.concatenate((first, known.indices)).astype(np.intp))[0]
    shares, slips = known.odds * y[len(first) :], known.odds < 1
    others = [*_rare(codec, unknown, prefix, y[0]), *_met(codec, unknown, prompt, y[0])]

    def bound() -> float:
        """Returns what a word must be likelier than to be among those that are wanted."""
        each = np.append(shares, [ending.share for ending in others])
        if not count:
            return inf
        return float(np.partition(each, -count)[-count]) if count <= len(each) else 0.0

    for (elision, rest), share in zip(elisions, (MARK_LEFT_OUT * y[1 : len(first)]).tolist(), strict=True):
        if share > bound():
            ids = np.setdiff1d(completer.words(rest), block.ids)
            after = rows(predictor.read(state, np.array([[elision]])), -1)
            words = (codec.vocabulary.words[elision] + codec.vocabulary.display_forms[i] for i in ids.tolist())
            parts = (share * predictor.next(after)[0, ids]).tolist()
            others += [Ending(word, part, True, False) for word, part in zip(words, parts, strict=True)]
    total = float(shares.sum()) + sum(ending.share for ending in others)
    least = MIN_SPELLED_SHARE / (1 - MIN_SPELLED_SHARE) * total
    if y[0] * MAX_SPELLED_ODDS > least * unknown.listed_words:
        spelled = unknown.spelled(prefix, least / float(y[0]))
        found = [Ending(word, float(y[0]) * share) for word, share in spelled if codec.vocabulary.id(word) == UNK]
        others += [ending for ending in found if ending.share >= least]
        total = float(shares.sum()) + sum(ending.share for ending in others)
    if total <= 0:
        total, shares = float(max(1, len(shares))), np.ones(len(shares))
    is_offered = ~np.isin(known.indices, [*block.ids, *_typos(codec, known.indices)])
    others = [ending._replace(share=ending.share / total) for ending in others if not _is_blocked(ending, codec, block)]
    return Endings(known.indices[is_offered], shares[is_offered] / total, slips[is_offered], others)


def _is_blocked(ending: Ending, codec: Codec, block: Blocked) -> bool:
    return ending.word in block.rare or codec.vocabulary.fold(ending.word) in block.others


def _rare(codec: Codec, unknown: UnknownWords, prefix: str, share: float) -> Iterator[Ending]:
    """Yields the rare words of the text that a prefix may become, where unknown words have a share."""
    found = codec.completer.rare_candidates(prefix)
    words, counts = codec.vocabulary.rare, codec.vocabulary.rare_counts
    for i, odds in zip(found.indices.tolist(), found.odds.tolist(), strict=True):
        yield Ending(words[i], odds * share * unknown.rare_share(counts[i]), odds < 1)


def _met(codec: Codec, unknown: UnknownWords, prompt: Prompt, share: float) -> Iterator[Ending]:
    """Yields the unknown words of a prompt that its prefix may become again, each as it was written last."""
    met = {codec.vocabulary.fold(token): token for token in prompt.unknown if has_prefix(token, prompt.prefix)}
    if not met:
        return
    urn = unknown.urn()
    urn.put(prompt.unknown)
    for word, token in met.items():
        if not unknown.is_rare(word):
            yield Ending(token, share * urn.share(word))


def _typos(codec: Codec, ids: NDArray[np.intp]) -> list[int]:
    """Returns those of some words that were used once and are one slip from a word that is known: they may be typos."""
    once = np.intersect1d(ids, codec.vocabulary.used_once)
    return [i for i in once.tolist() if codec.completer.is_near_another(i)]


def probability(predictor: Predictor, codec: Codec, unknown: UnknownWords, prompt: Prompt, state: State) -> float:
    """Returns the probability of all words, and of the slips, that may make a prompt's prefix; without elisions."""
    y = predictor.next(state)[0]
    known = codec.completer.candidates(prompt.prefix, prompt.starts, prompt.capitals)
    others = sum(ending.share for ending in _rare(codec, unknown, prompt.prefix, float(y[UNK])))
    return float(known.odds @ y[known.indices]) + others


def is_slip(predictor: Predictor, codec: Codec, unknown: UnknownWords, prompt: Prompt, state: State) -> bool:
    """Tells whether a prefix that no known word begins with is likelier a slip than a new word that is spelled so."""
    if codec.completer.elided(prompt.prefix):
        return True
    new = float(predictor.next(state)[0, UNK] * unknown.shares([codec.spell(prompt.prefix)])[0])
    return probability(predictor, codec, unknown, prompt, state) > new
