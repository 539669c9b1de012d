"""Runs the command `rnncli`, also as python -m rnncli."""

import signal
import sys

from . import require_posix


def run() -> None:
    """Runs the command line. Ctrl-C ends the process at once and in silence, unless a command arranges otherwise."""
    try:
        require_posix()
    except ImportError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a shell may want SIGINT ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from .cli.main import run as run_command

    run_command()


if __name__ == "__main__":
    run()
