"""Words and their ids: by falling count, each shown in its most frequent form; <eos> and <unk> come first."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from .tokens import END

EOS, UNK = 0, 1
SPECIALS = ("<eos>", "<unk>")
RARE = 10_000  # unknown words that are kept by name, at most
LONGEST = 255  # characters of a word; a longer one is no word anyone types


def folded(word: str) -> str:
    """The form in which the network knows a word: lower case, with a straight apostrophe."""
    return word.lower().replace("’", "'") if len(word) > 1 else word.lower()


def kept(word: str) -> str:
    """A word as it stands, for --case keep."""
    return word


FOLDS = {"fold": folded, "keep": kept}


@dataclass
class Vocabulary:
    """The V words that a network knows."""

    words: list[str]  # as the network knows them; words[EOS] and words[UNK] are SPECIALS
    shown: list[str]  # as people write them
    counts: list[int]  # in the text that was learnt from
    case: str
    capitals: bool  # whether its sentences start with a capital
    rare: list[str] = field(default_factory=list)  # words of the text that the network does not know, as written
    rare_counts: list[int] = field(default_factory=list)  # falling
    _ids: "Encoder" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._ids = Encoder(self)

    def __len__(self) -> int:
        return len(self.words)

    def id(self, token: str) -> int:
        """The id of a token; UNK for a word outside the vocabulary, EOS for a sentence's end."""
        return self._ids[token]

    def ids(self, tokens: Iterable[str]) -> list[int]:
        """The id of each token."""
        return list(map(self._ids.__getitem__, tokens))

    def tokens(self, ids: Iterable[int]) -> Iterator[str]:
        """Each id's word as it is shown; EOS as a sentence's end."""
        return (END if i == EOS else self.shown[i] for i in ids)


class Encoder(dict[str, int]):
    """token -> id, folding what it has not met; answers are remembered while they are few."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__({word: i for i, word in enumerate(vocabulary.words)})
        self[END] = EOS
        self._fold = FOLDS[vocabulary.case]
        self._most = len(self) + 100_000

    def __missing__(self, token: str) -> int:
        if len(token) > LONGEST:
            return UNK
        i = self.get(self._fold(token), UNK)
        if len(self) < self._most:
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
    """The vocabulary of a text, from the distinct tokens it is written with.

    tokens    distinct tokens; tokens[EOS] and tokens[UNK] are SPECIALS
    counts    how often each occurs
    inner     how often of these not at the start of a sentence, where a capital says nothing of the word
    capitals  whether its sentences start with one
    Kept are the words with the highest counts, at least min_count and at most `size` of them, specials included;
    equal counts go by alphabet; the next ones by name only. Each
    is shown in its most frequent form inside a sentence, or else anywhere.
    Returns the vocabulary and for each token its id in it.
    """
    fold = FOLDS[case]
    forms: dict[str, list[int]] = {}
    for i, token in enumerate(tokens):
        if counts[i] and fold(token) not in SPECIALS:
            forms.setdefault(fold(token), []).append(i)
    total = {word: sum(counts[i] for i in members) for word, members in forms.items()}
    by_count = sorted(total, key=lambda w: (-total[w], w))
    known = min(size - len(SPECIALS), sum(count >= min_count for count in total.values()))
    order, others = by_count[:known], by_count[known : known + RARE]
    ids = {word: i for i, word in enumerate([*SPECIALS, *order])}
    remap = [ids.get(fold(token), UNK) for token in tokens]
    shown, rare = (
        [tokens[min(forms[word], key=lambda i: (-inner[i], -counts[i], tokens[i]))] for word in words]
        for words in (order, others)
    )
    unknown = sum(counts) - counts[EOS] - sum(total[word] for word in order)
    vocabulary = Vocabulary(
        [*SPECIALS, *order],
        [*SPECIALS, *shown],
        [counts[EOS], unknown, *(total[word] for word in order)],
        case,
        capitals,
        rare,
        [total[word] for word in others],
    )
    return vocabulary, remap
