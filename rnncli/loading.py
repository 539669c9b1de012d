"""Opens a model file. Light on purpose: the file is read on a thread while NumPy is still being imported."""

from __future__ import annotations

from .storage.checksum import StrPath, VerifiedFile

TYPE_CHECKING = False  # as in __init__.py
if TYPE_CHECKING:
    from .model import LanguageModel


def load(path: StrPath) -> LanguageModel:
    """Opens a model file. Raises FileError or CheckpointError."""
    file = VerifiedFile(path)  # starts reading
    from .model import LanguageModel

    return LanguageModel.load(file)
