"""What several commands share: how they find the model, and numbers that have to be numbers."""

import os
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

import click

from ..errors import FileError
from ..settings import RANGES
from ..storage.checksum import Image

if TYPE_CHECKING:
    from ..model import LanguageModel
    from ..personal.model import Personal

DEFAULT_MODEL = "model.npz"
VARIABLE = "RNNCLI_MODEL"
COMPLETION = "_RNNCLI_COMPLETE"  # the variable by which a shell's script asks what could come


class Finite(click.FloatRange):
    """A number within a range: neither nan nor infinite."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if not isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


UNITS = {"s": 1, "m": 60, "h": 3600}


class Duration(click.types.FloatParamType):
    """Seconds, or a number with the unit it is in."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        unit = UNITS.get(value[-1:])
        try:
            seconds = float(value[:-1]) * unit if unit else float(value)
        except ValueError:
            seconds = nan
        least, most = RANGES["time"]
        if not least <= seconds <= most:
            self.fail(f"{value!r} is not a time: write 90s, 5m or 1h.", param, ctx)
        return seconds


def models(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:  # noqa: ARG001
    """Model files whose names begin so, and folders that may hold some; for a shell."""
    from glob import escape, glob

    from click.shell_completion import CompletionItem

    found = sorted(glob(escape(incomplete) + "*"))
    folders = [CompletionItem(name + os.sep) for name in found if os.path.isdir(name)]
    return [CompletionItem(name) for name in found if name.endswith(".npz")] + folders


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:  # noqa: ARG001
    """Any files; for a shell."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


model_option = click.option(
    "-m",
    "--model",
    metavar="FILE",
    shell_complete=models,
    help=f"The model. [default: {DEFAULT_MODEL} here, else the one that ${VARIABLE} names]",
)
learn_option = click.option(
    "--learn", metavar="FILE", shell_complete=models, help="Predict with what was learnt from you, which is there."
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
quiet_option = click.option("-q", "--quiet", is_flag=True, help="No messages but errors.")


def open_personal(model: "LanguageModel", path: str | None = None) -> "Personal":
    """A model together with what was learnt on top of it. Raises FileError, CheckpointError, InUseError."""
    from ..personal.model import Personal

    return Personal(model, path)


def open_model(path: str | None) -> "LanguageModel":
    """The model a user means. Raises FileError, CheckpointError."""
    if path is None:
        path = DEFAULT_MODEL if os.path.exists(DEFAULT_MODEL) else os.environ.get(VARIABLE)
    if path is None:
        raise FileError(
            f"no model: there is no {DEFAULT_MODEL} here, and ${VARIABLE} names none. "
            "Train one: rnncli train corpus.txt"
        )
    if not os.path.exists(path):
        raise FileError(f"{path}: no such model. Train one: rnncli train corpus.txt -o {path}")
    image = Image(path)  # which is read while NumPy is loaded
    from ..model import LanguageModel

    return LanguageModel.load(image)
