"""predict as a program that another program talks with: a JSON object a line in, one out."""

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..errors import RnncliError, TextError, UsageError
from .output import prediction_fields

if TYPE_CHECKING:
    from ..model import TextPredictor
    from ..personal.model import Personal
    from ..prediction.session import Session

MAX_SESSIONS = 64  # that are remembered, the last ones asked for
MAX_QUESTION_BYTES = 1 << 20
FIELDS: dict[str, tuple[type, ...]] = {  # of a question, with their types; a field left out is as on the command line
    "text": (str,),
    "k": (int,),
    "eos": (bool,),
    "complete": (bool, type(None)),
    "among": (list,),
    "then": (int,),
    "min_p": (int, float),
    "session": (str, int),
    "commit": (bool,),
    "id": (str, int, float, bool, list, dict, type(None)),
}
NOT_OPTIONS = ("id", "session", "text", "commit")  # fields that are no options of `predict`


class Sessions:
    """Remembers the texts of the last sessions by their names."""

    def __init__(self, model: "TextPredictor") -> None:
        self._model = model
        self._sessions: OrderedDict[Any, Session] = OrderedDict()

    def get(self, name: str | int | None) -> "Session":
        """Returns the session of a name; a new one for a new name, and for None."""
        session = self._sessions.pop(name, None) or self._model.session()
        if name is not None:
            self._sessions[name] = session
            if len(self._sessions) > MAX_SESSIONS:
                self._sessions.popitem(last=False)
        return session


def answers(
    model: "TextPredictor", lines: Iterable[bytes], options: dict[str, Any], personal: "Personal | None" = None
) -> Iterator[dict[str, Any]]:
    """Answers each question; one that cannot be answered gets {"error": a sentence}.

    model     what predicts, learnt things included
    options   of the command line, for what a question leaves out
    personal  what learns from a question with "commit": answered once it is learnt, saved while others are answered
    """
    sessions = Sessions(model)
    for line in lines:
        question: dict[str, Any] = {}
        try:
            question = parsed(line)
            if question.get("commit") and personal is None:
                raise UsageError("nothing is learnt without --learn FILE")
            if personal:
                personal.refresh()
                if question.get("commit"):
                    personal.learn(question["text"], background=True)
            asked = options | {name: value for name, value in question.items() if name not in NOT_OPTIONS}
            prediction = model.predict(question["text"], session=sessions.get(question.get("session")), **asked)
            answer = prediction_fields(question["text"], prediction)
        except RnncliError as error:
            answer = {"error": str(error)}
        yield ({"id": question["id"]} if "id" in question else {}) | answer
    if personal:
        personal.close()


def parsed(line: bytes) -> dict[str, Any]:
    """Returns the question of a line. Raises TextError."""
    if len(line) > MAX_QUESTION_BYTES:
        raise TextError(f"a line of {len(line):,} bytes is more than {MAX_QUESTION_BYTES:,}")
    try:
        question = json.loads(line.decode(), parse_constant=_refuse_constant)
        json.dumps(question, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise TextError(f"not JSON: {error}") from None
    if not isinstance(question, dict) or "text" not in question:
        raise TextError('not an object with "text"')
    for field, value in question.items():
        if field not in FIELDS:
            raise TextError(f"{field!r} cannot be asked; {', '.join(FIELDS)} can")
        if not isinstance(value, FIELDS[field]) or (isinstance(value, bool) and bool not in FIELDS[field]):
            raise TextError(f"{field!r} cannot be {json.dumps(value):.40}")
    return question


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")
