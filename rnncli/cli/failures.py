"""Turns errors into messages and exit codes, in one place."""

import io
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress

import click

from ..errors import FileError, Interrupted, ResourceError, RnncliError
from .escape import one_line
from .signals import die_by

NO_MEMORY = (  # in messages of errors that are a lack of memory, whatever their class
    "start new thread",
    "can't allocate",
    "annot allocate memory",
    "failed to map segment",
    "without setting an exception",  # an extension that did not notice that it got no memory
    "exception set",
)
MEMORY_ADVICE = {"train": "Try a smaller --hidden or --vocabulary-size"}
GENERAL_MEMORY_ADVICE = "Close other programs, or raise the limit of this process (ulimit -v)"


def exit_code(error: BaseException, command: str | None) -> int | None:
    """Reports an error on standard error and returns the exit code; ends the process for an error that is a signal.

    command  the command that failed; advice depends on it
    Returns None for a bug, whose traceback is what a report of the bug needs.
    """
    match error:
        case click.exceptions.Exit():
            return error.exit_code
        case click.ClickException():
            shown = io.StringIO()
            error.show(shown)
            for line in shown.getvalue().splitlines():
                say(line)
            return error.exit_code
        case RnncliError():
            say(f"Error: {error}")
            return error.exit_code
        case BrokenPipeError():
            return die_by(signal.SIGPIPE)
        case Interrupted():
            return die_by(error.number)
        case KeyboardInterrupt():
            return die_by(signal.SIGINT)
        case _ if is_lack_of_memory(error):
            return report_lack_of_memory(error, command)
        case OSError():
            say(f"Error: {error.filename or 'the system'}: {error.strerror or error}")
            return FileError.exit_code
        case ImportError():
            say(f"Error: a part of the program cannot be loaded: {first_line(list(chain_of(error))[-1])}")
            return FileError.exit_code
    return None


def is_lack_of_memory(error: BaseException) -> bool:
    """Returns whether an error is a lack of memory. NumPy and CPython turn some into SystemError or RuntimeError."""
    if isinstance(error, SystemError) and any(isinstance(cause, MemoryError) for cause in chain_of(error)):
        return True
    named = isinstance(error, SystemError | RuntimeError | ImportError) and any(w in str(error) for w in NO_MEMORY)
    return isinstance(error, MemoryError) or named


def report_lack_of_memory(error: BaseException, command: str | None) -> int:
    """Reports a lack of memory and returns its exit code."""
    error.__traceback__ = error.__context__ = error.__cause__ = None  # frees what the work held: a message needs memory
    why = str(error).rstrip(".") or "none is left"
    say(f"Error: not enough memory: {why}. {MEMORY_ADVICE.get(command or '', GENERAL_MEMORY_ADVICE)}")
    return ResourceError.exit_code


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """Yields an error and its causes, the first cause last."""
    cause: BaseException | None = error
    while cause:
        yield cause
        cause = cause.__cause__ or cause.__context__


def first_line(error: BaseException) -> str:
    """Returns the first line of an error's message, or the name of its class."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def say(message: str) -> None:
    """Writes a message to standard error, if there is one to write to."""
    with suppress(OSError, ValueError, AttributeError):
        print(one_line(message), file=sys.stderr)
