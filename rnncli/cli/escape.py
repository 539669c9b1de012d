"""Escapes control characters, so that no text and no file name can steer a terminal."""


def printable(text: str) -> str:
    """Spells out control characters as Python does (\\x1b); line ends and blanks stay."""
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape", "backslashreplace").decode() for c in text
    )


def one_line(text: str) -> str:
    """Spells out line ends as well as control characters, as a message or a file name wants it."""
    return printable(text).replace("\n", "\\n")
