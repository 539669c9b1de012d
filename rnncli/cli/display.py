"""What people see in a terminal: tables, bars, plots. The only place that knows rich and tqdm."""

import os
import sys
from collections.abc import Sequence
from math import exp, log
from time import monotonic
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text
from tqdm import tqdm

from .escape import printable

if TYPE_CHECKING:
    from ..model import Prediction
    from ..run.training import Training

BAR = 30  # columns of a bar at the most
NARROW, NARROWEST = 40, 20  # columns that most tables need, and that predictions do
PLOT = (60, 8)  # columns and lines of a plot
SUMMARY = ("perplexity", "accuracy_at_1", "accuracy_at_3", "keystroke_savings")
BLOCKS = " ▁▂▃▄▅▆▇█"
BAR_FORMAT = "{percentage:3.0f}% |{bar}| {desc} {remaining}"


def text(value: object, style: str = "") -> Text:
    """Text that rich takes as it is: no markup, no control characters."""
    return Text(printable(str(value)), style)


def console_on(stream: TextIO, columns: int = NARROW) -> Console:
    """A terminal as rich sees it, without styles where these are not wanted; one with fewer columns breaks the lines
    itself."""
    ask = os.environ.get
    plain = ask("NO_COLOR") or ask("CLICOLOR") == "0" or not ask("TERM")
    console = Console(file=stream, highlight=False, color_system=None if plain else "auto")
    console.width = max(console.width, columns)
    return console


def print_prediction(context: str, prediction: "Prediction", shares: str) -> None:
    """The next words, or the ends of a half-typed one, as a table with bars."""
    console = console_on(sys.stdout, NARROWEST)
    widest = max((word.probability for word in prediction), default=1.0)
    room = max(4, min(BAR, console.width - 10 - max((len(w.word) for w in prediction), default=0)))
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, overflow="ellipsis")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    for word, probability in prediction:
        table.add_row(text(visible(word), "bold"), f"{probability:.1%}", text(bar(probability / widest, room), "cyan"))
    console.print(text(f"{context}…" if prediction.typed else f"{context.rstrip()} …".lstrip(), "dim"))
    console.print(table)
    if not prediction.typed:
        console.print(text(f"not listed: {shares}", "dim"))


def visible(word: str) -> str:
    """A word as a table shows it: one of nothing but blanks as signs for blanks."""
    return "␣" * len(word) if word.isspace() else word


def bar(share: float, width: int) -> str:
    """A bar of eighths of a column."""
    eighths = round(share * width * 8)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def print_fields(fields: dict[str, Any], console: Console | None = None) -> None:
    """Names and values as a table of two columns."""
    console = console or console_on(sys.stdout)
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in fields.items():
        table.add_row(text(name.replace("_", " ")), text(rounded(name, value)))
    console.print(table)


