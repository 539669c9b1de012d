"""What was read from a corpus."""

from dataclasses import dataclass


@dataclass
class Report:
    """What was read, shown before training and saved with the model. Punctuation counts as words, ends of sentences
    do not.
    """

    words: int
    sentences_by: str  # lines or wrapped
    distinct: int  # words, after case folding
    kept: int  # distinct words in the vocabulary
    covered: float  # share of the words to learn from that are in the vocabulary
    held_out: int  # words to validate on
    held_out_known: float  # share of the words to validate on that are in the vocabulary
    validated_on: str  # "file", "held out", or "training text" where there is too little to hold out
    digest: str  # SHA-256 of the text, hex
