"""Shows tables, bars and plots on a terminal. The only module that imports rich and tqdm."""

import os
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text
from tqdm import tqdm

from .drawing import bar, plot
from .escape import one_line, printable
from .phrases import count, evaluated, goes_on_from, layout, length, network, ngrams, parameters, steps_by, trained_by

if TYPE_CHECKING:
    from ..model import Prediction
    from ..run.training import Training

MAX_BAR_COLUMNS = 30
MIN_TABLE_COLUMNS = 40  # on a narrower terminal the lines of most tables break
MIN_PREDICTION_COLUMNS = 20  # of the table of predictions
PLOT_COLUMNS, PLOT_LINES = 60, 8
MIN_BAR_COLUMNS = 4
GAP_COLUMNS = 2  # between the columns of a table
LEAST_SHARE = 0.001  # that is shown with one decimal of a per cent
RECORDS_AT_ONCE = 500  # that are laid out at a time
BESIDE_BARS_COLUMNS = 34  # of a line of bins: words, confidence, accuracy and the gaps
EVALUATION_COLUMNS = 64  # of the words of an evaluation's line, before its bar
VALIDATION_MEASURES = (
    "perplexity",
    "perplexity_closed",
    "perplexity_network",
    "perplexity_ngrams",
    "bits_per_character",
    "accuracy_at_1",
    "accuracy_at_3",
    "keystroke_savings",
)
VALIDATED_ON = {
    "file": "of another file",
    "held out": "held out from the text",
    "training text": "of the training text itself",
}
SHARES_NOTE = (
    "the network's share beside the n-grams, in per cent: by how many words of the context they have seen (rows), and "
    "by how much of the probability these leave to shorter contexts (columns)"
)
BAR_FORMAT = "{percentage:3.0f}% |{bar}| {desc} {remaining}"


def text(value: object, style: str = "") -> Text:
    """Makes rich text of any characters: markup is not interpreted, control characters are spelled out."""
    return Text(printable(str(value)), style)


def console_on(stream: TextIO, columns: int = MIN_TABLE_COLUMNS) -> Console:
    """Opens a rich console, without styles where the environment refuses styles.

    columns  least width of its lines; a narrower terminal breaks them itself
    """
    ask = os.environ.get
    plain = ask("NO_COLOR") or ask("CLICOLOR") == "0" or not ask("TERM")
    console = Console(file=stream, highlight=False, color_system=None if plain else "auto")
    console.width = max(console.width, columns)
    return console