def print_reliability(bins: list[dict[str, float]]) -> None:
    """How often the likeliest word came, beside its probability; equal bars are what a calibrated model has."""
    console = console_on(sys.stdout)
    room = max(1, min(BAR, console.width - 32) // 2)
    table = Table(box=None, pad_edge=False, title="reliability of the likeliest word", title_justify="left")
    for heading in ("words", "said", "came"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in bins:
        said, came = row["confidence"], row["accuracy"]
        bars = f"{bar(said, room):{room}} {bar(came, room)}"
        table.add_row(f"{row['words']:,}", f"{said:.1%}", f"{came:.1%}", text(bars, "cyan"))
    console.print(table)


def rounded(name: str, value: Any) -> str:
    """A value with the digits that a person wants; shares as per cent."""
    if not isinstance(value, float):
        return str(value)
    return (
        f"{value:.1%}"
        if name.startswith(("accuracy", "keystroke"))
        else f"{value:,.1f}"
        if value >= 10
        else f"{value:.3g}"
    )


def print_model(fields: dict[str, Any]) -> None:
    """What a model file is, and how the perplexity of its validation text fell over the epochs."""
    settings, corpus, validation = fields["settings"], fields["corpus"], fields["validation"]
    print_fields(
        {
            "network": f"{units(settings['hidden'], settings['members'])}, {settings['activation']}; "
            f"{fields['parameters']:,} numbers, "
            f"{fields['bytes'] / 1e6:.1f} MB",
            "vocabulary": f"{fields['words']:,} words: {' '.join(fields['head'])} …",
            "text": f"{settings['tokenizer']}, case {settings['case']}, sentences by {settings['sentences']}",
            "corpus": f"{corpus['words']:,} words, {corpus['covered']:.1%} of them known; "
            f"SHA-256 {corpus['digest'][:16]}…",
            "training": f"{settings['optimizer']}, rate {settings['learning_rate']:.2g}, "
            f"dropout {settings['dropout']:.2g}, {settings['batch']} columns of {settings['bptt']} steps, "
            f"seed {settings['seed']}",
            "validation": f"{validation['words']:,} words, {corpus['validated_on']}",
            **{name: validation[name] for name in SUMMARY if name in validation},
        }
    )
    console = console_on(sys.stdout)
    for line in plot(fields["curve"], min(PLOT[0], console.width - 10), PLOT[1]):
        console.print(text(line), no_wrap=True, crop=True)


def plot(curve: Sequence[tuple[float, float]], width: int, height: int) -> list[str]:
    """The lines of a plot: perplexity, on a logarithmic scale, over epochs."""
    width = max(1, min(width, 4 * len(curve)))
    values = [log(min(max(1.0, perplexity), 1e300)) for _, perplexity in curve]
    low, high = min(values), max(values)
    steps = 8 * height - 1
    levels = [1 + round((v - low) / ((high - low) or 1) * steps) for v in values]
    columns = [levels[i * len(levels) // width] for i in range(width)]
    lines = []
    for line in range(height - 1, -1, -1):
        label = {height - 1: f"{exp(high):7.1f} ", 0: f"{exp(low):7.1f} "}.get(line, " " * 8)
        lines.append(label + "".join(BLOCKS[max(0, min(8, level - 8 * line))] for level in columns))
    first, last = f"{curve[0][0]:g}", f"{curve[-1][0]:g} epochs"
    return [*lines, " " * 8 + first + " " * max(1, width - len(first) - len(last)) + last]


def print_report(training: "Training") -> None:
    """What was read and chosen, before training; on standard error."""
    report, settings = training.report, training.settings
    where = {
        "file": "of another file",
        "held out": f"held out, {report.held_out / report.words:.1%} of the text",
        "training text": "of the training text itself",
    }
    lines = {
        "text": f"{report.words:,} words, {report.distinct:,} distinct; "
        + ("a sentence a line" if report.sentences_by == "lines" else "sentences within wrapped lines"),
        "vocabulary": f"{report.kept:,} words, {report.covered:.1%} of the text",
        "validation": f"{report.held_out:,} words {where[report.validated_on]}; "
        f"{report.held_out_known:.1%} of them in the vocabulary",
        "network": f"{units(settings.hidden, settings.members)}, {settings.batch} columns of {settings.bptt} steps, "
        f"rate {settings.learning_rate:.2g}, dropout {settings.dropout:.2g}",
        "training": length(training),
    }
    if sys.stderr.isatty():
        print_fields(lines, console_on(sys.stderr))
    else:
        sys.stderr.writelines(f"{name}: {value}\n" for name, value in lines.items())


def units(hidden: int, members: int) -> str:
    """How wide a network is."""
    return f"{members} networks of {hidden} units" if members > 1 else f"{hidden} units"


def length(training: "Training") -> str:
    """How long a run will take, and what it will take up."""
    settings, size = training.settings, f"model {size_of(training.model_bytes)}, memory {size_of(training.memory)}"
    if settings.time is None:
        return f"{settings.epochs} epochs at most; {size}"
    return f"{clock(settings.time)} in all, about {training.expected_epochs:.1f} epochs; {size}"


def clock(seconds: float) -> str:
    """Seconds as people say them."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{count} {unit}" for count, unit in ((hours, "h"), (minutes, "min"), (rest, "s")) if count]
    return " ".join(parts) or "0 s"


def size_of(count: float) -> str:
    return f"{count / 1e6:.1f} MB" if count < 1e7 else f"{count / 1e6:,.0f} MB"


def follow(training: "Training", quiet: bool) -> None:
    """Trains, with a bar on a terminal and a line an evaluation, on standard error.

    On a terminal the lines have bars too: together they are the validation curve, drawn as it comes about.
    """
    live = not quiet and sys.stderr.isatty()
    with tqdm(
        total=1.0, disable=not live, file=sys.stderr, dynamic_ncols=True, leave=False, bar_format=BAR_FORMAT
    ) as bars:
        mean, highest, words, start = 0.0, 0.0, 0, monotonic()
        for progress in training:
            mean = progress.loss if not mean else 0.98 * mean + 0.02 * progress.loss
            words += progress.words
            pace = words / max(1e-3, monotonic() - start)
            bars.set_description_str(f"{pace:,.0f} w/s loss {mean:.2f}", refresh=False)
            bars.update(progress.fraction - bars.n)
            if not progress.evaluation or quiet:
                continue
            perplexity = progress.evaluation.perplexity
            line = f"epoch {progress.epoch:.1f} perplexity {perplexity:.1f}{' best so far' if progress.best else ''}"
            if live:
                highest = max(highest, perplexity)
                line = f"{line:40} {bar(perplexity / highest, min(BAR, max(0, (bars.ncols or 0) - 42)))}"
            tqdm.write(line.rstrip(), file=sys.stderr)
