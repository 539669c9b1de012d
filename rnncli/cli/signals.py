"""Ends work in order when a termination signal comes."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..errors import Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU)  # termination signals


def die_by(number: int, _: object = None) -> int:
    """Ends the process by a signal, so that a shell sees which; returns 128 + its number where the process survives, as
    the first process of a container does."""
    sys.unraisablehook = lambda _: None  # Python complains of a signal that comes just as its handler is reset
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)
    return 128 + number


def end(number: signal.Signals) -> None:
    """Raises Interrupted, wherever the program is."""
    raise Interrupted(number)


@contextmanager
def on_signals(act: Callable[[signal.Signals], None]) -> Iterator[None]:
    """Calls `act` on the first termination signal, then restores the handlers; ignored signals stay ignored.

    Where the system's own handler was set, `die_by` takes its place: Python would print a complaint about a signal that
    is pending when the system's handler comes back."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    usual = {number: die_by if handler == signal.SIG_DFL else handler for number, handler in before.items()}

    def restore() -> None:
        for number, handler in usual.items():
            if signal.getsignal(number) is receive:  # not where an outer level has restored its own
                signal.signal(number, handler)

    def receive(number: int, _: object) -> None:
        restore()  # all handlers first: `act` may raise, and no second signal may raise in what handles that
        act(signal.Signals(number))

    for number, handler in before.items():
        if handler != signal.SIG_IGN:
            signal.signal(number, receive)
    try:
        yield
    finally:
        restore()
