"""rnncli learns from your text and predicts the next word.

    model = rnncli.train("corpus.txt")
    for word, probability in model.predict("the cat", k=3): ...

The names are loaded when they are first used: `import rnncli` alone loads neither NumPy nor the command line.
"""

from __future__ import annotations

TYPE_CHECKING = False  # to what runs; typing takes long to load, and Ctrl-C has to wait for it
if TYPE_CHECKING:
    from typing import Any

    from .errors import (
        CheckpointError,
        DivergenceError,
        FileError,
        InUseError,
        ResourceError,
        RnncliError,
        TextError,
        UsageError,
    )
    from .model import LanguageModel, NextWord, Prediction, ScoredWord, load
    from .personal.model import Personal
    from .run.training import Training, train
    from .settings import Settings

__version__ = "0.1.0"

__all__ = [
    "CheckpointError",
    "DivergenceError",
    "FileError",
    "InUseError",
    "LanguageModel",
    "NextWord",
    "Personal",
    "Prediction",
    "ResourceError",
    "RnncliError",
    "ScoredWord",
    "Settings",
    "TextError",
    "Training",
    "UsageError",
    "load",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'rnncli' has no attribute {name!r}")
    from importlib import import_module

    for room in ("errors", "settings", "model", "personal.model", "run.training"):
        module = import_module(f".{room}", __name__)
        if hasattr(module, name):
            return getattr(module, name)
    raise AssertionError(name)
