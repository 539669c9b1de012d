"""Completes a user's choices with defaults fitted to corpus size and time budget.

The figures come from runs on Penn Treebank: tests/bench/recipes/table.tsv, a run a line, by tests/bench/recipes/run.py.
Perplexities below are its last column, of the validation text.
"""

from collections.abc import Mapping
from math import inf, log2
from typing import Any

from ..errors import UsageError
from ..settings import Settings, checked_choices

MIN_BUDGET_SECONDS, MAX_BUDGET_SECONDS = 1.0, 3600.0
SMALL_TEXT_WORDS = 300_000  # below: narrower networks, fewer columns, the dropout rules of small texts
MARKED_UNKNOWN_WORDS = 5_000  # a text of fewer is too short to spare its rare words
REFERENCE_UNITS = 200  # readings are counted by networks of that width
DEFAULT_READINGS = 5.0  # where neither time nor epochs are known

# Units by the readings there is time for. 5,101 KB: 300 units in 11 readings 109.27; in an hour 8 x 300 104.71, 4 x 400
# 106.51.
WIDTHS = ((8, 200), (50, 300), (100, 400), (200, 600), (inf, 1000))

# Readings that pay for one more network. 100 KB: 24 readings by 1 network 141.37, 12 by 2 136.25; 12 by 4 132.18,
# 24 by 4 133.62.
READINGS_PER_NETWORK = 11
MAX_NETWORKS, MAX_NETWORKS_SMALL_TEXT = 8, 4
MAX_ENSEMBLE_UNITS = 300  # width of an ensemble's networks that their number is chosen by

# Dropout of the state: START at 5 readings and more with each doubling of them. 5,101 KB, 300 units, 11 readings:
# 0.47/0.1 with 0.3 of Ws 109.27; 0.5/0.3 without 110.30; 0.6/0.2 without 110.92; 0.6/0.4 without 115.55.
DROPOUT_AT_START, START_READINGS = 0.3, 5
DROPOUT_PER_DOUBLING, DROPOUT_PER_DOUBLING_SMALL_TEXT = 0.14, 0.16
RECURRENT_PER_DOUBLING, RECURRENT_PER_DOUBLING_SMALL_TEXT = 0.25, 0.15
MIN_DROPOUT, MAX_DROPOUT, MAX_DROPOUT_RECURRENT, MAX_DROPOUT_WORDS = 0.1, 0.65, 0.4, 0.2

# Peak learning rate: 0.8 over the width within these bounds. 5,101 KB, 200 units, rows 8 x 0.004 117.07, 5 x 0.005
# 117.14, dense 0.008 121.78.
MIN_RATE, MAX_RATE, RATE_TIMES_UNITS, SGD_RATE = 0.001, 0.005, 0.8, 1.0


def fitted(
    choices: Mapping[str, Any],
    words: int = 0,
    marked: bool = False,
    distinct: int = 0,
    readings: float | None = None,
) -> Settings:
    """Completes a user's choices of settings.

    words     in the corpus
    marked    whether the corpus marks unknown words as "<unk>"; if not, its rarest words teach that one
    distinct  words in the vocabulary, if they are known already
    readings  of the corpus by a network of REFERENCE_UNITS for which there is time; None: as many as epochs
    Raises UsageError for a setting that does not exist or a value that it cannot have.
    """
    chosen = checked_choices(choices)
    if chosen.get("time") is not None and chosen.get("epochs") is not None:
        raise UsageError("time and epochs: training ends by one or by the other. Give one of them")
    is_small = words < SMALL_TEXT_WORDS
    epochs = chosen.get("epochs") or readings or DEFAULT_READINGS
    max_units = max(24, round(0.36 * words**0.55)) if is_small else inf
    by_time = readings is not None and not chosen.get("epochs")
    networks = chosen.get("ensemble_size") or 1
    if by_time and not chosen.keys() & {"ensemble_size", "hidden"}:
        most = MAX_NETWORKS_SMALL_TEXT if is_small else MAX_NETWORKS
        each = READINGS_PER_NETWORK * _relative_cost(min(MAX_ENSEMBLE_UNITS, max_units))
        networks = max(1, min(most, int(epochs / each)))
    if by_time:
        epochs /= networks
    hidden = chosen.get("hidden") or int(min(max_units, next(units for most, units in WIDTHS if epochs < most)))
    if not chosen.get("epochs"):
        epochs /= _relative_cost(hidden)
    defaults: dict[str, Any] = {
        "case": "keep" if chosen.get("tokenizer") == "chars" else "fold",
        "min_count": 1 if marked or words < MARKED_UNKNOWN_WORDS else 2,
        "hidden": hidden,
        "ensemble_size": networks,
        "batch": max(1, min(16 if is_small else 32, words // 100)),
        "time": None if chosen.get("epochs") else budget(words),
        "epochs": None,
        "shards": 2 if networks == 1 else 1,
        "learning_rate": SGD_RATE
        if chosen.get("optimizer") == "sgd"
        else max(MIN_RATE, min(MAX_RATE, RATE_TIMES_UNITS / hidden)),
    }
    occurrences = words / max(1, distinct) if is_small else inf
    defaults |= _dropout(epochs, networks, occurrences, chosen.get("dropout"))
    return Settings(**defaults | chosen)


def budget(words: int) -> float:
    """Returns the seconds that suit a corpus: half a minute for 20,000 words, two for 190,000, five for 900,000."""
    return float(min(MAX_BUDGET_SECONDS, max(MIN_BUDGET_SECONDS, round(120 * (words / 190_000) ** 0.6))))


def _relative_cost(hidden: float) -> float:
    """Estimates the time of a reading by a network of that width, relative to one of REFERENCE_UNITS."""
    return float((hidden / REFERENCE_UNITS) ** 1.2)


def _dropout(epochs: float, networks: int, occurrences: float, chosen: float | None) -> dict[str, float]:
    """Chooses dropout: more the more often a text is read, or it is learned by heart; less for an ensemble, whose
    networks learn different parts by heart.

    occurrences  of a word of a small text, on average; inf for a large text
    chosen       the state's dropout, if a user chose it
    """
    is_small = occurrences < inf
    doublings = log2(epochs / START_READINGS) - (0.0 if is_small else log2(networks) / 4)
    slope = DROPOUT_PER_DOUBLING_SMALL_TEXT if is_small else DROPOUT_PER_DOUBLING
    recurrent = RECURRENT_PER_DOUBLING_SMALL_TEXT if is_small else RECURRENT_PER_DOUBLING
    state = min(MAX_DROPOUT, max(MIN_DROPOUT, DROPOUT_AT_START + slope * doublings)) if chosen is None else chosen
    rare, rarer = (min(1.0, max(0.0, (most - occurrences) / 10)) for most in (30, 20))
    units = state - 0.4 + 0.2 * rare if is_small else max(min(0.1, state - 0.2), state - 0.37)
    return {
        "dropout": state,
        "dropout_units": max(0.0, units),
        "dropout_words": rarer * max(0.0, min(MAX_DROPOUT_WORDS, state - 0.4)),
        "dropout_recurrent": max(0.0, min(MAX_DROPOUT_RECURRENT, recurrent * doublings)) if state else 0.0,
    }
