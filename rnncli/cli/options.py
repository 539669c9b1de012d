"""Options, value types and shell completions that several commands share, and how a command finds its model."""

import os
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

import click

from ..errors import FileError, TextError, UsageError
from ..settings import DECLARATIONS

if TYPE_CHECKING:
    from ..model import LanguageModel
    from ..personal.model import Personal
    from ..text.wordlist import Blocked

DEFAULT_MODEL = "model.npz"
MODEL_VARIABLE = "RNNCLI_MODEL"
COMPLETION_VARIABLE = "_RNNCLI_COMPLETE"  # by which a shell's script asks for completions
SECONDS_OF_UNIT = {"s": 1, "m": 60, "h": 3600}


class Finite(click.FloatRange):
    """A number within a range: neither nan nor infinite."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Converts what a user wrote. Fails with a usage error."""
        number = float(super().convert(value, param, ctx))
        if not isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


class Duration(click.types.FloatParamType):  # a ParamType takes no type parameter before click 8.4
    """A time: a number of seconds, or a number with its unit, as 90s, 5m or 1h."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Converts what a user wrote to seconds. Fails with a usage error."""
        if isinstance(value, float):
            return value
        unit = SECONDS_OF_UNIT.get(value[-1:])
        try:
            seconds = float(value[:-1]) * unit if unit else float(value)
        except ValueError:
            seconds = nan
        least, most = (DECLARATIONS["time"].metadata[end] for end in ("least", "most"))
        if not least <= seconds <= most:
            self.fail(f"{value!r} is not a time: write 90s, 5m or 1h.", param, ctx)
        return seconds


def models(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:  # noqa: ARG001
    """Completes a file name for a shell: model files, and folders that may hold some."""
    from glob import escape, glob

    from click.shell_completion import CompletionItem

    found = sorted(glob(escape(incomplete) + "*"))
    folders = [CompletionItem(name + os.sep) for name in found if os.path.isdir(name)]
    return [CompletionItem(name) for name in found if name.endswith(".npz")] + folders


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:  # noqa: ARG001
    """Completes a file name for a shell: any file."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def nonempty(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:  # noqa: ARG001
    """Refuses an empty file name, as an unset variable of a script gives it."""
    if value == "":
        raise click.BadParameter("the name of the file is empty")
    return value


model_option = click.option(
    "-m",
    "--model",
    metavar="FILE",
    shell_complete=models,
    callback=nonempty,
    help=f"Model file to use. [default: {DEFAULT_MODEL} in this folder, else the file that ${MODEL_VARIABLE} names]",
)
learn_option = click.option(
    "--learn",
    metavar="FILE",
    shell_complete=models,
    callback=nonempty,
    help="Personal file to predict with; --commit creates it.",
)
encoding_option = click.option(
    "--encoding",
    metavar="NAME",
    help="Encoding of the text, such as windows-1252.  [default: UTF-8, or as its byte order mark says]",
)
block_option = click.option(
    "--block",
    metavar="FILE",
    shell_complete=files,
    callback=nonempty,
    help="Never offer or write the words of this list, one a line: names, swearing. Capitals count only where they do "
    "for the model. A line of several words is refused.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
header_option = click.option("--header", is_flag=True, help="Begin with a line that names the columns.")
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Print no messages but errors.")


def require_rows(header: bool, as_json: bool) -> None:
    """Refuses a header over JSON, whose objects name their fields themselves."""
    if header and as_json:
        raise UsageError("--header and --json: each object names its fields. Leave out --header")


def open_personal(model: "LanguageModel", path: str | None = None) -> "Personal":
    """Combines a model with a personal file. Raises FileError, CheckpointError, InUseError."""
    from ..personal.model import Personal

    return Personal(model, path)


def read_block(path: str | None, model: "LanguageModel") -> "Blocked":
    """Finds the words of --block in a model; none without a file. Raises FileError, TextError, UsageError."""
    if path is None:
        return model.codec.blocked(())
    from ..text import wordlist
    from ..text.names import command_name

    try:
        return model.codec.blocked(wordlist.read(path))
    except TextError as error:
        if "--encoding" not in str(error):  # which these commands do not have
            raise
        raise TextError(
            f"{path}: is not UTF-8, and a list of words has to be. See what it is: file -i {command_name(path)}; "
            "then convert it: iconv -f NAME -t utf-8"
        ) from None


def open_model(path: str | None) -> "LanguageModel":
    """Opens the model that --model, the folder or the environment names. Raises FileError, CheckpointError."""
    named = ""
    if path is None and os.path.exists(DEFAULT_MODEL):
        path = DEFAULT_MODEL
    elif path is None:
        path, named = os.environ.get(MODEL_VARIABLE), f" (named by ${MODEL_VARIABLE})"
    if not path:
        raise FileError(
            f"no model: there is no {DEFAULT_MODEL} here, and ${MODEL_VARIABLE} names none. "
            "Train one: rnncli train corpus.txt"
        )
    if not os.path.exists(path):
        raise FileError(f"{path}: no such model{named}. Train one: rnncli train corpus.txt -o {path}")
    from ..loading import load

    return load(path)
