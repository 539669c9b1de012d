"""predict as a program that another program talks with: a JSON object a line in, one out."""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any

from ..errors import RnncliError, TextError, UsageError
from .output import prediction_fields

if TYPE_CHECKING:
    from ..model import TextPredictor
    from ..personal.model import Personal
    from ..prediction.session import Session

MAX_SESSIONS = 64  # that are remembered, the last ones asked for
MAX_QUESTION_BYTES = 1 << 20
MAX_NESTING = 100  # of lists and objects in a question
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


def serve(
    model: "TextPredictor",
    lines: Iterable[bytes],
    emit: Callable[[dict[str, Any]], None],
    options: dict[str, Any],
    personal: "Personal | None" = None,
    commit: bool = False,
) -> None:
    """Emits an answer to each question; one that cannot be answered gets {"error": a sentence}.

    model     what predicts, with what was learned
    emit      gets the answers, one at a time
    options   of the command line, for what a question leaves out
    personal  what learns from a question with "commit", which is answered when it is saved. One that has an "id" is
              saved while later questions are answered: its answer may come after theirs
    commit    whether a question without "commit" is learned from
    """
    sessions, turn = Sessions(model), Lock()

    def answer(question: dict[str, Any], fields: dict[str, Any]) -> None:
        with turn:
            emit(({"id": question["id"]} if "id" in question else {}) | fields)

    def predict(question: dict[str, Any]) -> dict[str, Any]:
        asked = options | {name: value for name, value in question.items() if name not in NOT_OPTIONS}
        session = sessions.get(question.get("session"))
        try:
            return prediction_fields(question["text"], model.predict(question["text"], session=session, **asked))
        except RnncliError as error:
            return {"error": str(error)}

    for line in lines:
        question: dict[str, Any] = {}
        try:
            question = {"commit": commit} | parsed(line)
            if personal:
                personal.refresh()
            if question["commit"]:
                learn(personal, question)
        except RnncliError as error:
            answer(question, {"error": str(error)})
            continue
        fields = predict(question)
        if personal and question["commit"] and "id" in question:
            personal.save_in_background(partial(answer_when_saved, partial(answer, question), fields))
        else:
            answer(question, fields)
    if personal:
        personal.close()


def learn(personal: "Personal | None", question: dict[str, Any]) -> None:
    """Learns from the text of a question, and saves what was learned unless the question has an "id"."""
    if personal is None:
        raise UsageError("nothing is learned without --learn FILE")
    personal.learn(question["text"], save="id" not in question)


def answer_when_saved(
    answer: Callable[[dict[str, Any]], None], fields: dict[str, Any], failure: RnncliError | None
) -> None:
    """Answers a commit, or says why it could not be saved."""
    answer({"error": str(failure)} if failure else fields)


def parsed(line: bytes) -> dict[str, Any]:
    """Returns the question of a line. Raises TextError."""
    if len(line) > MAX_QUESTION_BYTES:
        raise TextError(f"a line of {len(line):,} bytes is more than {MAX_QUESTION_BYTES:,}")
    try:
        question = json.loads(line.decode(), parse_constant=_refuse_constant)
        json.dumps(question, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise TextError(f"not JSON: {error}") from None
    _require_shallow(question, MAX_NESTING)
    if not isinstance(question, dict) or "text" not in question:
        raise TextError('not an object with "text"')
    for field, value in question.items():
        if field not in FIELDS:
            raise TextError(f"{field!r} cannot be asked; {', '.join(FIELDS)} can")
        if not isinstance(value, FIELDS[field]) or (isinstance(value, bool) and bool not in FIELDS[field]):
            raise TextError(f"{field!r} cannot be {json.dumps(value):.40}")
    return question


def _require_shallow(value: Any, levels: int) -> None:
    """Raises TextError if a value is nested deeper than so many levels."""
    if levels == 0:
        raise TextError(f"lists and objects are nested more than {MAX_NESTING} deep")
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _require_shallow(part, levels - 1)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")
