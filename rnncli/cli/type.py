"""rnncli type."""

import sys
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError
from .escape import printable
from .options import model_option, models, open_model, open_personal
from .output import emit, to_terminal

if TYPE_CHECKING:
    from ..model import LanguageModel, Prediction
    from ..personal.model import Personal

SHOWN = 3  # suggestions


class Line:
    """A line that is being written, and what is suggested for it."""

    def __init__(self, model: "LanguageModel", personal: "Personal | None" = None) -> None:
        self._personal, self._model = personal, personal.model if personal else model
        self._session = self._model.session()
        self._blank = "" if model.settings.tokenizer == "chars" else " "
        self._asked: tuple[str, Prediction] | None = None
        self.keys = self.letters = 0  # pressed and written in the lines before

    def suggestions(self, text: str) -> "Prediction":
        """The words that may come next, or end the one that is half typed."""
        if self._asked is None or self._asked[0] != text:
            self._asked = text, self._model.predict(text, SHOWN, complete=True, session=self._session)
        return self._asked[1]

    def commit(self, text: str) -> None:
        """Ends the line; it is learnt from, if anything is to be."""
        if self._personal and text.strip():
            self._personal.learn(text)
            self._model, self._asked = self._personal.model, None
            self._session = self._model.session()

    def ghost(self, text: str) -> str:
        """What the first suggestion would add."""
        return self.taken(text, 0)[len(text) :].rstrip() if self.taken(text, 0).startswith(text) else ""

    def taken(self, text: str, n: int) -> str:
        """The text with a suggestion taken, and a blank after it."""
        offered = self.suggestions(text)
        if n >= len(offered.words):
            return text
        before = text[: len(text) - len(offered.typed)]
        return self._model.after(before, offered.words[n].word) + self._blank


def bar(offered: "Prediction", saved: float, width: int) -> str:
    """The suggestions with their keys, and the share of keys saved; with as many probabilities as there is room for."""
    end = f" saved {saved:.0%}"
    for told in range(len(offered.words), -1, -1):
        parts = [f" {n} {printable(word)} {f'{y:.0%} ' if n <= told else ''}" for n, (word, y) in enumerate(offered, 1)]
        left = "".join(parts)
        if len(left) + len(end) <= width:
            return left + end.rjust(width - len(left))
    return left[:width]


@click.command()
@click.option("--learn", metavar="FILE", shell_complete=models, help="Learn from each line, and keep it in that file.")
@model_option
def type(learn: str | None, model: str | None) -> None:  # noqa: A001
    """Lets you write with suggestions: the likeliest next word stands ahead of you in grey, three are below the line.

    Tab or the right arrow takes the first, 1, 2 and 3 take the one of that number (Ctrl-Q and a digit writes the
    digit). Enter ends the line, Ctrl-D the session. The lines go to standard output if that is a file or a pipe. With
    --learn each line that was ended is learnt from, and next time, too, what you write is foreseen better.

    \b
    pip install 'rnncli[type]'
    rnncli type
    rnncli type -m letters.npz > letter.txt
    rnncli type --learn my.npz
    """
    if not at_terminal():
        raise UsageError(
            "type needs a terminal, and standard input is none. In a pipe there is: rnncli predict --stdin"
        )
    try:
        import prompt_toolkit
    except ImportError:
        raise UsageError("type needs prompt_toolkit, which is not installed: pip install 'rnncli[type]'") from None
    del prompt_toolkit
    language_model = open_model(model)
    line = Line(language_model, open_personal(language_model, learn) if learn else None)
    for text in written(line):
        line.commit(text)
        if not to_terminal():
            emit(text)


def at_terminal() -> bool:
    """Whether a person can type."""
    return sys.stdin is not None and sys.stdin.isatty()


def written(line: Line) -> Any:
    """The lines that a person writes, one after the other, until there are no more."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.application import get_app
    from prompt_toolkit.auto_suggest import AutoSuggest, Suggestion
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.output import create_output

    keys = KeyBindings()
    pressed = 0

    def saved(text: str) -> float:
        keys = line.keys + pressed
        return 1 - keys / max(1, keys, line.letters + len(text))

    class Ghost(AutoSuggest):
        def get_suggestion(self, buffer: Any, document: Any) -> Suggestion | None:  # noqa: ARG002
            return Suggestion(line.ghost(document.text)) if document.is_cursor_at_the_end else None

    def take(event: Any, n: int) -> bool:
        buffer = event.current_buffer
        text = line.taken(buffer.text, n)
        if not buffer.document.is_cursor_at_the_end or text == buffer.text:
            return False
        buffer.text = text
        buffer.cursor_position = len(text)
        return True

    @keys.add("tab")
    @keys.add("right")
    def _first(event: Any) -> None:
        if not take(event, 0):
            event.current_buffer.cursor_right()

    for n in range(SHOWN):

        @keys.add(str(n + 1))
        def _nth(event: Any, n: int = n) -> None:
            if not take(event, n):
                event.current_buffer.insert_text(str(n + 1))

    def count(_: Any) -> None:
        nonlocal pressed
        pressed += 1

    def below() -> str:
        app = get_app()
        text = app.current_buffer.text
        return bar(line.suggestions(text), saved(text), app.output.get_size().columns)

    session: PromptSession[str] = PromptSession(
        "> ",
        auto_suggest=Ghost(),
        bottom_toolbar=below,
        key_bindings=keys,
        output=create_output(always_prefer_tty=True),
    )
    session.app.key_processor.after_key_press += count
    while True:
        pressed = 0
        try:
            text = session.prompt()
        except EOFError:
            return
        except KeyboardInterrupt:
            continue
        line.keys, line.letters = line.keys + pressed, line.letters + len(text) + 1
        yield text
