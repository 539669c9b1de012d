"""rnncli train."""

import os
from contextlib import closing
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from ..errors import Interrupted
from ..settings import DECLARATIONS, default_of, option_of
from ..storage.checksum import resume_path
from .escape import one_line
from .options import (
    DEFAULT_MODEL,
    Duration,
    Finite,
    encoding_option,
    files,
    json_option,
    models,
    nonempty,
    quiet_option,
)
from .output import emit_summary
from .signals import end, on_signals

if TYPE_CHECKING:
    from signal import Signals

    from ..run.training import Training

MEASURES = (
    "perplexity",
    "perplexity_closed",
    "perplexity_network",
    "perplexity_ngrams",
    "bits_per_character",
    "unknown_share",
    "accuracy_at_1",
    "accuracy_at_3",
    "accuracy_at_5",
    "mean_reciprocal_rank",
    "keystroke_savings",
    "calibration_error",
)

MAX_CHOICES_WIDTH = 24  # columns that fit a terminal of 40, beside the option's name


def setting_options(command: Any) -> Any:
    """Adds an option for each setting, from its declaration; left out, the setting is None."""
    for name, declared in reversed(DECLARATIONS.items()):
        if option := option_of(name):
            text = f"{declared.metadata['help']}  [default: {default_of(name)}]"
            shown = "|".join(declared.metadata.get("choices", ()))
            metavar = "NAME" if len(shown) > MAX_CHOICES_WIDTH else None  # the help text names them all
            command = click.option(option, name, type=option_type(name), metavar=metavar, help=text)(command)
    return command


def option_type(name: str) -> "click.ParamType[Any]":
    """Returns click's type for a setting, from its declaration."""
    declared = DECLARATIONS[name].metadata
    if name == "time":
        return Duration()
    if "choices" in declared:
        return click.Choice(declared["choices"])
    least, most = declared["least"], declared["most"]
    return click.IntRange(int(least), most) if isinstance(most, int) else Finite(least, most)


