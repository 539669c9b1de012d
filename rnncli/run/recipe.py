"""Completes a user's choices with defaults fitted to corpus size and time budget.

The figures come from runs on Penn Treebank: tests/bench/recipes/table.tsv, a run a line, by tests/bench/recipes/run.py.
Perplexities below are its last column, of the validation text.
"""

from collections.abc import Mapping
from math import inf, log2
from typing import Any

from ..errors import UsageError
from ..settings import WITHOUT_NETWORK, Settings, checked_choices

MIN_BUDGET_SECONDS, MAX_BUDGET_SECONDS = 1.0, 3600.0
SMALL_TEXT_WORDS = 300_000  # below: narrower networks, fewer columns, the dropout rules of small texts
SPARED_RARE_WORDS = 5_000  # a text of fewer is too short to spare its rare words: `training.unknown` teaches <unk>
REFERENCE_UNITS = 200  # readings are counted by networks of that width
DEFAULT_READINGS = 5.0  # where neither time nor epochs are known
MAX_READINGS, MAX_READINGS_TINY_TEXT = 14, 60  # by each network, where no user sets the time
MAX_READ_WORDS = 200_000  # in all readings, where they are more than MAX_READINGS

# A tiny text is read a number of times, not for a time: training takes seconds, and the model does not depend on the
# machine. Validation perplexity of 5 KB of fables, 5 KB of a man page, 10 KB of GPL-3, 20 KB of Perl's messages:
# 4 x 24 units (of the last 4 x 38), 14 readings before: 109, 130, 204, 150; dropout .65 and 4 x 50, 60 readings: 59,
# 70, 133, 61; 4 x 100, 60 readings: 56, 60, 119, 49; 120 readings: 55, 50, 117, 42; 4 x 200, 60 readings: 56, 55, 116,
# 45; 1 x 24, 60 readings: 70, 92 of the first two. 20 KB of fables, 4 x 100: 20, 30, 60 readings 22.8, 22.2, 22.3.
TINY_TEXT_WORDS = 30_000
TINY_TEXT_NETWORKS = 4
MIN_UNITS_SMALL_TEXT = 100

# Units by the readings there is time for. 5,101 KB: 300 units in 11 readings 109.27; in an hour 8 x 300 104.71, 4 x 400
# 106.51. Where the time is short, a narrow network reads more of the text (perplexity beside n-grams, without dropout):
# the time of 0.8 readings by 200 units 115.7, 160 112.5, 120 109.6, 100 108.6, 80 108.7; of 2.0 by 200 105.8, 150
# 105.3, 100 106.6; of 4.0 by 200 103.6, 150 105.6, 120 107.7.
WIDTHS = ((1.5, 100), (3, 150), (8, 200), (50, 300), (100, 400), (200, 600), (inf, 1000))

# Readings that pay for one more network. 100 KB: 24 readings by 1 network 141.37, 12 by 2 136.25; 12 by 4 132.18,
# 24 by 4 133.62.
READINGS_PER_NETWORK = 11
MAX_NETWORKS, MAX_NETWORKS_SMALL_TEXT = 8, 4
MAX_ENSEMBLE_UNITS = 300  # width of an ensemble's networks that their number is chosen by

# Dropout of the state: START at 5 readings and more with each doubling of them. 5,101 KB, 300 units, 11 readings:
# 0.47/0.1 with 0.3 of Ws 109.27; 0.5/0.3 without 110.30; 0.6/0.2 without 110.92; 0.6/0.4 without 115.55. Beside
# n-grams, with 0, 0.1, 0.2: 100 units, 1.6 readings 108.9, 111.2; 200 units, 2.0 readings 105.8, 106.6; 100 units, 3.9
# readings 107.2, 106.6; 200 units, 4.0 readings -, 103.8, 103.6.
DROPOUT_AT_START, START_READINGS = 0.3, 5
DROPOUT_PER_DOUBLING, DROPOUT_PER_DOUBLING_SMALL_TEXT, DROPOUT_PER_DOUBLING_SHORT_RUN = 0.14, 0.16, 0.2
RECURRENT_PER_DOUBLING, RECURRENT_PER_DOUBLING_SMALL_TEXT = 0.25, 0.15
MIN_DROPOUT, MAX_DROPOUT, MAX_DROPOUT_RECURRENT, MAX_DROPOUT_WORDS = 0.1, 0.65, 0.4, 0.2

