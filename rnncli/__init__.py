"""rnncli learns from your text and predicts the next word.

    model = rnncli.train("corpus.txt")
    for word, probability in model.predict("the cat", k=3): ...

Names are loaded when they are first used: `import rnncli` alone loads neither NumPy nor the command line.
"""

from __future__ import annotations

from .version import __version__ as __version__

TYPE_CHECKING = False  # at run time; the module typing is slow to load, and Ctrl-C has to wait for it
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
    from .evaluation.scored import ScoredWord
    from .loading import load
    from .model import LanguageModel, NextWord, Prediction
    from .personal.model import Personal
    from .run.training import Training, train
    from .settings import Settings

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


def require_posix() -> None:
    """Raises ImportError, with a sentence for people, on a system that is not POSIX."""
    try:
        import fcntl  # noqa: F401
        import resource  # noqa: F401
        from signal import SIGHUP  # noqa: F401
    except ImportError:
        raise ImportError("rnncli needs a POSIX system (Linux, macOS); on Windows use WSL.") from None


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'rnncli' has no attribute {name!r}")
    require_posix()
    from importlib import import_module

    for home in ("errors", "settings", "loading", "evaluation.scored", "model", "personal.model", "run.training"):
        module = import_module(f".{home}", __name__)
        if hasattr(module, name):
            return getattr(module, name)
    raise AssertionError(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
