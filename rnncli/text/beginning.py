"""Where a text breaks off: after a word, or in the middle of one."""

from collections.abc import Callable

WHOLE = ""  # what is there of a word that has not begun


def cut(
    text: str,
    tokenise: Callable[[str], list[str]],
    known: Callable[[str], bool],
    begins: Callable[[str], bool],
    complete: bool | None = None,
) -> tuple[str, str]:
    """The text before the word that is being typed, and what is there of that word.

    known     whether something is a word that the model knows
    begins    whether a word begins with it
    complete  True: the last word is half typed unless a blank follows it; False: it is done; None: it is done if it is
              known, or if no word begins with it
    """
    if complete is False or not text or text[-1].isspace():
        return text, WHOLE
    tail = text.split()[-1]
    at = len(text) - len(tail)
    for token in tokenise(tail):
        at = text.find(token, at)
        if at < 0:  # a character was replaced: the text is not in the form that tokens have
            break
        typed = text[at:]
        if any(c.isalnum() for c in typed) and begins(typed):
            return (text, WHOLE) if complete is None and known(typed) else (text[:at], typed)
        last, at = at, at + len(token)
    if complete and at == len(text) and any(c.isalnum() for c in text[last:]):
        return text[:last], text[last:]
    return text, WHOLE