# Tiny texts take less dropout of the state, and so none of words, but all of Ws. With .3, .4, .54 of the state: fables,
# 114 KB in 14 readings, 20.2, 20.4, 21.3; 100 KB of Penn Treebank 44.1, 44.5, 46.5. In 60 readings with .3, .4, .65:
# 5 KB of fables 50.3, 50.7, 55.6; 10 KB of GPL-3 109.2, 109.1, 118.8; 5 KB of a man page 38.7, 41.4, 59.9; .3 without
# any of Ws 57.0, 113.7, 64.6. 500 KB of Penn Treebank (87,000 words), 200 units, 10 readings: .35 91.4, .54 80.1.
LOW_DROPOUT_WORDS, HIGH_DROPOUT_WORDS = TINY_TEXT_WORDS, 90_000
MAX_LOW_DROPOUT = 0.3

# Peak learning rate: 0.8 over the width within these bounds. 5,101 KB, 200 units, rows 8 x 0.004 117.07, 5 x 0.005
# 117.14, dense 0.008 121.78. More in fewer than START_READINGS of a large text, beside n-grams: 100 units, 1.6
# readings, 0.005, 0.008, 0.012 109.4, 108.9, 108.6; 200 units, 2.0 readings, 0.005, 0.008 106.6, 106.1.
MIN_RATE, MAX_RATE, RATE_TIMES_UNITS, SGD_RATE = 0.001, 0.005, 0.8, 1.0
# But not for a network that was trained before: 150 units, 2 readings of the first half, then 1 or 2 of the second, by
# 0.004, 0.005, 0.008: 1 reading 130.3, 130.6, 133.4; 2 readings 125.9, 127.3, 132.6. 14 readings of each half of the
# fables, 4 x 100 units, by 0.0025, 0.005: 21.8, 21.3; both of one half 21.1.
MAX_RATE_SHORT_RUN, RATE_TIMES_UNITS_SHORT_RUN = 0.012, 1.2

# Gated cells, of a large text. Network alone, 5,101 KB; 30 s: an Elman network of 100 units 130.7; LSTM, own rows, 100
# units, rate .008 122.2, .012 123.5; 150 units, .008 121.9; tied, 100 units, .008 148.4, .004 163.7. 90 s: own, 200
# units 109.8; tied 101.5. 2 epochs, tied, 200 units: dropout 0, .1, .2 102.0 (rate .004), 102.5, 104.8; rate .0035,
# .005, .008 104.2, 102.5, 105.8; GRU 105.7; batch 64 in chunks of 18 103.4. 5 min, 300 units: dropout .4, of units .15,
# of words .05, of Ws .15, rate .004 96.7. Beside n-grams, 30 s of a busy machine, each twice: Elman 115.6, 116.2; LSTM,
# own, 100 units 113.3, 117.3; 120 units 121.8.
# Readings by a network of REFERENCE_UNITS, from which on gates pay, and words enter by their rows of Wy; how much more
# an Elman network reads in that time.
MIN_GATED_READINGS, TIED_READINGS, ELMAN_READINGS = 0.5, 1.2, 1.8
GATED_WIDTHS = ((TIED_READINGS, 100), (4, 200), (12, 300), (40, 450), (inf, 650))
GATED_DROPOUT_READINGS, GATED_DROPOUT_PER_DOUBLING, MAX_DROPOUT_GATED = 2.0, 0.33, 0.6
GATED_DROPOUT_SHARES = {"dropout_units": 0.4, "dropout_words": 0.125, "dropout_recurrent": 0.375}
MAX_RATE_GATED, RATE_TIMES_UNITS_GATED, RATE_OWN = 0.005, 1.2, 0.008
OF_ELMAN = {"activation": "tanh", "leaky": 0.5}  # settings of an Elman network alone, as they are by default

# What has no effect where there is no network.
NO_NETWORK: dict[str, Any] = {
    "cell": "elman",
    "embedding": "own",
    **dict.fromkeys(("ensemble_size", "batch", "shards"), 1),
    **dict.fromkeys(("time", "epochs")),
    **dict.fromkeys(("dropout", "dropout_units", "dropout_words", "dropout_recurrent"), 0.0),
    "learning_rate": MAX_RATE,
}


