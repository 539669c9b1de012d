"""How fast to learn, and when to stop."""

WARM_UP = 0.05  # of all steps, at most WARM_UP_STEPS
WARM_UP_STEPS = 200
EVALUATIONS = 10  # in a run, or one an epoch where there are more epochs
PATIENCE = 0.4  # of a run's evaluations without a new best, but at least LEAST_PATIENCE, before the end
LEAST_PATIENCE = 5


def rate(step: int, steps: int, peak: float) -> float:
    """The learning rate of a step (from 0): up in a straight line at first, then down to zero at the last."""
    warm_up = max(1, min(WARM_UP_STEPS, int(WARM_UP * steps)))
    return peak * min((step + 1) / warm_up, (steps - step) / (steps - warm_up + 1))


def evaluations(words: int, held_out: int, epochs: int) -> int:
    """How often to evaluate in each epoch of that many words, on a text of held_out words; at least once.

    About EVALUATIONS times in a run, unless that would read more than a fifth of what training reads.
    """
    return max(1, min(-(-EVALUATIONS // epochs), words // (5 * max(1, held_out))))


def evaluates(step: int, per_epoch: int, times: int) -> bool:
    """Whether to evaluate after a step (from 0): evenly within each epoch, always at its end."""
    times = min(per_epoch, times)
    at = step % per_epoch + 1
    return at * times // per_epoch > (at - 1) * times // per_epoch


def patience(times: int) -> int:
    """How many evaluations in a row may bring no new best, of that many in a run."""
    return max(LEAST_PATIENCE, round(PATIENCE * times))
