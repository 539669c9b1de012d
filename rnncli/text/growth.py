"""Adds the words of another text to a vocabulary: the words that it has keep their ids."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from .flags import Abbreviations
from .style import Style
from .vocabulary import EOS, MAX_RARE_WORDS, PAR, UNK, Vocabulary, Written, by_falling_count


class Earlier(NamedTuple):
    """A vocabulary to which a text adds words."""

    vocabulary: Vocabulary
    is_counted: bool  # whether it has counted the words of that text already
    usual_size: int  # of it, as its training was asked for at most


def grown(
    earlier: Earlier,
    tokens: Sequence[str],
    counts: Sequence[int],
    inner: Sequence[int],
    capitals: bool,
    style: Style,
    *,
    size: int | None,
    min_count: int,
) -> tuple[Vocabulary, list[int]]:
    """Adds the words of a text to a vocabulary; the other arguments, and what is returned, are as in
    `vocabulary.build`.

    size  of the vocabulary at most. None: the usual size, or as much more as makes room for all words that a vocabulary
          of the usual size would take from this text alone
    The words are appended by falling count. Counts add up, those of rare words too, unless the text was counted before.
    A word that the vocabulary has keeps its display form. Style and capitals are those of the longer text; both teach
    their abbreviations. A vocabulary without ends of paragraphs gets none: there is no id for them.
    """
    vocabulary, is_counted, usual = earlier
    known, specials = set(vocabulary.words), vocabulary.specials
    seen = {vocabulary.fold(token) for token, n in zip(tokens, counts, strict=True) if n and not token.isupper()}
    written = Written.of(tokens, counts, inner, vocabulary.case, lambda word: word in known or word in seen)
    before = Counter(dict(zip(vocabulary.words, vocabulary.counts, strict=True)))
    rare_forms = {vocabulary.fold(form): form for form in vocabulary.rare}
    for form, n in zip(vocabulary.rare, vocabulary.rare_counts, strict=True):
        before[vocabulary.fold(form)] += n
    total = Counter({**written.total, **before}) if is_counted else before + Counter(written.total)
    by_count = by_falling_count({word: total[word] for word in written.total})
    candidates = [word for word in by_count if word not in known and total[word] >= min_count]
    if size is None:
        alone = set(by_falling_count(written.total)[: usual - specials])
        size = max(usual, len(known) + sum(word in alone for word in candidates))
    chosen = candidates[: max(0, size - len(known))]
    words = [*vocabulary.words, *chosen]
    counts_of = [total[word] for word in words]
    if not is_counted:
        unknown = sum(n for word, n in written.total.items() if word not in known)
        for i, n in zip(range(specials), (counts[EOS], counts[UNK] + unknown, counts[PAR]), strict=False):
            counts_of[i] += n
    counts_of[UNK] = max(0, counts_of[UNK] - sum(counts_of[len(known) :]))
    kept = set(words)
    rare = by_falling_count({word: n for word, n in total.items() if word not in kept})[:MAX_RARE_WORDS]
    is_longer = sum(counts) - counts[EOS] > sum(vocabulary.counts) - vocabulary.counts[EOS]
    longer, shorter = (style, vocabulary.style) if is_longer else (vocabulary.style, style)
    abbreviations = longer.abbreviations.words | shorter.abbreviations.words
    result = Vocabulary(
        words=words,
        display_forms=[*vocabulary.display_forms, *map(written.display_form, chosen)],
        counts=counts_of,
        case=vocabulary.case,
        capitals=capitals if is_longer else vocabulary.capitals,
        rare=[written.display_form(word) if word in written.variants else rare_forms[word] for word in rare],
        rare_counts=[total[word] for word in rare],
        style=Style(Abbreviations(abbreviations, longer.abbreviations.ordinals), longer.spacing),
    )
    return result, result.ids(tokens)
