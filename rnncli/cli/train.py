"""rnncli train."""

import os
from contextlib import closing
from dataclasses import MISSING, fields
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from ..errors import Interrupted
from ..settings import CHOICES, RANGES, Settings
from ..storage.checksum import beside
from .escape import one_line
from .options import DEFAULT_MODEL, Duration, Finite, files, json_option, models, quiet_option
from .output import emit_summary
from .signals import end, on_signals

if TYPE_CHECKING:
    from signal import Signals

    from ..run.training import Training

MEASURES = (
    "perplexity",
    "accuracy_at_1",
    "accuracy_at_3",
    "accuracy_at_5",
    "mean_reciprocal_rank",
    "keystroke_savings",
    "calibration_error",
)
HELP = {
    "tokenizer": "words of any language with punctuation apart; text that is tokenised already; characters.",
    "case": "fold: the network does not tell cases apart, and shows each word in its usual one.  "
    "[default: fold; keep for chars]",
    "sentences": "One a line, or inside hard-wrapped prose; auto tells by the text.",
    "vocabulary_size": "At most so many words, <eos> and <unk> included.",
    "min_count": "Words that occur less often are unknown.",
    "hidden": "Units of the state.",
    "members": "Networks of that width that learn side by side; the model is one that says what they say in the mean.",
    "activation": "What makes a state of its inputs.",
    "batch": "Columns of text read side by side.",
    "bptt": "Steps that the gradient goes back.",
    "slow": "Share of the units that start with a long memory; with 0 none has one, and the network is Elman's.",
    "time": "When to end, everything included: 90s, 5m, 1h. The network, its learning rate and all else are fitted to "
    "it.  [default: what suits the corpus]",
    "epochs": "Readings of the text, instead of a time.",
    "learning_rate": "The highest of the schedule.",
    "dropout": "Share of the state hidden from the output while learning.",
    "dropout_units": "Share of the units of the words read.",
    "dropout_words": "Share of the words read.",
    "dropout_recurrent": "Share of the weights from state to state.",
    "optimizer": "What makes steps of gradients.",
    "softmax": "While learning: exact; sampled, by the most frequent words, the text's own and a draw from the "
    "others; auto: sampled for a large vocabulary.",
    "seed": "The same seed learns the same.",
}


def setting_options(command: Any) -> Any:
    """An option for each setting; left out, the corpus chooses."""
    defaults = {field.name: field.default for field in fields(Settings)}
    for name, text in reversed(HELP.items()):
        kind: click.ParamType[Any]
        if name in CHOICES:
            kind = click.Choice(CHOICES[name])
        elif name == "time":
            kind = Duration()
        else:
            least, most = RANGES[name]
            kind = click.IntRange(int(least), most) if isinstance(most, int) else Finite(least, most)
        if defaults[name] is not MISSING:
            text += f"  [default: {defaults[name]}]"
        command = click.option("--" + name.replace("_", "-"), type=kind, help=text)(command)
    return command


@click.command()
@click.argument("corpus", nargs=-1, required=True, shell_complete=files)
@click.option(
    "-o",
    "--output",
    default=DEFAULT_MODEL,
    show_default=True,
    metavar="FILE",
    shell_complete=models,
    help="Where the model goes.",
)
@click.option(
    "--valid",
    metavar="FILE",
    shell_complete=files,
    help="A text to validate on.  [default: held-out sentences of the corpus]",
)
@click.option("--force", is_flag=True, help="Replace a model of another corpus.")
@setting_options
@click.option("--resume", is_flag=True, help="Go on with an interrupted training, as if it had not stopped.")
@click.option("--require-exact", is_flag=True, help="Do not resume where NumPy or its BLAS would round otherwise.")
@click.option(
    "--save-every",
    type=Duration(),
    default="1m",
    show_default=True,
    help="How often to save, beside the model, where the training stands.",
)
@click.option("--save-steps", type=click.IntRange(1), help="The same in steps of training, besides.")
@click.option("--plan", metavar="MODEL", shell_complete=models, help="Train as this model was trained, step for step.")
@click.option(
    "--log",
    metavar="FILE",
    shell_complete=files,
    help="A JSON object a line is added to it: the plan, each evaluation, the end.",
)
@click.option("--threads", type=click.IntRange(1, 1024), help="Never changes the result.  [default: the cores]")
@json_option
@quiet_option
def train(
    corpus: tuple[str, ...],
    output: str,
    valid: str | None,
    force: bool,
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
    """Learns from CORPUS, one text file or several (- for standard input; gzip is told by itself).

    What is not set is chosen from the size of the corpus. Training stops early when the validation text has not been
    foreseen any better for a while; the model is the best that was validated. Ctrl-C (or SIGTERM, SIGHUP, SIGXCPU)
    stops after the step at hand and keeps the best so far; with --resume the same command goes on from there, and ends
    as if it had not stopped. So it does after a crash, from where it was saved last.

    \b
    rnncli train corpus.txt
    rnncli train *.txt --hidden 300 --epochs 10 -o big.npz
    zcat news.gz | rnncli train - --vocabulary-size 20000
    rnncli train ptb.train.txt --valid ptb.valid.txt --tokenizer whitespace
    """
    choices = {name: value for name, value in settings.items() if value is not None}
    if resume and os.path.exists(output) and not os.path.exists(beside(output)):
        click.echo(f"{one_line(output)}: its training has ended; there is nothing to resume", err=True)
        return
    if not quiet:
        from ..text.reader import name

        click.echo(f"Reading {one_line(', '.join(map(name, corpus)))}", err=True)
    from ..run.training import Training
    from .display import follow, print_report

    received: list[Signals] = []
    with on_signals(end):
        training = Training(
            corpus,
            output,
            valid=valid,
            force=force,
            threads=threads,
            stop=lambda: bool(received),
            plan=plan,
            resume=resume,
            require_exact=require_exact,
            save_every=save_every,
            save_steps=save_steps,
            log=log,
            tell=lambda message: click.echo(one_line(message), err=True),
            **choices,
        )
        with closing(training):
            if not quiet:
                print_report(training)
            start = monotonic()
            with on_signals(received.append):
                follow(training, quiet)
    emit_summary({**described(training), "seconds": monotonic() - start}, as_json)
    if received:
        if not quiet:
            click.echo(
                f"Stopped after step {training.step:,}. The same command with --resume goes on from there.", err=True
            )
        raise Interrupted(received[0])


def described(training: "Training") -> dict[str, Any]:
    evaluation = training.evaluation
    assert evaluation
    measures = evaluation.as_json()
    return {
        "model": str(training.output),
        "epochs": training.epochs,
        **{n: measures[n] for n in MEASURES if n in measures},
    }
