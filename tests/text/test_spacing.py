"""Blanks between tokens and capitals after marks, counted from a corpus."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.text.codec import Codec
from rnncli.text.corpus import prepare, read
from rnncli.text.spacing import Spacing
from rnncli.text.tokens import BREAK, END, TOKENIZERS


def codec_of(folder: Path, text: str, sentences: str = "lines") -> Codec:
    (folder / "c.txt").write_text(text)
    reading = read([str(folder / "c.txt")], tempfile.TemporaryFile, tokenizer="words", sentences=sentences)
    made = prepare(reading, tempfile.TemporaryFile, tokenizer="words", case="fold", size=1000, min_count=1)
    return Codec(made.vocabulary, "words", sentences)


@pytest.mark.parametrize(
    "line",
    [
        'The old man said, "Come in, and sit down," and he went away.',
        "It was cold (very cold), but who cared? Nobody!",
        "She paid $5, or 10% of it: too much; he laughed...",
        "“Come,” said he. ‘No’ was the answer.",
        "„Hallo“ sagte er, »Ja« sagte sie.",
        "Das kostet 5 € im Laden.",
        "« oui » dit-il. Quoi ? Non !",
        "«\u00a0oui\u00a0» dit-il\u202f!",
        "वह घर है। यह भी।",
        "آپ کہاں ہیں؟ یہاں۔",
        "我喜欢你。他说：“好。”我们走！",
        "من می‌روم، تو می‌آیی.",
        "¿Qué? ¡No! —Hola —dijo.",
        "a--b and c--d, he said--so",
        "the `code` and *this* one, _that_ too",
        "<nick> hello @you, #tag (50%)",
        "x = y + 1; foo(a, b)",
        "5 km/h, 3:30pm on 12/03/2021: node.js and C++, file.txt.",
        "l'oiseau d'eau, c'est l'ami",
        "the dogs' bowl, the cats' milk",
        "Ja. - Nein. - Doch.",
        "ไปไหนมา กินข้าว ๆ ครับ",
        "日本語を話す。「はい」と言った。",
        'He left. "Go," she said. "Why?" she asked. "Because," he said.',
        "'No!' she cried. 'Never.'",
        "—Sí —dijo ella—. Vamos. —Claro —dijo Ana—, pero más tarde.",
        "—No sé —contestó él.",
        "El hombre —que era viejo— salió.",
        "Hij kwam 's avonds; 't kind sliep.",
    ],
)
def test_line_of_a_corpus_comes_back_as_it_was_written(tmp_path: Path, line: str) -> None:
    codec = codec_of(tmp_path, f"{line}\n" * 3)
    assert codec.join(codec.tokens(line)) == line


def test_sentences_of_scripts_without_blanks_have_none_between(tmp_path: Path) -> None:
    text = "我走了。他说：“好。”我们走！今天很好。\n\n" * 5
    codec = codec_of(tmp_path, text, "wrapped")
    tokens = codec.tokens(text.strip())
    assert tokens.count(END) > 10
    assert "".join(codec.pieces([], codec.vocabulary.ids(tokens))) == text.strip()


def test_dashes_of_speech_after_questions_stay_in_wrapped_prose(tmp_path: Path) -> None:
    line = "—¡Hola! —dijo ella—. Vamos. —¿Qué? —preguntó él—, dime. —Ven... —susurró—. Él —mi padre— salió."
    codec = codec_of(tmp_path, f"{line}\n\n" * 12, "wrapped")
    assert "".join(codec.pieces([], codec.vocabulary.ids(codec.tokens(line)))) == line


def test_dashes_that_touch_both_words_do_not_turn(tmp_path: Path) -> None:
    text = "The fox left—quickly—and slept.\n" * 6 + "“Go—” said the fox.\n" * 2 + "“Oh!—no, fox,” he said.\n" * 2
    codec = codec_of(tmp_path, text)
    for line in dict.fromkeys(text.splitlines()):
        assert codec.join(codec.tokens(line)) == line


def test_no_capital_after_a_quotation_and_a_comma(tmp_path: Path) -> None:
    text = "„Komm“, sagte der König. „Halt!“ Dann lief er weg. Er kam, dann kam sie. Der König sagte es.\n\n" * 9
    codec = codec_of(tmp_path, text, "wrapped")
    assert "".join(codec.pieces([], codec.vocabulary.ids(codec.tokens(text.strip())))) == text.strip()


def test_capital_after_an_apostrophe_stands_on_the_next_word(tmp_path: Path) -> None:
    codec = codec_of(tmp_path, "'s Nachts sliep hij. 't Is goed. Hij lachte om 't kind.\n\n" * 5, "wrapped")
    assert "".join(codec.pieces([], codec.vocabulary.ids(["'t", "is", "goed"]))) == "'t Is goed"


def test_straight_quotes_alternate_over_the_sentences_of_a_paragraph(tmp_path: Path) -> None:
    text = '"Go now. I stay," he said. "No," said he.\n\n"Never. Go!" He went.\n\n' * 5
    codec = codec_of(tmp_path, text, "wrapped")
    pieces = "".join(codec.pieces([], codec.vocabulary.ids(codec.tokens(text.strip()))))
    assert pieces == text.strip()


def test_straight_quote_closes_at_the_end_of_a_sentence_that_others_began(tmp_path: Path) -> None:
    codec = codec_of(tmp_path, '"Go now. I stay," he said. "No. Never." He went.\n' * 5, "wrapped")
    assert codec.join(["Never", ".", '"']) == 'Never."'


def test_capital_after_a_quotation_mark_is_that_of_the_corpus(tmp_path: Path) -> None:
    low = codec_of(tmp_path, 'so said the cat, "but not me," and went to sleep; the dog, "and you too," ran.\n' * 3)
    assert "".join(low.pieces([], low.vocabulary.ids(["the", "cat", ",", '"', "but"]))) == 'the cat, "but'
    high = codec_of(tmp_path, 'The cat said, "But not me," and the dog, "But no." But it is, but so, but.\n' * 3)
    assert "".join(high.pieces([], high.vocabulary.ids(["the", "cat", ",", '"', "but"]))) == 'The cat, "But'


def test_blank_line_is_written_between_paragraphs(tmp_path: Path) -> None:
    verse = codec_of(tmp_path, "the cat\nthe dog\n\nthe hen\n" * 3)
    assert "".join(verse.pieces([], verse.vocabulary.ids(["the", "cat", END, BREAK, "the"]))) == "the cat\n\nthe"
    prose = codec_of(tmp_path, "The cat ran. The dog sat.\n\nThe hen sang.\n\n" * 3, "wrapped")
    ids = prose.vocabulary.ids(["The", "cat", ".", END, "the", "dog", ".", END, BREAK, "the"])
    assert "".join(prose.pieces([], ids)) == "The cat. The dog.\n\nThe"


SOME = st.text(st.sampled_from("ab.,'\"-’“” \n1!?$:é我กم/@#()«»"), max_size=60)


@given(text=SOME)
def test_tokenize_inverts_join_whatever_was_counted(text: str) -> None:
    """But for a token that only its neighbors make one: such are put apart by a blank, and stay apart."""
    tokens = [token for token in TOKENIZERS["words"].tokenize(text) if token != END]
    joined = "".join(Spacing().pieces(tokens, False, lines=True))
    assert "".join(joined.split()) == "".join("".join(tokens).split())


def test_nothing_is_counted_of_pairs_across_lines(tmp_path: Path) -> None:
    codec = codec_of(tmp_path, "end.\n(start) here.\n" * 4)
    assert codec.join(["here", ".", END, "(", "start", ")"]) == "here.\n(start)"
