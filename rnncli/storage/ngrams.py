"""The n-grams of a model as arrays of its file, each in the smallest type of whole numbers that holds it.

ngram_bytes        (order-1, 4)  uint8    bytes of a number in the four arrays of n = 2, 3, ..., order
unigrams           (V,)          int64    after how many different words each word occurs
discounts          (order, 3)    float64  what is taken off a count of 1, of 2, of 3 and more, for n = 1, 2, ...
ngrams2_words      (m,)                   `counts.ngrams.Level`: the last word of each 2-gram
ngrams2_counts     (m,)                   its count
ngrams2_followers  (V,)                   how many of them begin with each word
ngrams2_lost       (V,) or (0,)           the counts of those that were left out
ngrams3_words ...                         the same for n = 3, ..., order
network_weights    (classes,)    float64  `counts.mixture.WithCounts`
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..counts.mixture import NgramModel, class_count
from ..counts.ngrams import Level, Ngrams
from . import formats

TYPES = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}
PARTS = ("words", "counts", "followers", "lost")
MAX_DISCOUNTS = 1.0, 2.0, 3.0


def encode(model: NgramModel) -> dict[str, NDArray[Any]]:
    """Returns the arrays by name, in the order of the file."""
    levels = model.ngrams.levels
    return {
        "ngram_bytes": np.array([[getattr(level, part).itemsize for part in PARTS] for level in levels], np.uint8),
        "unigrams": model.ngrams.counts,
        "discounts": model.ngrams.discounts,
        **{f"ngrams{n}_{part}": getattr(level, part) for n, level in enumerate(levels, 2) for part in PARTS},
        "network_weights": model.network_weights,
    }


def decode(fields: formats.Fields, V: int) -> NgramModel:
    """Takes the arrays and checks them. Raises CheckpointError."""
    sizes = fields.take("ngram_bytes", np.uint8, (None, len(PARTS)))
    if not len(sizes) or not set(sizes.ravel().tolist()) <= TYPES.keys():
        raise fields.bad("ngram_bytes holds sizes that no number has")
    order = len(sizes) + 1
    unigrams = fields.take("unigrams", np.int64, (V,))
    if unigrams.min() < 0 or not 0 < unigrams.sum() < 1 << 62:
        raise fields.bad("unigrams holds counts that no text has")
    discounts = fields.take("discounts", np.float64, (order, 3))
    if not ((discounts >= 0) & (discounts <= MAX_DISCOUNTS)).all():
        raise fields.bad("discounts holds one that is more than its count")
    levels, contexts = [], V
    for n, of_parts in enumerate(sizes.tolist(), 2):
        types = [TYPES[size] for size in of_parts]
        words = fields.take(f"ngrams{n}_words", types[0], (None,))
        counts = fields.take(f"ngrams{n}_counts", types[1], words.shape)
        followers = fields.take(f"ngrams{n}_followers", types[2], (contexts,))
        lost = fields.take(f"ngrams{n}_lost", types[3], (contexts,), (0,))
        if int(followers.sum(dtype=np.float64)) != len(words):
            raise fields.bad(f"ngrams{n}_followers does not fit ngrams{n}_words")
        if len(words) and (words.max() >= V or counts.min() < 1):
            raise fields.bad(f"ngrams{n} holds a word or a count that there is not")
        if max(counts.max(initial=0), lost.max(initial=0)) >= 1 << 62:
            raise fields.bad(f"ngrams{n} holds counts that no text has")
        level = Level(words, counts, followers, lost)
        begins = np.zeros(len(words) + 1, np.bool_)
        begins[level.starts] = True
        if not (begins[1:-1] | (words[1:] > words[:-1])).all():
            raise fields.bad(f"ngrams{n}_words are not sorted")
        levels.append(level)
        contexts = len(words)
    weights = fields.take("network_weights", np.float64, (class_count(order),))
    if not ((weights >= 0) & (weights <= 1)).all():
        raise fields.bad("network_weights holds one that is no share")
    return NgramModel(Ngrams(unigrams, tuple(levels), discounts), weights)
