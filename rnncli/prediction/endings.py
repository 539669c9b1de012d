"""The words that a half-typed word may become, each with its probability: P(word | context) P(typed | word)."""

from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..predictor import Predictor, State, rows
from ..text.codec import Codec, Prompt
from ..text.slips import MARK_LEFT_OUT
from ..text.vocabulary import UNK
from ..text.wordlist import NOTHING_BLOCKED, Blocked
from ..unknown.urn import Urn
from ..unknown.words import UnknownWords

# Of all endings, from which on a word is offered that is in no list, but is spelled: below it most are no words.
MIN_SPELLED_SHARE = 0.01


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
    predictor: Predictor,
    codec: Codec,
    unknown: UnknownWords,
    prompt: Prompt,
    state: State,
    count: int,
    block: Blocked = NOTHING_BLOCKED,
    with_elisions: bool = True,
) -> Endings:
    """Returns what the prefix of a prompt, whose state is (1, ...), may become; shares are those of all of these words.

    count          how many are wanted: of rare words no more are returned
    block          words that are left out, but keep their shares
    with_elisions  whether words behind elisions are among them, which cost a reading each, where one is likely enough
    """
    completer, prefix = codec.completer, prompt.prefix
    known = completer.candidates(prefix, prompt.starts, prompt.capitals)
    elisions = completer.elided(prefix) if with_elisions else []
    y = predictor.next(state)[0]
    shares, slips = known.odds * y[known.indices], known.odds < 1
    urn, unk = unknown.met(prompt.unknown), float(y[UNK])
    listed, met = _listed(codec, prompt, unknown, urn, unk), _met(unknown, urn, prompt.telling, unk)
    others, total = [*listed.best(codec, count, block), *met], float(shares.sum() + listed.shares.sum())
    total += sum(ending.share for ending in met)
    is_offered = ~np.isin(known.indices, [*block.ids, *_typos(codec, unknown, known.indices, unk)])

    def bound() -> float:
        """Returns what a word must be likelier than to be among those that are wanted."""
        each = np.append(
            shares[is_offered], [ending.share for ending in others if unknown.fold(ending.word) not in block.others]
        )
        return float(np.partition(each, -count)[-count]) if count <= len(each) else 0.0

    for elision, rest in elisions:
        if (share := MARK_LEFT_OUT * float(y[elision])) > bound():
            ids = completer.words(rest)
            after = rows(predictor.read(state, np.array([[elision]])), -1)
            forms, before = codec.vocabulary.display_forms, codec.vocabulary.words[elision]
            parts = share * predictor.next(after)[0, ids]
            total += float(parts.sum())
            pairs = zip(ids.tolist(), parts.tolist(), strict=True)
            others += [Ending(before + forms[i], part, True, False) for i, part in pairs if i not in block.ids]
    new = _new_share(unknown, urn, prefix, unk)
    total += new
    least = max(bound(), MIN_SPELLED_SHARE * total)
    if new > least:
        spelled = unknown.spelled(prefix, least / (unk * urn.new))
        others += [Ending(word, unk * urn.new * share) for word, share in spelled if _is_new(word, codec, urn)]
    if total <= 0:
        total, shares = float(max(1, len(shares))), np.ones(len(shares))
    others = [
        ending._replace(share=ending.share / total)
        for ending in others
        if unknown.fold(ending.word) not in block.others
    ]
    return Endings(known.indices[is_offered], shares[is_offered] / total, slips[is_offered], others)


def _is_new(word: str, codec: Codec, urn: Urn) -> bool:
    return codec.is_one_new_word(word) and not urn.share(word)


