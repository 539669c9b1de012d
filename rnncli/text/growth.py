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
    to_know: Sequence[str] = (),
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
    known, specials = len(vocabulary), vocabulary.specials
    before, rare_forms = _counted(vocabulary)
    seen = {vocabulary.fold(token) for token, n in zip(tokens, counts, strict=True) if n and not token.isupper()}
    here = Written.of(tokens, counts, inner, vocabulary.case, (before.keys() | seen).__contains__, to_know)
    total = Counter({**here.total, **before})
    if not is_counted:
        total = Counter(before)
        total.update(here.total)

    others = here.total.keys() - {*vocabulary.words}
    here = here._replace(given={word: form for word, form in here.given.items() if word in others})
    candidates = by_falling_count({word: total[word] for word in others})
    if size is None:
        alone = {*by_falling_count(here.total)[: usual - specials]}
        new = (word in here.given or (word in alone and total[word] >= min_count) for word in candidates)
        size = max(usual, known + sum(new))
    chosen = here._replace(total=total).chosen(candidates, max(0, size - known), min_count)

    words = [*vocabulary.words, *chosen]
    counts_of = [total[word] for word in words]
    if not is_counted:
        unknown = counts[UNK] + sum(here.total[word] for word in others)
        for i, n in zip(range(specials), (counts[EOS], unknown, counts[PAR]), strict=False):
            counts_of[i] += n
    counts_of[UNK] = max(0, counts_of[UNK] - sum(counts_of[known:]))
    rare = by_falling_count({word: total[word] for word in total.keys() - {*words}})[:MAX_RARE_WORDS]

    is_longer = sum(counts) - counts[EOS] > sum(vocabulary.counts) - vocabulary.counts[EOS]
    longer, shorter = (style, vocabulary.style) if is_longer else (vocabulary.style, style)
    abbreviations = longer.abbreviations.words | shorter.abbreviations.words
    result = Vocabulary(
        words=words,
        display_forms=[*vocabulary.display_forms, *map(here.display_form, chosen)],
        counts=counts_of,
        case=vocabulary.case,
        capitals=capitals if is_longer else vocabulary.capitals,
        rare=[here.display_form(word) if word in here.total else rare_forms[word] for word in rare],
        rare_counts=[total[word] for word in rare],
        style=Style(Abbreviations(abbreviations, longer.abbreviations.ordinals), longer.spacing),
    )
    return result, result.ids(tokens)


def _counted(vocabulary: Vocabulary) -> tuple[Counter[str], dict[str, str]]:
    """Returns how often each word was counted that is known by name, rare ones too, and the forms of these."""
    counts = Counter(dict(zip(vocabulary.words, vocabulary.counts, strict=True)))
    for form, n in zip(vocabulary.rare, vocabulary.rare_counts, strict=True):
        counts[vocabulary.fold(form)] += n
    return counts, {vocabulary.fold(form): form for form in vocabulary.rare}
