"""rnncli forget."""

import os

import click

from ..errors import FileError
from .options import model_option, models, nonempty, open_model, open_personal


@click.command()
@click.argument("file", shell_complete=models, callback=nonempty)
@click.option("--word", multiple=True, metavar="WORD", help="Forget this word only.")
@model_option
def forget(file: str, word: tuple[str, ...], model: str | None) -> None:
    """Deletes FILE, the personal file that --learn has written, and with it all that was learned from you.

    With --word, once or several times, only what was learned of that word is removed: where it came, what it was
    followed by stays. This takes the model that the file belongs to, which itself never changes.

    \b
    rnncli forget my.npz
    rnncli forget my.npz --word Zorblat
    """
    if word:
        if not os.path.exists(file):
            raise FileError(f"{file}: no such personal file")
        open_personal(open_model(model), file).forget(word)
        return
    from ..personal.file import forget as delete_personal_file

    delete_personal_file(file)
