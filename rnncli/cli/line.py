"""A line that a person writes with suggestions: what is suggested, and what a key makes of the text."""

from functools import partial
from typing import TYPE_CHECKING

from .escape import printable

if TYPE_CHECKING:
    from ..model import LanguageModel, Prediction
    from ..personal.model import Personal
    from ..text.wordlist import Words

# One key for each suggestion. All of them are keys that no text has and that every terminal, and tmux, hands on: digits
# are text, and terminals keep Alt with a digit and F1 for themselves.
SUGGESTION_KEYS = {"tab": "Tab", "down": "↓", "up": "↑"}
# Below it the grey text is right one time in seven. On a tenth of the fables, by a model of the rest, this bound hides
# one grey text in seven and keeps 97 % of the letters that grey text can save.
MIN_GHOST_PROBABILITY = 0.15
ATTACHING_MARKS = ",.;:!?%)]}\"'…”»’、。，！？；："  # that may stand right after a word


class Line:
    """The line at hand, its suggestions, and the keys and letters of the session so far."""

    def __init__(self, model: "LanguageModel", personal: "Personal | None" = None, block: "Words" = ()) -> None:
        self._personal, self._model, self._block = personal, personal or model, block
        self._session = self._model.session()
        self._blank = "" if model.settings.tokenizer == "chars" else " "
        self._predicted: tuple[str, Prediction] | None = None
        self._taken = ""  # the text right after a suggestion was taken, with the blank that came with it
        self.keys = self.letters = 0  # pressed and written in the lines before

    def suggestions(self, text: str) -> "Prediction":
        """Predicts the words that may come next, or end the half-typed word."""
        if self._predicted is None or self._predicted[0] != text:
            predict = partial(self._model.predict, complete=True, block=self._block, session=self._session)
            self._predicted = text, predict(text, len(SUGGESTION_KEYS))
        return self._predicted[1]

    def ghost(self, text: str) -> str:
        """Returns what the first suggestion would add, if it is likely enough to be read."""
        words = self.suggestions(text).words
        if not words or words[0].probability < MIN_GHOST_PROBABILITY:
            return ""
        longer = self._completed(text, 0)
        return longer.removeprefix(text) if longer.startswith(text) else ""

    def take(self, text: str, n: int) -> str:
        """Returns the text with suggestion n taken and a blank after it; the text itself if there is no such one."""
        if n >= len(self.suggestions(text).words):
            return text
        self._taken = self._completed(text, n) + self._blank
        return self._taken

    def mark(self, text: str, mark: str) -> str:
        """Returns the text with a mark typed after it. One that attaches to a word replaces a suggestion's blank."""
        bare = self.end(text)
        closed = bare + mark
        return closed if bare != text and self._model.codec.after(bare, mark) == closed else text + mark

    def end(self, text: str) -> str:
        """Returns the text as it is when the line ends: without the blank that came with a suggestion."""
        return text.removesuffix(self._blank) if text and text == self._taken else text

    def learn(self, text: str) -> None:
        """Learns from a line that has ended, if there is a personal file."""
        if self._personal and text.strip():
            self._personal.learn(text)
            self._predicted = None

    def saved(self, text: str, keys: int) -> float:
        """Returns the share of keys saved in the session: 0 before anything is written.

        keys  pressed for the text of the line at hand
        """
        keys, letters = self.keys + keys, self.letters + len(text)
        return max(0.0, 1 - keys / letters) if letters else 0.0

    def _completed(self, text: str, n: int) -> str:
        offered = self.suggestions(text)
        before = text[: len(text) - len(offered.typed)]
        return self._model.codec.after(before, offered.words[n].word)


def bar(offered: "Prediction | None", saved: float, width: int) -> str:
    """Lays out the suggestions with their keys, and the share of keys saved, in one line.

    offered  None where nothing can be taken
    width    columns; probabilities that do not fit are left out, from the last one on
    """
    end = f" saved {saved:.0%}"
    words = offered.words if offered else []
    for probabilities in range(len(words), -1, -1):
        parts = [
            f" {key} {printable(word)} {f'{y:.0%} ' if n < probabilities else ''}"
            for n, (key, (word, y)) in enumerate(zip(SUGGESTION_KEYS.values(), words, strict=False))
        ]
        left = "".join(parts)
        if len(left) + len(end) <= width:
            return left + end.rjust(width - len(left))
    return left[:width]
