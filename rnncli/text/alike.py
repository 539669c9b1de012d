"""Marks that people take for one another: a model that knows the one reads the other as it."""

from collections.abc import Callable, Iterator

OPENING, CLOSING = "„“«»", "”“»«"  # double quotes, in the order in which a corpus's own are looked for
SINGLE_OPENING, SINGLE_CLOSING = "‚‘‹›", "’‘›‹"
DOUBLE = frozenset(f'"{OPENING}{CLOSING}‟')
SINGLE = frozenset(f"'{SINGLE_OPENING}{SINGLE_CLOSING}‛`´")
DASHES = ("—", "–", "--", "―", "-")
ELLIPSES = ("…", "...")


def known_mark(written: str, mark: str, is_known: Callable[[str], bool]) -> str:
    """Returns what a corpus has in place of a mark that it does not know; the mark itself where it has nothing.

    written  the mark as it is written: a quote with a blank before it opens
    """
    return next((other for other in _others(mark, written[:1].isspace()) if is_known(other)), mark)


def _others(mark: str, opens: bool) -> Iterator[str]:
    for quotes, straight, opening, closing in (
        (DOUBLE, '"', OPENING, CLOSING),
        (SINGLE, "'", SINGLE_OPENING, SINGLE_CLOSING),
    ):
        if mark in quotes:
            yield straight
            yield from opening if opens else closing
    for same in (DASHES, ELLIPSES):
        if mark in same:
            yield from same