def print_prediction(
    context: str, prediction: "Prediction", shares: str, header: bool = False, gap: bool = False
) -> None:
    """Prints predicted words as a table with bars. Long phrases are folded: their probabilities stay in sight.

    shares  what to say of the probability that is not listed
    header  name the columns
    gap     leave a line free before the table
    """
    console = console_on(sys.stdout, MIN_PREDICTION_COLUMNS)
    words = [(text(visible(word), "bold"), percent(y), y) for word, y in prediction]
    widest = max((y for *_, y in words), default=1.0)
    longest = max((word.cell_len for word, *_ in words), default=0)
    beside = max((len(share) for _, share, _ in words), default=0) + 2 * GAP_COLUMNS
    if header:
        longest, beside = max(longest, len("word")), max(beside, len("probability") + 2 * GAP_COLUMNS)
    columns = max(MIN_BAR_COLUMNS, min(MAX_BAR_COLUMNS, console.width - beside - longest))
    table = Table(box=None, pad_edge=False, show_header=header)
    table.add_column("word", overflow="fold", max_width=max(1, console.width - beside - columns))
    table.add_column("probability", justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    for word, share, y in words:
        table.add_row(word, share, text(bar(y / (widest or 1.0), columns), "cyan"))
    if gap:
        console.print()
    console.print(text(f"{context}…" if prediction.typed else f"{context.rstrip()} …".lstrip(), "dim"))
    console.print(table)
    if not prediction.typed:
        console.print(text(f"not listed: {shares}", "dim"))


def percent(share: float) -> str:
    """Formats a share in per cent: with a decimal, or two digits if it is too small for that."""
    return f"{share:.1%}" if share >= LEAST_SHARE or not share else f"{100 * share:.2g}%"


def print_records(records: Iterable[dict[str, Any]]) -> None:
    """Prints records as a table, row by row as they come: numbers first, the text in what is left of the line."""
    console = console_on(sys.stdout)
    remaining, widths = iter(records), Counter[str]()
    while some := list(islice(remaining, RECORDS_AT_ONCE)):
        table = Table(box=None, pad_edge=False, show_header=not widths)
        (subject,) = (name for name, value in some[0].items() if isinstance(value, str))
        numbers = [name for name in some[0] if name != subject]
        cells = {name: [number(record[name]) for record in some] for name in numbers}
        for name in numbers:
            heading = name.removesuffix("_words")
            widths[name] = max(widths[name], len(heading), *map(len, cells[name]))
            table.add_column(heading, justify="right", min_width=widths[name], no_wrap=True)
        table.add_column(subject, overflow="fold")
        for n, record in enumerate(some):
            table.add_row(*(cells[name][n] for name in numbers), text(record[subject], "bold"))
        console.print(table)


def number(value: float | None) -> str:
    """Formats a number of a column: whole, or with two decimals; None is an empty cell."""
    return "" if value is None else f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"


def visible(word: str) -> str:
    """Returns a word as a table shows it: a word of blanks becomes signs for blanks."""
    return "␣" * len(word) if word.isspace() else word


def print_fields(fields: dict[str, Any], console: Console | None = None) -> None:
    """Prints names and values as a table of two columns."""
    console = console or console_on(sys.stdout)
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in fields.items():
        table.add_row(text(name.replace("_", " ")), text(rounded(name, value)))
    console.print(table)


def print_reliability(bins: list[dict[str, float]]) -> None:
    """Prints, for bins of confidence, the confidence and the accuracy of the likeliest word; equal if calibrated."""
    console = console_on(sys.stdout)
    columns = max(1, min(MAX_BAR_COLUMNS, console.width - BESIDE_BARS_COLUMNS) // 2)
    console.print(text("how often the likeliest word is right", "dim"))
    table = Table(box=None, pad_edge=False)
    for heading in ("words", "predicted", "right"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in bins:
        confidence, accuracy = row["confidence"], row["accuracy"]
        bars = f"{bar(confidence, columns):{columns}} {bar(accuracy, columns)}"
        table.add_row(f"{row['words']:,}", f"{confidence:.1%}", f"{accuracy:.1%}", text(bars, "cyan"))
    console.print(table)


def rounded(name: str, value: Any) -> str:
    """Formats a value for people: three digits, shares in per cent."""
    if not isinstance(value, float):
        return str(value)
    if name.startswith(("accuracy", "keystroke", "unknown_share")):
        return f"{value:.1%}"
    return f"{value:,.1f}" if value >= 10 else f"{value:.3g}"


def print_model(fields: dict[str, Any]) -> None:
    """Prints the description of a model and a plot of its validation perplexity over the epochs."""
    settings, corpus, validation = (fields[name] for name in ("settings", "corpus", "validation"))
    curve = fields.get("curve") or []
    print_fields(
        {
            **({"network": f"{network(settings)}; {parameters(fields)}"} if fields["hidden"] else {}),
            **({"n-grams": ngrams(fields)} if "ngrams" in fields else {}),
            "vocabulary": f"{fields['words']:,} words: {' '.join(fields['head'])} …",
            "text": f"tokenizer {settings['tokenizer']}, case {settings['case']}, sentences {settings['sentences']}",
            **({"layout": layout(corpus)} if "full_lines" in corpus else {}),
            "corpus": f"{corpus['words']:,} words, {corpus['covered']:.1%} of them in the vocabulary; "
            f"SHA-256 {corpus['digest'][:16]}…",
            **({"from": f"a model of {count(len(fields['from']['texts']), 'text')}"} if "from" in fields else {}),
            **({"training": trained_by(settings)} if fields["hidden"] else {}),
            "validation": f"{validation['words']:,} words, {VALIDATED_ON[corpus['validated_on']]}; "
            f"{1 - corpus['held_out_known']:.1%} of them unknown",
            **{name: validation[name] for name in VALIDATION_MEASURES if name in validation},
            **({"curve": one_evaluation(curve[-1])} if len(curve) == 1 else {}),
        }
    )
    console = console_on(sys.stdout)
    if any(map(any, fields.get("network_weights", {}).values())):
        print_shares(fields["network_weights"], console)
    if len(curve) > 1:
        console.print(text("\nvalidation perplexity" + ", network alone" * ("ngrams" in fields), "dim"))
        for line in plot(curve, min(PLOT_COLUMNS, console.width - 10), PLOT_LINES):
            console.print(text(line), no_wrap=True, crop=True)


def print_shares(weights: dict[str, list[float]], console: Console) -> None:
    """Prints the network's share beside the n-grams as a table. Where no word was seen, all is left: one share."""
    console.print(text(f"\n{SHARES_NOTE}", "dim"))
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("words", *(f"{eighth}/8" for eighth in range(len(weights["0"])))):
        table.add_column(heading, justify="right", no_wrap=True)
    for words, row in weights.items():
        shares = [f"{100 * share:.0f}" for share in row]
        table.add_row(words, *(shares if words != "0" else [""] * (len(row) - 1) + shares[-1:]))
    console.print(table)


def one_evaluation(point: tuple[float, float]) -> str:
    """Says what the only point of a validation curve is."""
    epochs, perplexity = point
    return f"perplexity {rounded('', perplexity)} after {count(epochs, 'epoch')}, the only evaluation: nothing to plot"


def print_report(training: "Training") -> None:
    """Prints, on standard error and before training, what was read and which settings were chosen."""
    sys.stderr.writelines(f"Note: {one_line(note)}\n" for note in training.corpus.notes)
    report, settings = training.report, training.settings
    validation = VALIDATED_ON[report.validated_on]
    if report.validated_on == "held out":
        validation = validation.replace("the text", "the new text") if training.base else validation
        validation += f" ({report.held_out / report.words:.1%} of it)"
    base, new = training.base, f"{report.new_words:,} of them new; " if training.base else ""
    lines = {
        **({"from": goes_on_from(base, report.digest)} if base else {}),
        "text": f"{report.words:,} words, {report.distinct:,} distinct; "
        + ("a sentence a line" if report.sentences_by == "lines" else "sentences within wrapped lines"),
        "vocabulary": f"{report.kept:,} words, {new}{report.covered:.1%} of the text",
        "validation": f"{report.held_out:,} words {validation}; {1 - report.held_out_known:.1%} of them unknown",
        **(
            {"network": f"{network(asdict(settings))}; {steps_by(asdict(settings))}", "training": length(training)}
            if settings.hidden
            else {"n-grams": f"of up to {settings.ngrams} words, alone"}
        ),
        **({"warning": "\n".join(found)} if (found := report.warnings()) else {}),
    }
    if sys.stderr.isatty():
        print_fields(lines, console_on(sys.stderr))
    else:
        sys.stderr.writelines(f"{name}: {value}\n" for name, value in lines.items())


def write_above_bar(message: str) -> None:
    """Writes a line to standard error, above the progress bar if there is one."""
    tqdm.write(message, file=sys.stderr)


def follow(training: "Training", quiet: bool) -> None:
    """Runs a training and prints a line for each evaluation to standard error; on a terminal also a progress bar.

    On a terminal each line ends in a bar as long as its perplexity, so that the lines together draw the curve.
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
            columns = (bars.ncols if live else 0) or EVALUATION_COLUMNS
            line = evaluated(progress, is_brief=columns < EVALUATION_COLUMNS)
            if live:
                perplexity = progress.evaluation.perplexity
                highest = max(highest, perplexity)
                width = max(0, min(MAX_BAR_COLUMNS, columns - EVALUATION_COLUMNS - 2))
                line = f"{line:{EVALUATION_COLUMNS}} {bar(perplexity / highest, width)}"
            write_above_bar(line.rstrip())
