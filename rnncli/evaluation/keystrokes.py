"""Keystrokes that suggestions save: how many letters of a word are typed until the word is suggested."""

import numpy as np
from numpy.typing import NDArray

from ..predictor import Ints
from ..text.alphabet import Alphabet

SUGGESTIONS = 3  # words that a keyboard shows


def letters_typed(likelier: NDArray[np.bool_], d: Ints, alphabet: Alphabet) -> tuple[Ints, Ints]:
    """Counts the letters of words, and those typed until each word is suggested.

    likelier  (n, V)  the words that are likelier than the word that came
    d         (n,)    the words that came
    A word is suggested once fewer than SUGGESTIONS of the words that share its typed letters are likelier.
    Returns letters (n,) and typed (n,), 0 for special words; letters are -1 for words that were learned since the
    alphabet was made.
    """
    letters, typed = np.zeros((2, len(d)), np.int32)
    letters[d >= len(alphabet)] = -1
    likelier = likelier[:, : len(alphabet)]
    for n in np.flatnonzero((d >= alphabet.first) & (d < len(alphabet))).tolist():
        span = alphabet.spans(int(d[n]))
        places = alphabet.places[likelier[n].nonzero()[0]]  # few: a sum over all places takes twice the time
        places.sort()
        suggested = places.searchsorted(span.last) - places.searchsorted(span.first) < SUGGESTIONS
        letters[n] = len(suggested)
        typed[n] = suggested.argmax() if suggested.any() else len(suggested)
    return letters, typed
