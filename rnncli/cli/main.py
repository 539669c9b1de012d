"""The entry point of the command line, and its commands."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from .. import memory
from ..version import __version__
from .failures import exit_code
from .help import Context
from .options import COMPLETION_VARIABLE
from .streams import open_streams, release_output

COMMANDS = {  # with the summaries that help and shells show; a comma would end one in fish and zsh
    "train": "Train a model on your text.",
    "predict": "List the likeliest next words with their probabilities.",
    "generate": "Continue a text.",
    "score": "Measure how well the model predicts a text.",
    "info": "Describe a model file.",
    "export": "Write a model's n-grams for other programs.",
    "type": "Write a text with suggestions as you type.",
    "learned": "List the words that --learn has learned from you.",
    "forget": "Delete what --learn has learned from you.",
    "completion": "Print a completion script for your shell or Vim.",
}


class Commands(click.Group):
    """A group whose commands are imported when they are called, each from the module of its name."""

    context_class = Context

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f".{cmd_name}", __package__), cmd_name)
        command.short_help = COMMANDS[cmd_name]
        command.context_class = Context
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["--help", "-h"]})
@click.version_option(__version__, "-V", "--version", message="rnncli %(version)s")
def cli() -> None:
    """Learns from your text and predicts the next word.

    \b
    rnncli train corpus.txt
    rnncli predict "the cat"
    rnncli generate "once upon a time"
    rnncli COMMAND --help

    The model is model.npz in this folder unless you name another one. Results go to standard output, messages to
    standard error.

    Exit codes: 0 done; 1 no word is as likely as --min-p demands; 2 wrong usage; 3 bad text; 4 bad model file; 5 a
    file or stream cannot be read or written; 6 not enough memory or disk; 7 a network diverged; 8 file in use by
    another process; 130 stopped by Ctrl-C.
    """


def main(arguments: Sequence[str]) -> int:
    """Runs a command line; returns its exit code, or ends the process by the signal that ended the command."""
    context: click.Context | None = None
    try:
        if COMPLETION_VARIABLE in os.environ:
            from click.shell_completion import shell_complete

            return shell_complete(cli, {}, "rnncli", COMPLETION_VARIABLE, os.environ[COMPLETION_VARIABLE])
        memory.reserve_for_imports(import_libraries)
        with cli.make_context("rnncli", list(arguments)) as context:
            cli.invoke(context)
    except BaseException as error:
        code = exit_code(error, context.invoked_subcommand if context else None)
        if code is None:
            raise
        return code
    return 0


def import_libraries() -> None:
    """Imports everything that a command may import later."""
    for name in ("run.training", "personal.model"):
        import_module(f"..{name}", __package__)


def run() -> None:
    """Runs the command line of this process."""
    open_streams()
    code = main(sys.argv[1:])
    release_output()
    sys.exit(code)
