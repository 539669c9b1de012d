"""Everything that can go wrong and is not a bug. Each class knows its exit code."""

from signal import Signals


class RnncliError(Exception):
    """A sentence for a person: what, which file or option, why, what to do."""

    exit_code = 1


class UsageError(RnncliError):
    """An option or argument that cannot be meant."""

    exit_code = 2


class TextError(RnncliError):
    """A corpus, a prompt or a text that cannot be learned from or read."""

    exit_code = 3


class CheckpointError(RnncliError):
    """A model file that is not one, is damaged, or does not fit."""

    exit_code = 4


class FileError(RnncliError):
    """A file or stream that the system would not let us read or write."""

    exit_code = 5


class ResourceError(RnncliError):
    """More memory, or more of a disk, than there is."""

    exit_code = 6


class DivergenceError(RnncliError):
    """A training whose loss is no longer a number."""

    exit_code = 7


class InUseError(RnncliError):
    """A file that another process has taken."""

    exit_code = 8


class Interrupted(BaseException):  # which no library takes for a failure of its own
    """Work that ended in order because a signal asked for it."""

    def __init__(self, number: Signals) -> None:
        super().__init__(number.name)
        self.number = number
