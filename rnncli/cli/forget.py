"""rnncli forget."""

import click

from .options import models, nonempty


@click.command()
@click.argument("file", shell_complete=models, callback=nonempty)
def forget(file: str) -> None:
    """Deletes FILE, the personal file that --learn has written, and with it all that was learned from you.

    The model that the file belongs to has never changed.

    \b
    rnncli forget my.npz
    """
    from ..personal.file import forget as delete_personal_file

    delete_personal_file(file)