class Listed(NamedTuple):
    """The rare words of the text that was learned from which a half-typed word may become."""

    indices: NDArray[np.intp]  # (n,) in the codec's list of rare words
    shares: NDArray[np.float64]  # (n,) of the probability of all words
    slips: NDArray[np.bool_]  # (n,) whether the word does not begin as typed, but would without a slip

    def best(self, codec: Codec, count: int, block: Blocked) -> list[Ending]:
        """Returns the likeliest that are not blocked."""
        words, order = codec.vocabulary.rare, np.argsort(-self.shares, kind="stable").tolist()
        likely = (i for i in order if codec.vocabulary.fold(words[self.indices[i]]) not in block.others)
        return [
            Ending(words[self.indices[i]], float(self.shares[i]), bool(self.slips[i])) for i in islice(likely, count)
        ]


def _listed(codec: Codec, prompt: Prompt, unknown: UnknownWords, urn: Urn, share: float) -> Listed:
    """Returns the rare words that the prefix of a prompt may become and that are not in the urn, where unknown words
    have a share.
    """
    found = codec.completer.rare_candidates(prompt.telling)
    is_new = np.ones(len(found.indices), bool)
    for word, _ in urn.begun(prompt.telling):
        if unknown.is_rare(word):
            is_new &= [unknown.fold(codec.vocabulary.rare[i]) != word for i in found.indices.tolist()]
    indices, odds = found.indices[is_new], found.odds[is_new]
    shares = share * urn.new * odds * unknown.rare_shares(codec.completer.rare_counts[indices])
    return Listed(indices, shares, odds < 1)


def _met(unknown: UnknownWords, urn: Urn, prefix: str, share: float) -> list[Ending]:
    """Returns the words of an urn that a prefix may become again, each as it was written last."""
    return [
        Ending(token, share * (urn.share(word) + urn.new * unknown.share(word))) for word, token in urn.begun(prefix)
    ]


def _typos(codec: Codec, unknown: UnknownWords, ids: NDArray[np.intp], share: float) -> list[int]:
    """Returns those of some words that were used once and are likelier a slip from a known word than a new word, where
    unknown words have a share.
    """
    once = np.intersect1d(ids, codec.vocabulary.used_once).tolist()
    return [i for i in once if codec.completer.slip_share(i) > share * unknown.share(codec.vocabulary.words[i])]


def _new_share(unknown: UnknownWords, urn: Urn, prefix: str, share: float) -> float:
    """Returns the probability of all words together that begin with a prefix, are in no list and not in the urn, where
    unknown words have a share.
    """
    if not unknown.spells:
        return 0.0
    met = sum(unknown.share(word) for word, _ in urn.begun(prefix) if not unknown.is_rare(word))
    return share * urn.new * max(0.0, unknown.begun_share(prefix) - met)


def probability(
    predictor: Predictor, codec: Codec, unknown: UnknownWords, prompt: Prompt, state: State, new: bool = True
) -> float:
    """Returns the probability of all words, and of the slips, that may make a prompt's prefix, `new` ones that are in
    no list included; without elisions.
    """
    y, urn, prefix = predictor.next(state)[0], unknown.met(prompt.unknown), prompt.prefix
    known = codec.completer.candidates(prefix, prompt.starts, prompt.capitals)
    listed = _listed(codec, prompt, unknown, urn, float(y[UNK]))
    others = sum(ending.share for ending in _met(unknown, urn, prompt.telling, float(y[UNK])))
    others += _new_share(unknown, urn, prefix, float(y[UNK])) if new else 0.0
    return float(known.odds @ y[known.indices] + listed.shares.sum()) + others


def is_slip(predictor: Predictor, codec: Codec, unknown: UnknownWords, prompt: Prompt, state: State) -> bool:
    """Tells whether a prefix that no known word begins with is likelier a slip than a new word that is spelled so."""
    if codec.completer.elided(prompt.prefix):
        return True
    urn = unknown.met(prompt.unknown)
    new = float(predictor.next(state)[0, UNK] * urn.shares([codec.spell(prompt.prefix)])[0])
    return probability(predictor, codec, unknown, prompt, state, new=False) > new
