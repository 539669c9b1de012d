"""What was read from a corpus."""

from dataclasses import dataclass

from .coverage import warnings


@dataclass
class Report:
    """What was read, shown before training and saved with the model. Punctuation counts as words, ends of sentences
    do not. The fields with a default are missing in files of older versions.
    """

    words: int
    sentences_by: str  # lines or wrapped
    distinct: int  # words, after case folding
    kept: int  # distinct words in the vocabulary
    covered: float  # share of the words to learn from that are in the vocabulary
    held_out: int  # words to validate on
    held_out_known: float  # share of the words to validate on that are in the vocabulary
    validated_on: str  # "file", "held out", or "training text" where there is too little to hold out
    digest: str  # SHA-256 of the text, and of the words to know in any case if there are any, hex
    breaks: int = 0  # blank lines between sentences, that end paragraphs
    full_lines: float = 0.0  # by these four it is detected how sentences are found (`layout.Layout`)
    lower_continuations: float = 0.0
    capital_lines: float = 0.0
    sentences_a_line: float = 0.0
    held_out_characters: int = 0  # of the text to validate on, blanks and line ends included; 0: not counted
    letters_covered: float = 1.0  # share of the letters of the text to learn from in words of the vocabulary
    held_out_letters_covered: float = 1.0  # likewise of the text to validate on
    marked: bool = False  # whether the text has "<unk>" in place of words, which then is a word of the text
    uncut: float = 0.0  # share of the letters of the text to learn from in words that are too long to be words
    new_words: int = 0  # of the vocabulary: those that the text adds to the one of a model that is trained on

    def warnings(self) -> list[str]:
        """Returns why the measures of the validation say little about how well the text is predicted, if so."""
        letters = min(self.letters_covered, self.held_out_letters_covered)
        return warnings(1 - self.held_out_known, letters, self.uncut, of="of the words to validate on")
