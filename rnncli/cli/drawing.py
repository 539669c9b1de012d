"""Draws bars and plots in characters."""

from collections.abc import Sequence
from math import exp, log

BLOCKS = " ▁▂▃▄▅▆▇█"


def bar(share: float, width: int) -> str:
    """Draws a bar in eighths of a column; share 1 fills `width` columns."""
    eighths = round(share * width * 8)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def plot(curve: Sequence[tuple[float, float]], width: int, height: int) -> list[str]:
    """Draws perplexity, on a logarithmic scale, over epochs. Returns the lines of the plot."""
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
