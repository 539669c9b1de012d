"""Words and their ids: by falling count, each displayed in its most frequent form; special words come first."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import filterfalse
from typing import NamedTuple, Self

from ..errors import TextError
from .style import Style
from .tokens import BREAK, END
from .written import MAX_WORD_CHARACTERS

EOS, UNK, PAR = 0, 1, 2
SPECIALS = ("<eos>", "<unk>")
PARAGRAPH = "<par>"  # the third special word, of a text that has blank lines
MAX_RARE_WORDS = 50_000  # words outside the vocabulary that are saved by name
MAX_CACHED_TOKENS = 100_000  # written forms whose id is remembered, besides the words of the vocabulary
MIN_DOTLESS_SHARE = 0.05  # of a text's i and ı that have no dot, where it is Turkish or Azeri

# Inside words: apostrophes and geresh, gershayim, hyphens, and the ligatures of typesetting.
_ALIKE = (
    dict.fromkeys(map(ord, "’ʼ＇׳"), "'")
    | {ord("״"): '"'}
    | dict.fromkeys(map(ord, "‐‑"), "-")
    | {ord(ligature): ligature.casefold() for ligature in "ﬀﬁﬂﬃﬄﬅﬆ"}
)


def fold(word: str) -> str:
    """Returns a word in lower case, with straight apostrophes and quotes, plain hyphens, and letters for ligatures."""
    lower = word.lower()
    return lower if word.isascii() or len(word) == 1 else lower.replace("i̇", "i").translate(_ALIKE)


def fold_dotless(word: str) -> str:
    """Returns what `fold` does, in Turkish and Azeri, where I is the capital of ı."""
    return fold(word.replace("I", "ı"))


def fold_first(word: str) -> str:
    """Returns a word in lower case, with a straight apostrophe: by the first rules (`former`)."""
    return word.lower().replace("’", "'") if len(word) > 1 else word.lower()


def as_is(word: str) -> str:
    """Returns a word unchanged, for --case keep."""
    return word


CASE_RULES = {"fold": fold, "keep": as_is, "fold dotless": fold_dotless, "fold first": fold_first}


def known_form(token: str, case: str, is_known: Callable[[str], bool]) -> str:
    """Returns the form of a token that a vocabulary goes by; of one in capitals, which may stand for several, a form
    that is known: SS is the capital of ß, and people without a Turkish keyboard write I for İ.
    """
    folded = CASE_RULES[case](token)
    if not token.isupper() or is_known(folded):
        return folded
    others = (folded.replace("ss", "ß"), fold(token) if case == "fold dotless" else folded)
    return next(filter(is_known, others), folded)


def case_rule(case: str, tokens: Sequence[str], counts: Sequence[int]) -> str:
    """Returns the rule for case that fits a text of some tokens, for a user's choice of fold or keep."""
    if case != "fold" or not any("ı" in token for token in tokens):
        return case
    dotted = sum(count * token.count("i") for token, count in zip(tokens, counts, strict=True))
    dotless = sum(count * token.count("ı") for token, count in zip(tokens, counts, strict=True))
    return "fold dotless" if dotless >= MIN_DOTLESS_SHARE * (dotted + dotless) else case


@dataclass
class Vocabulary:
    """The V words that a network knows."""

    words: list[str]  # after case folding; words[EOS] and words[UNK] are SPECIALS, words[PAR] may be PARAGRAPH
    display_forms: list[str]  # of each word the form that people write most often
    counts: list[int]  # in the text to learn from
    case: str  # of CASE_RULES
    capitals: bool  # whether sentences of the text start with a capital
    rare: list[str] = field(default_factory=list)  # words of the text outside the vocabulary, as written
    rare_counts: list[int] = field(default_factory=list)  # falling
    style: Style = field(default_factory=Style)
    used_once: Sequence[int] = ()  # ids of words that a user wrote once, offered only where they are half typed
    _ids: "IdCache" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._ids = IdCache(self)

    def __len__(self) -> int:
        return len(self.words)

    @property
    def has_paragraphs(self) -> bool:
        """Whether the end of a paragraph, a blank line, is a word."""
        return self.words[PAR : PAR + 1] == [PARAGRAPH]

    @property
    def specials(self) -> int:
        """The number of words that are never offered: they come first."""
        return len(SPECIALS) + self.has_paragraphs

    def fold(self, token: str) -> str:
        """Returns the form of a token that the vocabulary goes by: lower case, unless case is kept."""
        return CASE_RULES[self.case](token)

    def id(self, token: str) -> int:
        """Returns a token's id: UNK for a word outside the vocabulary, EOS for the end of a sentence."""
        return self._ids[token]

    def ids(self, tokens: Iterable[str]) -> list[int]:
        """Returns the id of each token."""
        return list(map(self._ids.__getitem__, tokens))

    def tokens(self, ids: Iterable[int | str]) -> Iterator[str]:
        """Yields the display form of each id's word; EOS and PAR give the tokens that end sentence and paragraph, a
        word outside the vocabulary itself.
        """
        special = {EOS: END, PAR: BREAK} if self.has_paragraphs else {EOS: END}
        return (i if isinstance(i, str) else special.get(i) or self.display_forms[i] for i in ids)


