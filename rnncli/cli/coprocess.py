"""predict as a program that another one talks with: a JSON object a line in, one out."""

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..errors import RnncliError, TextError, UsageError
from .output import prediction_fields

if TYPE_CHECKING:
    from ..model import LanguageModel
    from ..personal.model import Personal

SESSIONS = 64  # that are remembered, the last ones that were asked for
LONGEST = 1 << 20  # bytes of a line
ASKED: dict[str, tuple[type, ...]] = {  # what an object may have; the options of the command line are what it has not
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
RANGES = {"k": (1, 10**9), "then": (1, 100), "min_p": (0, 1)}


def answers(
    model: "LanguageModel", lines: Iterable[bytes], options: dict[str, Any], personal: "Personal | None" = None
) -> Iterator[dict[str, Any]]:
    """The answer to each line: of a line that is none of what can be asked, what is wrong with it."""
    sessions: OrderedDict[Any, Any] = OrderedDict()
    for line in lines:
        asked: dict[str, Any] = {}
        try:
            asked = question(line)
            if asked.get("commit"):
                if personal is None:
                    raise UsageError("nothing is learnt without --learn FILE")
                personal.learn(asked["text"])
                model = personal.model
                sessions.clear()
            name = asked.get("session")
            session = sessions.pop(name, None) or model.session()
            if name is not None:
                sessions[name] = session
                if len(sessions) > SESSIONS:
                    sessions.popitem(last=False)
            known = {field: value for field, value in asked.items() if field not in ("id", "session", "text", "commit")}
            answer = prediction_fields(asked["text"], model.predict(asked["text"], session=session, **options | known))
        except RnncliError as error:
            answer = {"error": str(error)}
        yield ({"id": asked["id"]} if "id" in asked else {}) | answer


def question(line: bytes) -> dict[str, Any]:
    """What a line asks. Raises TextError."""
    if len(line) > LONGEST:
        raise TextError(f"a line of {len(line):,} bytes is more than {LONGEST:,}")
    try:
        asked = json.loads(line.decode(), parse_constant=_no_number)
        json.dumps(asked, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise TextError(f"not JSON: {error}") from None
    if not isinstance(asked, dict) or "text" not in asked:
        raise TextError('not an object with "text"')
    for field, value in asked.items():
        if field not in ASKED:
            raise TextError(f"{field!r} cannot be asked; {', '.join(ASKED)} can")
        wrong = not isinstance(value, ASKED[field]) or (isinstance(value, bool) and bool not in ASKED[field])
        if wrong or (field in RANGES and not RANGES[field][0] <= value <= RANGES[field][1]):
            raise TextError(f"{field!r} cannot be {json.dumps(value):.40}")
    if not all(isinstance(candidate, str) for candidate in asked.get("among", [])):
        raise TextError("'among' is a list of texts")
    return asked


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")
