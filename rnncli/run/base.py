"""The model that a run goes on from, with another text or with more time."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ..errors import CheckpointError, UsageError
from ..model import LanguageModel
from ..network.parameters import Weights, width
from ..settings import WITHOUT_NETWORK, Settings, checked_choices
from ..storage.checksum import HeldFile, StrPath, VerifiedFile, fingerprint, resume_path
from ..storage.resumption import Resumption
from ..text.codec import RULES
from ..text.growth import Earlier

# What a model keeps: how its texts are read, and what its network and its n-grams are.
KEPT = ("tokenizer", "case", "hidden", "ensemble_size", "cell", "embedding", "activation", "leaky", "ngrams")


@dataclass(frozen=True, eq=False)
class Base:
    """A model that a run goes on from, and the bytes of its file."""

    model: LanguageModel
    content: bytes | bytearray

    @classmethod
    def load(cls, file: VerifiedFile | HeldFile) -> Self:
        """Reads a model. Raises FileError, CheckpointError; UsageError for one that no run can go on from."""
        model = LanguageModel.load(file)
        settings, H = model.settings, width(model.params)
        if settings.rules != RULES:
            raise UsageError(
                f"{file.path}: was trained by the first rules for words and sentences, by which no text is read any "
                "more, so it cannot be trained on. Train a new model: leave out --from"
            )
        if settings.hidden and settings.hidden * settings.ensemble_size != H:
            raise CheckpointError(f"{file.path}: has {H} units, and not those that its settings say")
        return cls(model, file.content())

    @property
    def weights(self) -> Weights | None:
        """The network, if there is one."""
        return self.model.params if self.model.settings.hidden else None

    @property
    def texts(self) -> list[str]:
        """The digests of the texts that the model was trained on."""
        record = self.model.record
        return list(dict.fromkeys([*record.get("from", {"texts": []})["texts"], record["corpus"]["digest"]]))

    def has_counted(self, digest: str) -> bool:
        """Tells whether the model was trained on the text with that digest."""
        return digest in self.texts

    def readings(self, digest: str) -> float:
        """Returns how often the network read the text with that digest in the last training, if it was of that text."""
        record = self.model.record
        curve = record["curve"] if record["corpus"]["digest"] == digest else None
        return float(curve[-1][0]) if curve else 0.0

    def as_json(self) -> dict[str, Any]:
        """Returns what the record of a model says of the one that its run went on from."""
        return {"model": fingerprint(self.content), "texts": self.texts}

    def completed(self, choices: Mapping[str, Any]) -> dict[str, Any]:
        """Returns a user's choices with the settings that the model keeps. Raises UsageError for contrary ones."""
        settings, size = self.model.settings, len(self.model.vocabulary)
        require_same({name: value for name, value in choices.items() if name in KEPT}, settings)
        if checked_choices(choices).get("vocabulary_size", size) < size:
            raise UsageError(
                f"vocabulary_size: {choices['vocabulary_size']} is less than the {size} words that the model of --from "
                "knows, and keeps. Give a larger one, or leave it out"
            )
        return {
            **choices,
            **{name: getattr(settings, name) for name in KEPT if settings.hidden or name in WITHOUT_NETWORK},
        }

    def earlier(self, digest: str) -> Earlier:
        """Returns the vocabulary, to which a text with that digest adds words."""
        return Earlier(self.model.vocabulary, self.has_counted(digest), self.model.settings.vocabulary_size)


def open_base(path: str | None, saved: Resumption | None, output: StrPath | None) -> Base | None:
    """Reads the model that a run goes on from: at first its file, of a saved run what that kept.

    A resumed run needs no file, which its own model may have replaced; one that is named has to be that model.
    Raises FileError, CheckpointError, UsageError.
    """
    if not saved:
        return Base.load(VerifiedFile(path)) if path else None
    if saved.base is None:
        if path:
            raise UsageError(f"{output}: its interrupted training does not go on from a model. Leave out --from")
        return None
    assert output
    may_be_replaced = path and os.path.exists(output) and os.path.exists(path) and os.path.samefile(path, output)
    if path and os.path.exists(path) and not may_be_replaced:
        file = VerifiedFile(path)
        if fingerprint(file.content()) != fingerprint(saved.base):
            raise UsageError(
                f"{path}: is not the model that the interrupted training of {output} goes on from. "
                "Leave out --from, or --force to start anew"
            )
    return Base.load(HeldFile(resume_path(output), saved.base))


def require_same(choices: Mapping[str, Any], given: Settings, began_with_rate: float | None = None) -> None:
    """Raises UsageError where a user chose other settings than an earlier run has.

    "auto" leaves the choice to the run, and agrees with whatever it chose. `began_with_rate` is the learning rate of a
    run that diverged before it lowered the rate: the command that began the run says that one.
    """
    others = [
        f"{name} is {getattr(given, name)} there, not {value}"
        for name, value in checked_choices(choices).items()
        if value not in ("auto", getattr(given, name)) and not (name == "learning_rate" and value == began_with_rate)
    ]
    if others:
        raise UsageError(f"{'; '.join(others)}. Leave out what the earlier training says already")
