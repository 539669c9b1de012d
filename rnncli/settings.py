"""What a user may choose, in one place; it travels in the checkpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import inf, isfinite, log2
from typing import Any, Self

from .errors import UsageError

CHOICES: dict[str, tuple[str, ...]] = {
    "tokenizer": ("words", "whitespace", "chars"),
    "case": ("fold", "keep"),
    "sentences": ("auto", "lines", "wrapped"),
    "activation": ("tanh", "relu"),
    "optimizer": ("adam", "sgd"),
    "softmax": ("auto", "exact", "sampled"),
}
RANGES: dict[str, tuple[float, float]] = {  # whole numbers where the end is one
    "vocabulary_size": (3, 10**7),
    "min_count": (1, 10**9),
    "hidden": (1, 10**5),
    "members": (1, 64),
    "batch": (1, 10**5),
    "bptt": (1, 10**5),
    "slow": (0, 1.0),
    "time": (0.1, 1e8),
    "epochs": (1, 10**6),
    "learning_rate": (1e-9, 1e3),
    "dropout": (0, 0.95),
    "dropout_units": (0, 0.95),
    "dropout_words": (0, 0.95),
    "dropout_recurrent": (0, 0.95),
    "clip": (1e-9, 1e9),
    "shards": (1, 1024),
    "seed": (0, 2**63 - 1),
}
LEAST, MOST = 1.0, 3600.0  # seconds that a budget has, if no user says so
REFERENCE = 200  # units
USUAL = 5.0  # readings, where there is neither time nor epochs to tell by
SMALL = 300_000  # words of a text that a narrower network suits
WIDTHS = ((8, 200), (50, 300), (100, 400), (200, 600), (inf, 1000))  # units, where there is time for fewer readings
EACH = 11  # readings for which one more network is worth its time
MEMBERS, SMALL_MEMBERS = 8, 4  # up to so many; of a small text
SIDE_BY_SIDE = 300  # units, at most, that these are thought to have
ENDS = ("time", "epochs")  # of which one is set, the other None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a text is read and how its network is trained. `fitted` chooses what a user has not."""

    # reading
    tokenizer: str = "words"
    case: str  # fold: cases are one word
    sentences: str = "auto"
    vocabulary_size: int = 10_000  # at most, with <eos> and <unk>
    min_count: int

    # the network
    hidden: int
    members: int  # networks of that width that learn side by side; the model is their mean
    activation: str = "tanh"
    slow: float = 0.5  # share of the units that start with a long memory; with none the network is Elman's

    # training; as long as the time or the epochs last
    batch: int  # columns read side by side
    bptt: int = 35  # steps that the gradient goes back
    time: float | None  # seconds for all of it, reading and validating included
    epochs: int | None  # readings of the text
    learning_rate: float
    dropout: float  # share of the state's units hidden from the output
    dropout_units: float  # share of the units of the words read
    dropout_words: float  # share of the words read
    dropout_recurrent: float  # share of the weights from state to state
    clip: float = 1.0  # largest norm of the gradient of the mean loss
    optimizer: str = "adam"
    softmax: str = "auto"  # while learning: exact, or sampled where the vocabulary is large
    shards: int  # parts of a batch that go through time apart; more than so many threads have less to do
    seed: int = 1

    def __post_init__(self) -> None:
        for field in fields(self):
            check(field.name, getattr(self, field.name))
        if (self.time is None) == (self.epochs is None):
            raise UsageError("training ends by time or by epochs: give one of them")

    @classmethod
    def fitted(
        cls,
        choices: Mapping[str, Any],
        words: int = 0,
        marked: bool = False,
        distinct: int = 0,
        readings: float | None = None,
    ) -> Self:
        """A user's choices, and for what is not chosen what suits a corpus and the time that there is.

        words     how many it has
        marked    whether the text has "<unk>" for unknown ones already; if not, the rarest teach what unknown ones do
        distinct  how many different ones its vocabulary has, if that is known already
        readings  how often a network of REFERENCE units could read it in the time; None: as many as the epochs are
        Raises UsageError for a choice that there is not, or that cannot be meant.
        """
        if unknown := choices.keys() - {field.name for field in fields(cls)}:
            raise UsageError(f"{', '.join(sorted(unknown))}: no such setting")
        for name, value in choices.items():
            check(name, value)
        if choices.get("time") is not None and choices.get("epochs") is not None:
            raise UsageError("time and epochs: training ends by one or by the other. Give one of them")
        small = words < SMALL
        epochs = choices.get("epochs") or readings or USUAL
        widest = max(24, round(0.36 * words**0.55)) if small else inf
        by_time = readings is not None and not choices.get("epochs")
        members = choices.get("members") or 1
        if by_time and not choices.keys() & {"members", "hidden"}:
            most = SMALL_MEMBERS if small else MEMBERS
            members = max(1, min(most, int(epochs / _cost(min(SIDE_BY_SIDE, widest)) / EACH)))
        if by_time:
            epochs /= members
        hidden = choices.get("hidden") or int(min(widest, next(H for most, H in WIDTHS if epochs < most)))
        if not choices.get("epochs"):
            epochs /= _cost(hidden)
        suited: dict[str, Any] = {
            "case": "keep" if choices.get("tokenizer") == "chars" else "fold",
            "min_count": 1 if marked or words < 5_000 else 2,
            "hidden": hidden,
            "members": members,
            "batch": max(1, min(16 if small else 32, words // 100)),
            "time": None if choices.get("epochs") else budget(words),
            "epochs": None,
            "shards": 2 if members == 1 else 1,
            "learning_rate": 1.0 if choices.get("optimizer") == "sgd" else max(0.001, min(0.005, 0.8 / hidden)),
        }
        seen = words / max(1, distinct) if small else inf
        suited |= _dropout(epochs, members, seen, choices.get("dropout"))
        return cls(**suited | dict(choices))


def _cost(hidden: float) -> float:
    """What a reading by so many units costs, beside one by REFERENCE units."""
    return float((hidden / REFERENCE) ** 1.2)


def _dropout(epochs: float, members: int, seen: float, chosen: float | None) -> dict[str, float]:
    """What to hide. The more often a text is read, the more, or it is learnt by heart; less by networks side by
    side, of which each learns other things by heart.

    seen    how often a word of a small text occurs in the mean; of a large one inf
    chosen  the share of the state's units, if a user chose it
    """
    small = seen < inf
    doublings = log2(epochs / 5) - (0.0 if small else log2(members) / 4)
    steep, recurrent = (0.16, 0.15) if small else (0.14, 0.25)
    state = min(0.65, max(0.1, 0.3 + steep * doublings)) if chosen is None else chosen
    rare, rarer = (min(1.0, max(0.0, (most - seen) / 10)) for most in (30, 20))
    units = state - 0.4 + 0.2 * rare if small else max(min(0.1, state - 0.2), state - 0.37)
    return {
        "dropout": state,
        "dropout_units": max(0.0, units),
        "dropout_words": rarer * max(0.0, min(0.2, state - 0.4)),
        "dropout_recurrent": max(0.0, min(0.4, recurrent * doublings)) if state else 0.0,
    }


def check(name: str, value: Any) -> None:
    """Raises UsageError if a setting cannot have that value."""
    if name in CHOICES:
        if value not in CHOICES[name]:
            raise UsageError(f"{name}: {value!r} is not one of {', '.join(CHOICES[name])}")
    elif not (value is None and name in ENDS):
        least, most = RANGES[name]
        kind = int if isinstance(most, int) else int | float
        if not isinstance(value, kind) or not (isfinite(value) and least <= value <= most):
            what = "a whole number" if kind is int else "a number"
            raise UsageError(f"{name}: {value!r} is not {what} from {least} to {most}")


def budget(words: int) -> float:
    """Seconds that suit a corpus of that many words: half a minute for 20,000, two for 190,000, five for 900,000."""
    return float(min(MOST, max(LEAST, round(120 * (words / 190_000) ** 0.6))))
