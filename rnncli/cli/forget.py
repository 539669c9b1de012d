"""rnncli forget."""

import click

from .options import models


@click.command()
@click.argument("file", shell_complete=models)
def forget(file: str) -> None:
    """Takes away what was learnt from you: the FILE that --learn has written. The model never changed.

    \b
    rnncli forget my.npz
    """
    from ..personal.file import forget as forget_learnt

    forget_learnt(file)
