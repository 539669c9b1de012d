"""The command `rnncli`, and python -m rnncli."""

import signal


def run() -> None:
    """Runs the command line. Ctrl-C ends it at once and in silence, unless a command has made arrangements."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a shell may want it ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from .cli.main import run as command

    command()


if __name__ == "__main__":
    run()
