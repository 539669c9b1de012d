"""rnncli learned."""

import click

from .options import header_option, json_option, models, nonempty, require_rows
from .output import emit_json, emit_rows, to_terminal

FIELDS = ("word", "uses")


@click.command()
@click.argument("file", shell_complete=models, callback=nonempty)
@json_option
@header_option
def learned(file: str, as_json: bool, header: bool) -> None:
    """Lists the words that FILE, a personal file, holds and its model does not know, those used last first.

    A word that was used once is offered only where it is half typed; one that was used twice, anywhere. A pipe gets a
    word, a tab and how often the word was used a line. Known words are learned, too, but are not listed: what they
    come after.

    \b
    rnncli learned my.npz
    rnncli learned my.npz | head -20
    rnncli forget my.npz --word teh
    """
    from ..personal.file import new_words

    require_rows(header, as_json)
    words = new_words(file).by_use()
    records = [dict(zip(FIELDS, word, strict=True)) for word in words]
    if as_json:
        for record in records:
            emit_json(record)
    elif to_terminal():
        from .display import print_records

        print_records(records)
    else:
        emit_rows([*([FIELDS] if header else []), *words])