class IdCache(dict[str, int]):
    """Maps tokens to ids; folds a token at first sight and remembers the answer, up to a bound."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__({word: i for i, word in enumerate(vocabulary.words)})
        self[END] = EOS
        if vocabulary.has_paragraphs:
            self[BREAK] = PAR
        self._case = vocabulary.case
        self._max_size = len(self) + MAX_CACHED_TOKENS

    def __missing__(self, token: str) -> int:
        if len(token) > MAX_WORD_CHARACTERS:
            return UNK
        form = known_form(token, self._case, lambda word: self.get(word, UNK) != UNK)
        i = self.get(form, UNK)
        if len(self) < self._max_size:
            self[token] = i
        return i


class Written(NamedTuple):
    """The words of a text, the special ones left out, and the tokens that each is written as."""

    tokens: Sequence[str]  # distinct tokens; these three are as in `build`
    counts: Sequence[int]
    inner: Sequence[int]
    variants: dict[str, list[int]]  # of each word the tokens
    total: dict[str, int]  # how often each word occurs; 0 of one that is to be known and does not
    given: dict[str, str]  # of each word that is to be known the form in which it is given

    @classmethod
    def of(
        cls,
        tokens: Sequence[str],
        counts: Sequence[int],
        inner: Sequence[int],
        case: str,
        is_known: Callable[[str], bool],
        to_know: Sequence[str],
    ) -> Self:
        """Groups the tokens of a text, and those to know, by the words that they are, as `known_form` says."""
        variants: dict[str, list[int]] = {}
        for i, token in enumerate(tokens):
            word = known_form(token, case, is_known)
            if counts[i] and word not in (*SPECIALS, PARAGRAPH):
                variants.setdefault(word, []).append(i)
        given: dict[str, str] = {}
        for token in to_know:
            word = known_form(token, case, is_known)
            if word not in (*SPECIALS, PARAGRAPH):
                given.setdefault(word, token)
        occurring = {word: sum(counts[i] for i in indices) for word, indices in variants.items()}
        return cls(tokens, counts, inner, variants, dict.fromkeys(given, 0) | occurring, given)

    def display_form(self, word: str) -> str:
        """Returns the most frequent form of a word inside a sentence or, if there is none, anywhere; of a word that
        does not occur the form in which it is given.
        """
        if word not in self.variants:
            return self.given[word]
        tokens, counts, inner = self.tokens, self.counts, self.inner
        return tokens[min(self.variants[word], key=lambda i: (-inner[i], -counts[i], tokens[i]))]

    def chosen(self, by_count: Sequence[str], room: int, min_count: int) -> list[str]:
        """Returns the words that a vocabulary with room for so many takes: those to know, and the first others of
        `by_count`, each of at least min_count occurrences. Raises TextError if there is not enough room.
        """
        given = [word for word in by_count if word in self.given]
        if len(given) > room:
            raise TextError(
                f"vocabulary: of its {len(given):,} words {len(given) - room:,} find no room in the vocabulary. "
                f"Raise --vocabulary-size by {len(given) - room:,}"
            )
        frequent = [word for word in by_count if self.total[word] >= min_count and word not in self.given]
        return [*given, *frequent[: room - len(given)]]


def by_falling_count(total: Mapping[str, int]) -> list[str]:
    """Returns words by falling count, equal counts by alphabet."""
    return sorted(total, key=lambda word: (-total[word], word))


def build(
    tokens: Sequence[str],
    counts: Sequence[int],
    inner: Sequence[int],
    capitals: bool,
    style: Style,
    *,
    case: str,
    size: int,
    min_count: int,
    to_know: Sequence[str] = (),
) -> tuple[Vocabulary, list[int]]:
    """Builds the vocabulary of a text from its distinct tokens.

    tokens    distinct tokens; tokens[EOS] and tokens[UNK] are SPECIALS, tokens[PAR] is PARAGRAPH
    counts    how often each token occurs
    inner     how often each token occurs inside a sentence; a capital at the start says nothing about the word
    capitals  whether sentences start with a capital
    style     how the text is written
    to_know   tokens that belong to the vocabulary in any case, whatever their counts
    The vocabulary holds the words to know, and those with the highest counts, each at least min_count: at most `size`
    with the specials. Equal counts are ordered by alphabet. The next MAX_RARE_WORDS are saved by name only. A word's
    display form is its most frequent form inside a sentence or, if there is none, anywhere; a word that does not occur
    is displayed as it is given.
    Returns the vocabulary, and for each token its id in the vocabulary. Raises TextError if there is not enough room.
    """
    case = case_rule(case, tokens, counts)
    seen = {CASE_RULES[case](token) for token, n in zip(tokens, counts, strict=True) if n and not token.isupper()}
    specials = [*SPECIALS, PARAGRAPH] if counts[PAR] else [*SPECIALS]
    written = Written.of(tokens, counts, inner, case, seen.__contains__, to_know)
    by_count = by_falling_count(written.total)
    is_known = {*written.chosen(by_count, size - len(specials), min_count)}.__contains__
    chosen, rare = list(filter(is_known, by_count)), list(filterfalse(is_known, by_count))[:MAX_RARE_WORDS]
    of_specials = list(counts[: len(specials)])
    of_specials[UNK] = sum(counts) - counts[EOS] - counts[PAR] - sum(written.total[word] for word in chosen)
    vocabulary = Vocabulary(
        words=[*specials, *chosen],
        display_forms=[*specials, *map(written.display_form, chosen)],
        counts=[*of_specials, *(written.total[word] for word in chosen)],
        case=case,
        capitals=capitals,
        rare=list(map(written.display_form, rare)),
        rare_counts=[written.total[word] for word in rare],
        style=style,
    )
    return vocabulary, vocabulary.ids(tokens)
