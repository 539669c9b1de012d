"""Says settings and figures in words."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..run.base import Base
    from ..run.training import Training

MAX_LATE_SHARE = 0.2  # of the time, by which a run may end too late without a word


def network(settings: dict[str, Any]) -> str:
    """Describes the network that some settings ask for."""
    networks, cell, leaky = settings["ensemble_size"], settings["cell"], settings["leaky"]
    size = f"{settings['hidden']:,} units"
    if networks > 1:
        size = f"ensemble of {networks} networks, each of {size}"
    if cell != "elman":
        return f"{size}, {cell.upper()}"
    if not leaky:
        return f"{size}, {settings['activation']} (a plain Elman network)"
    share = {0.5: "half", 1.0: "all"}.get(leaky, f"{leaky:.0%}")
    return f"{size}, {share} of them leaky, {settings['activation']}"


def parameters(fields: dict[str, Any]) -> str:
    """Says how large a model's network is."""
    return f"{fields['parameters']:,} parameters, {size_of(fields['bytes'])}"


def steps_by(settings: dict[str, Any]) -> str:
    """Says by which settings a network takes its steps."""
    return (
        f"learning rate {settings['learning_rate']:.2g}, dropout {settings['dropout']:.2g}, "
        f"batch {settings['batch']}, bptt {settings['bptt']}"
    )


def trained_by(settings: dict[str, Any]) -> str:
    """Says by which settings a network was trained."""
    return f"{settings['optimizer']}, {steps_by(settings)}, seed {settings['seed']}"


def ngrams(fields: dict[str, Any]) -> str:
    """Says how many n-grams there are of each length, and where they predict alone."""
    kept = ", ".join(f"{number:,} of {n} words" for n, number in fields["ngrams"].items())
    return kept if fields["hidden"] else f"{kept}; alone, without a network"


def clock(seconds: float) -> str:
    """Formats seconds as hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{number} {unit}" for number, unit in ((hours, "h"), (minutes, "min"), (rest, "s")) if number]
    return " ".join(parts) or "0 s"


def size_of(bytes_: float) -> str:
    """Formats a number of bytes in megabytes."""
    return f"{bytes_ / 1e6:.1f} MB" if bytes_ < 1e7 else f"{bytes_ / 1e6:,.0f} MB"


def count(number: float, noun: str) -> str:
    """Formats a number of things, with the plural's s unless it is 1."""
    return f"{number:g} {noun}{'' if number == 1 else 's'}"


def layout(corpus: dict[str, Any]) -> str:
    """Says by which shares it is detected how a text's sentences are found."""
    full, lower, capital = (corpus[name] for name in ("full_lines", "lower_continuations", "capital_lines"))
    return (
        f"{full:.0%} of the lines are full, {lower:.0%} of those go on in lower case; {capital:.0%} begin with a "
        f"capital; {corpus['sentences_a_line']:.1f} sentences a line"
    )


def length(training: "Training") -> str:
    """Says how long a run will take, and how much disk and memory."""
    settings, size = training.settings, f"network {size_of(training.network_bytes)}, memory {size_of(training.memory)}"
    if settings.time is None:
        return f"{count(settings.epochs or 0, 'epoch')} at most; {size}"
    plan, time = training.plan, clock(settings.time)
    if plan.late > MAX_LATE_SHARE * settings.time:
        time += f", too little for this text: it takes {clock(settings.time + plan.late)}"
    return f"{time} in all, about {plan.readings:.1f} epochs; {size}"


def goes_on_from(base: "Base", digest: str) -> str:
    """Says which model a run goes on from, and whether that was trained on the text with that digest before."""
    again = ", this one among them, which is not counted again" if base.has_counted(digest) else ""
    return f"a model of {len(base.model.vocabulary):,} words, trained on {count(len(base.texts), 'text')}{again}"


def evaluated(progress: Any, is_brief: bool) -> str:
    """Says how well a text is predicted, or its beginning; where there is room also what share of its words is unknown:
    predicted as one word, they lower the perplexity."""
    evaluation = progress.evaluation
    line = f"epoch {progress.epoch:.1f} perplexity {evaluation.perplexity:.1f}"
    if not evaluation.characters and not is_brief:
        line += f" of the first {evaluation.predicted:,} words"
    elif not is_brief:
        line += f" bits/char {evaluation.bits_per_character:.2f} unknown {evaluation.unknown_share:.1%}"
    return line + " best so far" * (progress.best is not None)