@click.command()
@click.argument("corpus", nargs=-1, required=True, shell_complete=files)
@click.option(
    "-o",
    "--output",
    default=DEFAULT_MODEL,
    show_default=True,
    metavar="FILE",
    shell_complete=models,
    help="Model file to write.",
)
@click.option(
    "--valid",
    metavar="FILE",
    shell_complete=files,
    help="Text to validate on.  [default: held-out sentences of the corpus]",
)
@encoding_option
@click.option(
    "--vocabulary",
    metavar="FILE",
    shell_complete=files,
    callback=nonempty,
    help="Words to know in any case, one a line, even if CORPUS does not have them. They count within "
    "--vocabulary-size. The list is in the encoding of CORPUS.",
)
@click.option("--force", is_flag=True, help="Replace a model of another corpus, or an interrupted training.")
@click.option(
    "--from",
    "base",
    metavar="MODEL",
    shell_complete=models,
    callback=nonempty,
    help="Train this model on: with another text, whose words it adds to its own, or with more time.",
)
@setting_options
@click.option("--resume", is_flag=True, help="Resume an interrupted training; it ends as if it had not stopped.")
@click.option(
    "--require-exact", is_flag=True, help="Refuse to resume where another NumPy or BLAS would round differently."
)
@click.option(
    "--save-every",
    type=Duration(),
    default="1m",
    show_default=True,
    help="How often to save the state of the training, beside the model.",
)
@click.option("--save-steps", type=click.IntRange(1), help="Also save every N steps.")
@click.option(
    "--plan", metavar="MODEL", shell_complete=models, help="Repeat the training of this model, step for step."
)
@click.option(
    "--log",
    metavar="FILE",
    shell_complete=files,
    help="Append JSON Lines to it: the settings, each evaluation, the result.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 1024),
    help="Threads to use; the result does not depend on them.  [default: one a core]",
)
@json_option
@quiet_option
def train(
    corpus: tuple[str, ...],
    output: str,
    valid: str | None,
    encoding: str | None,
    vocabulary: str | None,
    force: bool,
    base: str | None,
    threads: int | None,
    resume: bool,
    require_exact: bool,
    save_every: float,
    save_steps: int | None,
    plan: str | None,
    log: str | None,
    as_json: bool,
    quiet: bool,
    **settings: Any,
) -> None:
    """Trains a model on CORPUS: one text or several, in UTF-8 or what --encoding says, or - for standard input.

    Texts compressed by gzip, bzip2 or xz are read as they are.

    Settings that you leave out are fitted to the corpus and the time. The model is the one with the lowest perplexity
    on the validation text; training ends early when that has not fallen for a while. Ctrl-C (or SIGTERM, SIGHUP,
    SIGXCPU) stops after the current step and keeps the best model so far. The same command with --resume continues
    from there, and after a crash from the last save, and ends as if it had not stopped.

    --from trains a model on: with a new text, or once more with a text that it knows. The model keeps its words, its
    tokenizer and the width of its network, and learns the frequent words of the new text, on which alone it is
    validated; it ends no worse there than it began.

    \b
    rnncli train corpus.txt
    rnncli train *.txt --hidden 300 --epochs 10 -o big.npz
    rnncli train corpus.txt --hidden 0 -o ngrams.npz
    rnncli train new.txt --from model.npz -o both.npz
    zcat news.gz | rnncli train - --vocabulary-size 20000
    rnncli train ptb.train.txt --valid ptb.valid.txt --tokenizer whitespace
    """
    choices = {name: value for name, value in settings.items() if value is not None}
    if resume and is_ended(output, corpus, choices, encoding, vocabulary):
        name = one_line(output)
        click.echo(f"{name}: its training has ended; there is nothing to resume. --from {name} trains it on", err=True)
        return
    if not quiet:
        from ..text.names import source_names
        from ..text.tables import table_advice

        click.echo(f"Reading {one_line(source_names(corpus))}", err=True)
        if advice := table_advice(corpus, "rnncli train -"):
            click.echo(one_line(advice), err=True)
    from ..run.training import Training
    from .display import follow, print_report, write_above_bar

    received: list[Signals] = []
    told = quiet

    def is_stopped() -> bool:
        nonlocal told
        if received and not told:
            told = True
            write_above_bar("Stopping: the model is evaluated and saved. Ctrl-C again ends at once.")
        return bool(received)

    with on_signals(end):
        training = Training(
            corpus,
            output,
            valid=valid,
            encoding=encoding,
            vocabulary=vocabulary,
            force=force,
            threads=threads,
            stop=is_stopped,
            plan=plan,
            base=base,
            resume=resume,
            require_exact=require_exact,
            save_every=save_every,
            save_steps=save_steps,
            log=log,
            notify=lambda message: click.echo(one_line(message), err=True),
            **choices,
        )
        with closing(training):
            if not quiet:
                print_report(training)
            start = monotonic()
            with on_signals(received.append if training.settings.hidden else end):  # without steps none is the last
                follow(training, quiet)
    emit_summary({**described(training), "seconds": monotonic() - start}, as_json)
    if training.interrupted:
        if not quiet:
            click.echo(
                f"Stopped after step {training.step:,}. The same command with --resume continues from there.", err=True
            )
        raise Interrupted(received[0])


def is_ended(
    output: str, corpus: tuple[str, ...], choices: dict[str, Any], encoding: str | None, vocabulary: str | None
) -> bool:
    """Tells whether the training that a command would resume has ended, with no state left to resume."""
    if not os.path.exists(output) or os.path.exists(resume_path(output)):
        return False
    from ..run.setup import is_model_of

    return is_model_of(output, corpus, choices, encoding, vocabulary)


def described(training: "Training") -> dict[str, Any]:
    """Returns the summary of a training."""
    evaluation = training.evaluation
    assert evaluation
    measures = {**evaluation.as_json(), "unknown_share": evaluation.unknown_share}
    return {
        "model": str(training.output),
        **({"epochs": training.epochs} if training.settings.hidden else {}),
        **{n: measures[n] for n in MEASURES if n in measures},
        **({"warning": "; ".join(found)} if (found := training.report.warnings()) else {}),
    }
