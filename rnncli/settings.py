"""What a user may choose, in one place; it travels in the checkpoint."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import isfinite
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
    "batch": (1, 10**5),
    "bptt": (1, 10**5),
    "epochs": (1, 10**6),
    "learning_rate": (1e-9, 1e3),
    "dropout": (0, 0.95),
    "clip": (1e-9, 1e9),
    "shards": (1, 1024),
    "seed": (0, 2**63 - 1),
}


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
    activation: str = "tanh"

    # training
    batch: int  # columns read side by side
    bptt: int = 35  # steps that the gradient goes back
    epochs: int
    learning_rate: float
    dropout: float
    clip: float = 1.0  # largest norm of the gradient of the mean loss
    optimizer: str = "adam"
    softmax: str = "auto"  # while learning: exact, or sampled where the vocabulary is large
    shards: int = 2  # parts of a batch that go through time apart; more than so many threads have less to do
    seed: int = 1

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise UsageError(f"{name}: {getattr(self, name)!r} is not one of {', '.join(allowed)}")
        for name, (least, most) in RANGES.items():
            value = getattr(self, name)
            kind = int if isinstance(most, int) else int | float
            if not isinstance(value, kind) or not (isfinite(value) and least <= value <= most):
                what = "a whole number" if kind is int else "a number"
                raise UsageError(f"{name}: {value!r} is not {what} from {least} to {most}")

    @classmethod
    def fitted(cls, choices: Mapping[str, Any], words: int = 0, marked: bool = False) -> Self:
        """A user's choices, and for what is not chosen what suits a corpus.

        words   how many it has
        marked  whether some are unknown in the text already, as "<unk>"; if not, the rarest teach what unknown ones do
        Raises UsageError for a choice that there is not, or that cannot be meant.
        """
        if unknown := choices.keys() - {field.name for field in fields(cls)}:
            raise UsageError(f"{', '.join(sorted(unknown))}: no such setting")
        small = words < 300_000
        hidden = choices.get("hidden", 100 if small else 200)
        suited = {
            "case": "keep" if choices.get("tokenizer") == "chars" else "fold",
            "min_count": 1 if marked or words < 5_000 else 2,
            "hidden": hidden,
            "batch": max(1, min(16 if small else 32, words // 100)),
            "epochs": max(1, min(20, 5_000_000 // max(1, words))),
            "learning_rate": 1.0 if choices.get("optimizer") == "sgd" else max(0.001, min(0.01, 1 / max(1, hidden))),
            "dropout": 0.6 if small else 0.3,
        }
        return cls(**suited | dict(choices))
