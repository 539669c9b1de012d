"""The entry point: commands, and the one place where errors become messages and exit codes."""

import io
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module

import click

from .. import __version__, memory
from ..errors import FileError, Interrupted, ResourceError, RnncliError
from .options import COMPLETION
from .output import Results, one_line
from .signals import die_by

NO_ROOM = ("start new thread", "can't allocate", "failed to map segment", "annot allocate memory")
COMMANDS = ("train", "predict", "generate", "score", "info", "type", "forget", "completion")


class Commands(click.Group):
    """Commands that are imported when they are called, each from the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f".{cmd_name}", __package__), cmd_name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", message="rnncli %(version)s")
def cli() -> None:
    """Learns from your text and predicts the next word.

    \b
    rnncli train corpus.txt          learn; the model goes to model.npz
    rnncli predict "the cat"         the likeliest next words
    rnncli generate "once upon"      write on from there
    rnncli score other.txt           how well the model foresees a text
    rnncli type                      write with suggestions

    Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 nothing as
    likely as --min-p asks, 2 wrong usage, 3 bad text, 4 bad model file, 5 a file or stream cannot be read or written,
    6 not enough memory, 7 training diverged, 8 file in use by another process, 130 stopped by Ctrl-C.
    """


def main(arguments: Sequence[str]) -> int:
    """Runs a command line; returns its exit code, or ends the process by the signal that ended the command."""
    if COMPLETION in os.environ:
        from click.shell_completion import shell_complete

        return shell_complete(cli, {}, "rnncli", COMPLETION, os.environ[COMPLETION])
    try:
        memory.reserve_for_imports(libraries)
        with cli.make_context("rnncli", list(arguments)) as context:
            cli.invoke(context)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        for line in shown.getvalue().splitlines():
            say(line)
        return error.exit_code
    except RnncliError as error:
        say(f"Error: {error}")
        return error.exit_code
    except (MemoryError, SystemError) as error:  # the latter where an extension did not notice that there was none
        return short_of_memory(error)
    except (RuntimeError, ImportError) as error:
        if any(words in str(error) for words in NO_ROOM):
            return short_of_memory(error)
        if isinstance(error, RuntimeError):
            raise
        say(f"Error: a part of the program cannot be loaded: {root(error)}")
        return FileError.exit_code
    except BrokenPipeError:
        return die_by(signal.SIGPIPE)
    except OSError as error:
        say(f"Error: {error.filename or 'the system'}: {error.strerror or error}")
        return FileError.exit_code
    except Interrupted as end:
        return die_by(end.number)
    except KeyboardInterrupt:
        return die_by(signal.SIGINT)
    return 0


def libraries() -> None:
    for name in ("run.training", "personal.model"):
        import_module(f"..{name}", __package__)


def short_of_memory(error: Exception) -> int:
    error.__traceback__ = error.__context__ = None  # what the work had is let go: the message takes room, too
    why = str(error).rstrip(".") or "none is left"
    say(f"Error: not enough memory: {why}. Try a smaller --hidden or --vocabulary-size")
    return ResourceError.exit_code


def root(error: BaseException) -> str:
    """What an error began with, in a line."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return next(iter(str(error).splitlines()), type(error).__name__)


def say(message: str) -> None:
    """A message on standard error, if there is one to write to."""
    with suppress(OSError, ValueError, AttributeError):
        print(one_line(message), file=sys.stderr)


class Messages(io.TextIOWrapper):
    """Standard error that takes what it can: no work may fail for want of a place for its messages."""

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            super().flush()


def run() -> None:
    """What the command `rnncli` calls."""
    for descriptor in range(3):  # one that is closed would be given to the next file that is opened
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)  # so that to write there stays an error
    sys.stdout = Results(io.BufferedWriter(io.FileIO(1, "w", closefd=False)), "utf-8", "backslashreplace")
    raw = io.FileIO(2, "w", closefd=False)
    sys.stderr = Messages(raw, "utf-8", "backslashreplace", line_buffering=True, write_through=True)
    code = main(sys.argv[1:])
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever was to be written has been: nothing for the exit to trip on
    sys.exit(code)
