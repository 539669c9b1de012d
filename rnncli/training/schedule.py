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


def evaluates(step: int, per_epoch: int, epochs: int) -> bool:
    """Whether to evaluate after a step (from 0): evenly within each epoch, always at its end."""
    parts = _evaluations(per_epoch, epochs)
    at = step % per_epoch + 1
    return at * parts // per_epoch > (at - 1) * parts // per_epoch


def patience(per_epoch: int, epochs: int) -> int:
    """How many evaluations in a row may bring no new best."""
    return max(LEAST_PATIENCE, round(PATIENCE * _evaluations(per_epoch, epochs) * epochs))


def _evaluations(per_epoch: int, epochs: int) -> int:
    """Evaluations in an epoch of that many steps."""
    return min(per_epoch, -(-EVALUATIONS // epochs))
