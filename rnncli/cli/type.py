"""rnncli type."""

import sys
from collections.abc import Iterator
from os.path import commonprefix
from typing import Any

import click

from ..errors import UsageError
from .line import ATTACHING_MARKS, SUGGESTION_KEYS, Line, bar
from .options import block_option, model_option, models, nonempty, open_model, open_personal, read_block
from .output import emit, to_terminal


@click.command()
@click.option(
    "--learn",
    metavar="FILE",
    shell_complete=models,
    callback=nonempty,
    help="Learn from each line, and keep in this personal file what was learned.",
)
@block_option
@model_option
def type(learn: str | None, block: str | None, model: str | None) -> None:  # noqa: A001
    """Lets you write with suggestions: grey text ahead of the cursor, and three words below the line.

    \b
    Tab or →   takes the first word, which is the grey one
    ↓          takes the second
    ↑          takes the third
    Enter      ends the line
    Ctrl-C     drops the line
    Ctrl-D     ends

    All other keys type themselves, digits too. The blank after a word that you took gives way to a comma, a full stop
    and the like. If standard output is a file or a pipe, the lines go there. With --learn the model learns from each
    line, and predicts your words better from then on.

    \b
    pip install 'rnncli[type]'
    rnncli type
    rnncli type > letter.txt
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
    blocked = read_block(block, language_model)
    line = Line(language_model, open_personal(language_model, learn) if learn else None, blocked)
    for text in written_lines(line):
        if not to_terminal():
            emit(text)  # before anything can go wrong with learning
        line.learn(text)


def at_terminal() -> bool:
    """Returns whether standard input is a terminal."""
    return sys.stdin is not None and sys.stdin.isatty()


def written_lines(line: Line) -> Iterator[str]:
    """Yields the lines that a person writes, until Ctrl-D."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.application import get_app
    from prompt_toolkit.auto_suggest import AutoSuggest, Suggestion
    from prompt_toolkit.history import DummyHistory
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.output import create_output

    bindings = KeyBindings()
    keys = 0  # pressed in the line at hand

    class Ghost(AutoSuggest):
        def get_suggestion(self, buffer: Any, document: Any) -> Suggestion | None:  # noqa: ARG002
            return Suggestion(line.ghost(document.text)) if document.is_cursor_at_the_end else None

    def set_text(buffer: Any, text: str) -> None:
        kept = len(commonprefix([buffer.text, text]))  # noqa: RUF071  # of characters, as meant
        buffer.delete_before_cursor(len(buffer.text) - kept)
        buffer.insert_text(text[kept:])  # which has grey text looked up, as setting buffer.text has not

    def take(event: Any, n: int) -> bool:
        buffer = event.current_buffer
        text = line.take(buffer.text, n) if buffer.document.is_cursor_at_the_end else buffer.text
        if text == buffer.text:
            return False
        set_text(buffer, text)
        return True

    for n, key in enumerate(SUGGESTION_KEYS):

        @bindings.add(key)
        def _take(event: Any, n: int = n) -> None:
            take(event, n)

    @bindings.add("right")
    def _take_or_move(event: Any) -> None:
        if not take(event, 0):
            event.current_buffer.cursor_right()

    for mark in ATTACHING_MARKS:

        @bindings.add(mark)
        def _mark(event: Any, mark: str = mark) -> None:
            buffer = event.current_buffer
            if buffer.document.is_cursor_at_the_end:
                set_text(buffer, line.mark(buffer.text, mark))
            else:
                buffer.insert_text(mark)

    @bindings.add("<bracketed-paste>")
    def _paste(event: Any) -> None:
        nonlocal keys
        event.current_buffer.insert_text(event.data.replace("\r\n", "\n").replace("\r", "\n"))
        keys += len(event.data) - 1  # what is pasted saves no keys

    def count_key(_: Any) -> None:
        nonlocal keys
        keys += 1

    def below() -> str:
        app = get_app()
        document = app.current_buffer.document
        offered = line.suggestions(document.text) if document.is_cursor_at_the_end else None
        return bar(offered, line.saved(document.text, keys), app.output.get_size().columns)

    session: PromptSession[str] = PromptSession(
        "> ",
        auto_suggest=Ghost(),
        bottom_toolbar=below,
        history=DummyHistory(),
        key_bindings=bindings,
        output=create_output(always_prefer_tty=True),
    )
    session.app.key_processor.after_key_press += count_key
    while True:
        keys = 0
        try:
            text = line.end(session.prompt())
        except EOFError:
            return
        except KeyboardInterrupt:
            continue
        line.keys, line.letters = line.keys + keys, line.letters + len(text) + 1
        yield text
