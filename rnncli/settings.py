"""What a user may choose, in one place; it travels in the checkpoint."""

from dataclasses import asdict, dataclass, replace
from math import isfinite
from typing import Any, Literal, Self, get_args

from .errors import UsageError

Tokenizer = Literal["words", "whitespace", "chars"]
Case = Literal["fold", "keep"]
Sentences = Literal["auto", "lines", "wrapped"]
Activation = Literal["tanh", "relu"]
Optimizer = Literal["adam", "sgd"]
Softmax = Literal["exact"]

CHOICES: dict[str, tuple[str, ...]] = {
    "tokenizer": get_args(Tokenizer),
    "case": get_args(Case),
    "sentences": get_args(Sentences),
    "activation": get_args(Activation),
    "optimizer": get_args(Optimizer),
    "softmax": get_args(Softmax),
}

RANGES: dict[str, tuple[float, float]] = {
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


@dataclass(frozen=True)
class Settings:
    """How a text is read and how its network is trained. None: chosen from the corpus by `fitted`."""

    # reading
    tokenizer: Tokenizer = "words"
    case: Case | None = None  # fold, but keep for chars
    sentences: Sentences = "auto"
    vocabulary_size: int | None = None  # with <eos> and <unk>
    min_count: int | None = None

    # the network
    hidden: int | None = None
    activation: Activation = "tanh"

    # training
    batch: int | None = None  # columns read side by side
    bptt: int | None = None  # steps that the gradient goes back
    epochs: int | None = None
    learning_rate: float | None = None
    dropout: float | None = None
    clip: float = 1.0  # largest norm of the gradient, per word
    optimizer: Optimizer = "adam"
    softmax: Softmax = "exact"
    shards: int = 4  # parts that a batch is cut into, whatever the number of threads
    seed: int = 1

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            value = getattr(self, name)
            if value not in allowed and not (value is None and name == "case"):
                raise UsageError(f"{name}: {value!r} is not one of {', '.join(allowed)}")
        for name, (least, most) in RANGES.items():
            value = getattr(self, name)
            if value is not None and not (isfinite(value) and least <= value <= most):
                raise UsageError(f"{name.replace('_', '-')}: {value} is not between {least} and {most}")

    def fitted(self, words: int) -> Self:
        """These settings with every None chosen for a corpus of that many words."""
        small = words < 300_000
        chosen: dict[str, Any] = {
            "case": "keep" if self.tokenizer == "chars" else "fold",
            "vocabulary_size": 10_000,
            "min_count": 1 if words < 5_000 else 2,
            "hidden": 100 if small else 200,
            "batch": max(1, min(16 if small else 32, words // 100)),
            "bptt": 35,
            "epochs": max(1, min(20, 6_000_000 // max(1, words))),
            "learning_rate": {"adam": 0.003, "sgd": 1.0}[self.optimizer],
            "dropout": 0.5 if small else 0.3,
        }
        return replace(self, **{name: value for name, value in chosen.items() if getattr(self, name) is None})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Raises TypeError for names that are not settings, UsageError for values that cannot be meant."""
        return cls(**values)
