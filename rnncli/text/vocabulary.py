"""Words and their ids: by falling count, each displayed in its most frequent form; <eos> and <unk> come first."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from .tokens import END

EOS, UNK = 0, 1
SPECIALS = ("<eos>", "<unk>")
MAX_RARE_WORDS = 10_000  # words outside the vocabulary that are saved by name
MAX_WORD_CHARACTERS = 255  # nobody types a longer word: it is unknown
MAX_CACHED_TOKENS = 100_000  # written forms whose id is remembered, besides the words of the vocabulary


def fold(word: str) -> str:
    """Returns a word in lower case, with a straight apostrophe."""
    return word.lower().replace("’", "'") if len(word) > 1 else word.lower()


def as_is(word: str) -> str:
    """Returns a word unchanged, for --case keep."""
    return word


CASE_RULES = {"fold": fold, "keep": as_is}


@dataclass
class Vocabulary:
    """The V words that a network knows."""

    words: list[str]  # after case folding; words[EOS] and words[UNK] are SPECIALS
    display_forms: list[str]  # of each word the form that people write most often
    counts: list[int]  # in the text to learn from
    case: str
    capitals: bool  # whether sentences of the text start with a capital
    rare: list[str] = field(default_factory=list)  # words of the text outside the vocabulary, as written
    rare_counts: list[int] = field(default_factory=list)  # falling
    _ids: "IdCache" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._ids = IdCache(self)

    def __len__(self) -> int:
        return len(self.words)

    def fold(self, token: str) -> str:
        """Returns the form of a token that the vocabulary goes by: lower case, unless case is kept."""
        return CASE_RULES[self.case](token)

    def id(self, token: str) -> int:
        """Returns a token's id: UNK for a word outside the vocabulary, EOS for the end of a sentence."""
        return self._ids[token]

    def ids(self, tokens: Iterable[str]) -> list[int]:
        """Returns the id of each token."""
        return list(map(self._ids.__getitem__, tokens))

    def tokens(self, ids: Iterable[int]) -> Iterator[str]:
        """Yields the display form of each id's word; EOS gives the token that ends a sentence."""
        return (END if i == EOS else self.display_forms[i] for i in ids)


class IdCache(dict[str, int]):
    """Maps tokens to ids; folds a token at first sight and remembers the answer, up to a bound."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__({word: i for i, word in enumerate(vocabulary.words)})
        self[END] = EOS
        self._fold = CASE_RULES[vocabulary.case]
        self._max_size = len(self) + MAX_CACHED_TOKENS

    def __missing__(self, token: str) -> int:
        if len(token) > MAX_WORD_CHARACTERS:
            return UNK
        i = self.get(self._fold(token), UNK)
        if len(self) < self._max_size:
            self[token] = i
        return i


def build(
    tokens: Sequence[str],
    counts: Sequence[int],
    inner: Sequence[int],
    capitals: bool,
    *,
    case: str,
    size: int,
    min_count: int,
) -> tuple[Vocabulary, list[int]]:
    """Builds the vocabulary of a text from its distinct tokens.

    tokens    distinct tokens; tokens[EOS] and tokens[UNK] are SPECIALS
    counts    how often each token occurs
    inner     how often each token occurs inside a sentence; a capital at the start says nothing about the word
    capitals  whether sentences start with a capital
    The vocabulary holds the words with the highest counts, each at least min_count, at most `size` with the specials;
    equal counts are ordered by alphabet. The next MAX_RARE_WORDS are saved by name only. A word's display form is its
    most frequent form inside a sentence or, if there is none, anywhere.
    Returns the vocabulary, and for each token its id in the vocabulary.
    """
    rule = CASE_RULES[case]
    variants: dict[str, list[int]] = {}  # of each word the tokens it is written as
    for i, token in enumerate(tokens):
        if counts[i] and rule(token) not in SPECIALS:
            variants.setdefault(rule(token), []).append(i)
    total = {word: sum(counts[i] for i in indices) for word, indices in variants.items()}
    by_count = sorted(total, key=lambda w: (-total[w], w))
    known = min(size - len(SPECIALS), sum(count >= min_count for count in total.values()))
    chosen, rare = by_count[:known], by_count[known : known + MAX_RARE_WORDS]
    ids = {word: i for i, word in enumerate([*SPECIALS, *chosen])}
    remap = [ids.get(rule(token), UNK) for token in tokens]

    def display_form(word: str) -> str:
        return tokens[min(variants[word], key=lambda i: (-inner[i], -counts[i], tokens[i]))]

    unknown = sum(counts) - counts[EOS] - sum(total[word] for word in chosen)
    vocabulary = Vocabulary(
        words=[*SPECIALS, *chosen],
        display_forms=[*SPECIALS, *map(display_form, chosen)],
        counts=[counts[EOS], unknown, *(total[word] for word in chosen)],
        case=case,
        capitals=capitals,
        rare=list(map(display_form, rare)),
        rare_counts=[total[word] for word in rare],
    )
    return vocabulary, remap