def fitted(
    choices: Mapping[str, Any],
    words: int = 0,
    marked: bool = False,
    distinct: int = 0,
    readings: float | None = None,
    read_before: float | None = None,
) -> Settings:
    """Completes a user's choices of settings.

    words        in the corpus
    marked       whether the corpus marks unknown words as "<unk>"; if not, its rarest words teach that one
    distinct     words in the vocabulary, if they are known already
    readings     of the corpus by a network of REFERENCE_UNITS for which there is time; None: as many as epochs
    read_before  of the corpus by the network in an earlier training, 0 if it was of another text; None: there was none
    Raises UsageError for a setting that does not exist or a value that it cannot have.
    """
    chosen = checked_choices(choices)
    if chosen.get("time") is not None and chosen.get("epochs") is not None:
        raise UsageError("time and epochs: training ends by one or by the other. Give one of them")
    reading = {
        "case": "keep" if chosen.get("tokenizer") == "chars" else "fold",
        "min_count": 1 if marked or words < SPARED_RARE_WORDS else 2,
    }
    if chosen.get("hidden") == 0:
        _require_without_network(chosen)
        return Settings(**reading | NO_NETWORK | chosen)
    is_small, is_tiny = words < SMALL_TEXT_WORDS, words < TINY_TEXT_WORDS
    cell = _cell(chosen, is_small)
    if readings is not None and readings < MIN_GATED_READINGS and cell != chosen.get("cell", "elman"):
        cell, readings = "elman", readings * ELMAN_READINGS
    is_gated = cell != "elman"
    by_recipe = is_tiny and not chosen.keys() & {"time", "epochs"}
    if by_recipe:
        chosen["epochs"] = most_readings(words)
    epochs = chosen.get("epochs") or readings or DEFAULT_READINGS
    max_units = max(MIN_UNITS_SMALL_TEXT, round(0.36 * words**0.55)) if is_small else inf
    by_time = readings is not None and not chosen.get("epochs")
    networks = chosen.get("ensemble_size") or (TINY_TEXT_NETWORKS if by_recipe and "hidden" not in chosen else 1)
    if by_time and not chosen.keys() & {"ensemble_size", "hidden"} and not (is_gated and not is_small):
        most = MAX_NETWORKS_SMALL_TEXT if is_small else MAX_NETWORKS
        each = READINGS_PER_NETWORK * _relative_cost(min(MAX_ENSEMBLE_UNITS, max_units))
        networks = max(1, min(most, int(epochs / each)))
    if by_time:
        epochs /= networks
    least = 0 if by_time else REFERENCE_UNITS  # where a user chose the readings, a narrow network gains nothing
    widths = GATED_WIDTHS if is_gated and not is_small else WIDTHS
    width = max(least, next(units for most, units in widths if epochs < most))
    embedding = "tied" if is_gated and epochs >= TIED_READINGS else "own"
    hidden = chosen.get("hidden") or int(min(max_units, width))
    if not chosen.get("epochs"):
        epochs /= _relative_cost(hidden)
    if by_time and "time" not in chosen:
        epochs = min(epochs, most_readings(words))
    rate = _rate(hidden, epochs, is_small or read_before is not None)
    if is_gated and not is_small:
        rate = RATE_OWN if embedding == "own" else min(MAX_RATE_GATED, RATE_TIMES_UNITS_GATED / hidden)
    defaults: dict[str, Any] = {
        "cell": cell,
        "embedding": embedding,
        "hidden": hidden,
        "ensemble_size": networks,
        "batch": max(1, min(16 if is_small else 32, words // 100)),
        "time": None if chosen.get("epochs") else budget(words),
        "epochs": None,
        "shards": 2 if networks == 1 else 1,
        "learning_rate": SGD_RATE if chosen.get("optimizer") == "sgd" else rate,
    }
    occurrences = words / max(1, distinct) if is_small else inf
    epochs += read_before or 0
    if is_gated and not is_small:
        dropout = _dropout_of_gated(epochs, chosen.get("dropout"))
    else:
        dropout = _dropout(epochs, networks, occurrences, chosen.get("dropout"), max_dropout(words))
    defaults |= reading | dropout
    return Settings(**defaults | chosen)


def _cell(chosen: Mapping[str, Any], is_small: bool) -> str:
    """Chooses the cell. Raises UsageError where other choices do not go with it."""
    idle = [name for name, value in OF_ELMAN.items() if chosen.get(name, value) != value]
    cell: str = chosen.get("cell") or ("elman" if is_small or idle else "lstm")
    if cell != "elman" and idle:
        raise UsageError(
            f"{', '.join(idle)}: no effect on a gated cell. Leave out cell {cell}, or {' and '.join(idle)}"
        )
    if cell == "elman" and chosen.get("embedding") == "tied":
        raise UsageError("embedding: tied is for cells with gates. Leave it out, or choose the cell gru or lstm")
    return cell


def _require_without_network(chosen: Mapping[str, Any]) -> None:
    """Raises UsageError for choices that have no effect where n-grams alone are trained."""
    idle = [name for name, value in chosen.items() if name not in WITHOUT_NETWORK and value is not None]
    if idle:
        raise UsageError(
            f"{', '.join(idle)}: no effect where hidden is 0, which trains n-grams alone. "
            f"Leave {'them' if len(idle) > 1 else 'it'} out, or train a network: a larger --hidden"
        )


def most_readings(words: int) -> int:
    """Returns how often each network reads a corpus at most, where no user sets time or epochs."""
    return round(max(MAX_READINGS, min(MAX_READINGS_TINY_TEXT, MAX_READ_WORDS / max(1, words))))


def max_dropout(words: int) -> float:
    """Returns the dropout of the state that suits a corpus at most: a straight line over the logarithm of its words."""
    way = log2(max(1, words) / LOW_DROPOUT_WORDS) / log2(HIGH_DROPOUT_WORDS / LOW_DROPOUT_WORDS)
    return MAX_LOW_DROPOUT + (MAX_DROPOUT - MAX_LOW_DROPOUT) * max(0.0, min(1.0, way))


def budget(words: int) -> float:
    """Returns the seconds that suit a corpus: half a minute for 20,000 words, two for 190,000, five for 900,000,
    fifteen for five million; training ends before where each network has read the text `most_readings` times.
    """
    return float(min(MAX_BUDGET_SECONDS, max(MIN_BUDGET_SECONDS, round(120 * (words / 190_000) ** 0.6))))


def _relative_cost(hidden: float) -> float:
    """Estimates the time of a reading by a network of that width, relative to one of REFERENCE_UNITS."""
    return float((hidden / REFERENCE_UNITS) ** 1.2)


def _rate(hidden: int, epochs: float, is_slow: bool) -> float:
    """Chooses the peak learning rate of a network that reads a text so often; `is_slow`: not more for a short run."""
    if is_slow or epochs >= START_READINGS:
        return max(MIN_RATE, min(MAX_RATE, RATE_TIMES_UNITS / hidden))
    return max(MIN_RATE, min(MAX_RATE_SHORT_RUN, RATE_TIMES_UNITS_SHORT_RUN / hidden))


def _dropout_of_gated(epochs: float, chosen: float | None) -> dict[str, float]:
    """Chooses dropout for a gated cell and a large text: none at GATED_DROPOUT_READINGS, more with each doubling."""
    fitting = GATED_DROPOUT_PER_DOUBLING * log2(epochs / GATED_DROPOUT_READINGS)
    state = min(MAX_DROPOUT_GATED, max(0.0, fitting)) if chosen is None else chosen
    return {"dropout": state, **{name: share * state for name, share in GATED_DROPOUT_SHARES.items()}}


def _dropout(epochs: float, networks: int, occurrences: float, chosen: float | None, most: float) -> dict[str, float]:
    """Chooses dropout: more the more often a text is read, or it is learned by heart; less for an ensemble, whose
    networks learn different parts by heart.

    occurrences  of a word of a small text, on average; inf for a large text
    chosen       the state's dropout, if a user chose it
    most         that the state may have otherwise
    """
    is_small = occurrences < inf
    doublings = log2(epochs / START_READINGS) - (0.0 if is_small else log2(networks) / 4)
    slope = DROPOUT_PER_DOUBLING_SMALL_TEXT if is_small else DROPOUT_PER_DOUBLING
    recurrent = RECURRENT_PER_DOUBLING_SMALL_TEXT if is_small else RECURRENT_PER_DOUBLING
    least = MIN_DROPOUT
    if not is_small and doublings < 0:
        slope, least = DROPOUT_PER_DOUBLING_SHORT_RUN, 0.0
    state = min(most, max(least, DROPOUT_AT_START + slope * doublings)) if chosen is None else chosen
    rare, rarer = (min(1.0, max(0.0, (below - occurrences) / 10)) for below in (30, 20))
    units = state - 0.4 + 0.2 * rare if is_small else max(min(0.1, state - 0.2), state - 0.37)
    return {
        "dropout": state,
        "dropout_units": max(0.0, units),
        "dropout_words": rarer * max(0.0, min(MAX_DROPOUT_WORDS, state - 0.4)),
        "dropout_recurrent": max(0.0, min(MAX_DROPOUT_RECURRENT, recurrent * doublings)) if state else 0.0,
    }
