"""Names files in messages and in the commands that messages advise."""

import shlex
from collections.abc import Sequence

MAX_NAMES = 4  # of files, that a message lists


def source_name(path: str) -> str:
    """Returns what messages call a path."""
    return "standard input" if path == "-" else path


def source_names(paths: Sequence[str]) -> str:
    """Returns what messages call several paths: all of a few, else their number and the first."""
    if len(paths) <= MAX_NAMES:
        return ", ".join(map(source_name, paths))
    return f"{len(paths):,} files ({', '.join(map(source_name, paths[: MAX_NAMES - 1]))}, …)"


def command_name(path: str) -> str:
    """Returns a path as a shell command takes it; FILE for standard input."""
    if path == "-":
        return "FILE"
    return shlex.quote(f"./{path}" if path.startswith("-") else path)
