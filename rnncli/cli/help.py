"""Lays out help texts: on narrow terminals, too, and with every command's summary whole."""

import shutil
from collections.abc import Iterable

import click

MAX_HELP_COLUMNS = 100
MIN_HELP_COLUMNS = 40


class Formatter(click.HelpFormatter):
    """A help formatter that knows terminals narrower than click's least width of 50 columns."""

    def __init__(self, *_: object, **__: object) -> None:
        columns = shutil.get_terminal_size().columns
        super().__init__(width=max(MIN_HELP_COLUMNS, min(columns, MAX_HELP_COLUMNS)) - 2)

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Writes names and their explanations in two columns, of which the first takes a third at most."""
        super().write_dl(list(rows), min(col_max, self.width // 3), col_spacing)


class Context(click.Context):
    """A command's context, whose help is laid out by `Formatter`."""

    formatter_class = Formatter
