"""What becomes of a process that signals ask to end."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..errors import Interrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU)  # that work ends in order for


def die_by(number: int, _: object = None) -> int:
    """Ends the process as the signal would have, so that a shell sees it; 128 more than its number where it does not,
    as for the first process of a container."""
    sys.unraisablehook = lambda _: None  # Python complains of one that comes just as it is given to the system
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)
    return 128 + number


def end(number: signal.Signals) -> None:
    """Ends the work at hand, wherever it is."""
    raise Interrupted(number)


@contextmanager
def on_signals(act: Callable[[signal.Signals], None]) -> Iterator[None]:
    """Calls `act` for the first signal that asks to end; one after it, of whichever kind, does as before. One that a
    shell wants ignored is.

    What the system would have done, `die_by` does from then on: of a signal that has come and is not yet seen to when
    the system gets its kind back, Python would print a complaint."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    usual = {number: die_by if handler == signal.SIG_DFL else handler for number, handler in before.items()}

    def put_back() -> None:
        for number, handler in usual.items():
            if signal.getsignal(number) is receive:  # not where a level further out has put back its own
                signal.signal(number, handler)

    def receive(number: int, _: object) -> None:
        put_back()  # all of them first: `act` may raise, and nothing may in what sees to that
        act(signal.Signals(number))

    for number, handler in before.items():
        if handler != signal.SIG_IGN:
            signal.signal(number, receive)
    try:
        yield
    finally:
        put_back()
