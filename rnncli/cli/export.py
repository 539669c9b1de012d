"""rnncli export."""

import click

from ..errors import UsageError
from .options import files, model_option, open_model


@click.command()
@click.option(
    "--arpa",
    metavar="FILE",
    required=True,
    shell_complete=files,
    help="Write the n-grams to FILE in the ARPA format; compressed if its name ends in .gz.",
)
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@model_option
def export(arpa: str, force: bool, model: str | None) -> None:
    """Writes the n-grams of a model for other programs: KenLM, SRILM and Kaldi read the ARPA format.

    The network is not part of it. A blank inside a word becomes "_"; the end of a paragraph is the word <par>.

    \b
    rnncli export --arpa model.arpa
    rnncli export --arpa model.arpa.gz --force -m other.npz
    """
    from ..storage.export import save_arpa

    if arpa == "-":
        raise UsageError("--arpa: writes no standard output, only a whole file. Give its name")
    language_model = open_model(model)
    if language_model.ngrams is None:
        raise UsageError("the model has no n-grams: it was trained with --ngrams 0, or before there were any")
    save_arpa(arpa, language_model.ngrams.counts, language_model.vocabulary.display_forms, force)
