"""Text to written tokens and tokens."""

import random
import time
import timeit
import unicodedata
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.text.codec import Codec
from rnncli.text.tokens import END, PIECES, TOKENIZERS
from rnncli.text.vocabulary import SPECIALS, Vocabulary
from rnncli.text.words import cut, spell

words = TOKENIZERS["words"]

MARKS = st.sampled_from("ab.,'\"-’“”() \n1!?$:_é\u0301\u00ad\u200b\u200d\ufe0f/@#+我กな한א٫🇩👍\U0001f3fd")
INVISIBLE = ["\u00ad", "\u200d", "\ufeff", "\u200e", "\u2060", "\ufe0f"]
TEXTS = st.text(st.one_of(st.characters(codec="utf-8"), MARKS), max_size=60)
ASCII = st.text(st.characters(max_codepoint=127), max_size=80)


@pytest.mark.parametrize("name", TOKENIZERS)
@given(text=TEXTS)
def test_no_token_is_empty_and_newlines_are_tokens_of_their_own(name: str, text: str) -> None:
    for token in TOKENIZERS[name].tokenize(text):
        assert token
        assert token == END or END not in token


@given(text=TEXTS)
def test_words_keep_every_character_but_blanks_and_invisible_ones(text: str) -> None:
    def visible(characters: str) -> str:
        kept = (c for c in characters if not c.isspace() and unicodedata.category(c) not in ("Cf", "Mn", "Me", "Mc"))
        return unicodedata.normalize("NFC", "".join(kept))

    assert visible("".join(cut(text))) == visible(text)


@given(text=ASCII)
def test_ascii_is_cut_by_the_rules_for_all_text(text: str) -> None:
    """The pattern for ASCII is a shorter one: that for all text has to agree."""
    assert cut(text + "\né")[: len(cut(text))] == cut(text)


@given(text=TEXTS)
def test_chars_join_to_the_text_in_nfc(text: str) -> None:
    assert "".join(PIECES["chars"](TOKENIZERS["chars"].tokenize(text), False)) == unicodedata.normalize("NFC", text)


@given(text=TEXTS)
def test_whitespace_inverts_join(text: str) -> None:
    tokens = TOKENIZERS["whitespace"].tokenize(text)
    assert TOKENIZERS["whitespace"].tokenize("".join(PIECES["whitespace"](tokens, False))) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The cat sat.", ["The", "cat", "sat", "."]),
        ("I can't, don’t, o'clock", ["I", "can't", ",", "don’t", ",", "o'clock"]),
        ("a well-known mother-in-law", ["a", "well-known", "mother-in-law"]),
        ("3.14 of 1,000 at 10:30", ["3.14", "of", "1,000", "at", "10:30"]),
        ("in 1990, the U.S. won", ["in", "1990", ",", "the", "U.S.", "won"]),
        ('"Come," said he', ['"', "Come", ",", '"', "said", "he"]),
        ("Ünïcode naïve Ελλάδα дом", ["Ünïcode", "naïve", "Ελλάδα", "дом"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),  # vowel signs are no letters to Python's \\w
        ("cafe\u0301", ["caf\u00e9"]),  # the same word however it was typed
        ("soft\u00adly", ["softly"]),
        ("wait... what", ["wait", "...", "what"]),
        ("he said--so", ["he", "said", "--", "so"]),
        ("snake_case __init__", ["snake_case", "__", "init", "__"]),
        ("the dogs' bowl", ["the", "dogs'", "bowl"]),
        ("said 'no' but", ["said", "'", "no", "'", "but"]),
        ("one\ntwo", ["one", END, "two"]),
        ("a <unk> b", ["a", "<", "unk", ">", "b"]),  # no special word can be typed in prose
        ("ran.Then", ["ran", ".", "Then"]),
    ],
)
def test_words_are_cut_as_expected(text: str, tokens: list[str]) -> None:
    assert words.tokenize(text) == tokens


@pytest.mark.parametrize(
    "token",
    """node.js C++ C# F# g++ https://example.com/a and/or 12/03/2021 2021-03-12 file.txt -name --option -40 AT&T R&D
    3:30pm
    a@b.com first.last@mail.example.org /etc/hosts ./run ../up/one.txt ~/notes .txt 1st 1.5 v1.2 ======= *** !!! :-) :)
    col·legi צה"ל EU:n U.S. e.g. z.B. semi-final 1'000 3,5 L.A. www.example.com/path don't rock'n'roll O'Brien ma'am
    g'alaba san'at Xi'an aujourd'hui п'ять well‑known co‐op 한국어 カタカナ می‌روم ❤️ 👍🏽 👩‍👩‍👧 🇩🇪 1️⃣ നന്‍ ফ্র 2⁄3
    pre- 50/50 km/h he/she src/main.c 10:30:15 1.000.000,00 ज़िंदगी""".split(),
)
def test_what_reads_as_one_thing_is_one_token_in_any_place(token: str) -> None:
    assert words.tokenize(f"so {token} is") == ["so", unicodedata.normalize("NFC", token), "is"]
    assert words.tokenize(f"so ({token}), is")[2] == unicodedata.normalize("NFC", token) or token == "pre-"
    assert words.tokenize(f"so {token}")[1] == unicodedata.normalize("NFC", token)
    at_start = words.tokenize(f"{token} is")
    assert at_start == [unicodedata.normalize("NFC", token), "is"] or token == "-name"  # -Oui, dit-il


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("la fille mange l'", ["la", "fille", "mange", "l'"]),
        ("jusqu’", ["jusqu’"]),
        ("dell'\nquest'anno", ["dell'", END, "quest'", "anno"]),
        ("QU'IL ANCH'io", ["QU'", "IL", "ANCH'io"]),
        ("weg. 's Ochtends kwam 't kind", ["weg", ".", "'s", "Ochtends", "kwam", "'t", "kind"]),
        ("'tis the '90s, hit 'em", ["'tis", "the", "'90s", ",", "hit", "'em"]),
        ("he said 'no' and 'yes'", ["he", "said", "'", "no", "'", "and", "'", "yes", "'"]),
        ("-la --all\n-x", ["-la", "--all", END, "-x"]),
        ("-Oui, dit-il\n- Non", ["-", "Oui", ",", "dit-il", END, "-", "Non"]),
    ],
)
def test_apostrophes_and_options_at_the_edges_of_a_line(text: str, tokens: list[str]) -> None:
    assert words.tokenize(text) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        (
            "l'oiseau qu'il dell'albero un'ora",
            ["l'", "oiseau", "qu'", "il", "dell'", "albero", "un'", "ora"],
        ),
        ("c’est l’homme d’Artagnan", ["c’", "est", "l’", "homme", "d’", "Artagnan"]),
        ("我喜欢你。", ["我", "喜", "欢", "你", "。"]),
        ("東京へ行くカメラ", ["東", "京", "へ", "行", "く", "カメラ"]),
        ("ไปไหนมา", ["ไป", "ไห", "น", "มา"]),
        ("ខ្មែរ", ["ខ្មែ", "រ"]),
        ("မြန်မာ", ["မြ", "န်", "မာ"]),
        ("བོད་སྐད་", ["བོད་", "སྐད་"]),
        ("用Python写3行", ["用", "Python", "写", "3", "行"]),
        ("🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]),
        ("\u200eabc\u200f \u202bשלום\u202c", ["abc", "שלום"]),
        ("wo\u2060rd zero\u200bwidth", ["word", "zero", "width"]),
    ],
)
def test_scripts_and_elisions_are_cut_into_known_parts(text: str, tokens: list[str]) -> None:
    assert words.tokenize(text) == tokens


@pytest.mark.parametrize("token", ["\u200f", "\ufe0f", "\u200d", "\u00ad", "\ufeff", "\u200b"])
def test_invisible_characters_alone_are_no_token(token: str) -> None:
    assert words.tokenize(f"a {token} b {token}") == ["a", "b"]


@pytest.mark.parametrize(
    "part", [*"-._'\"([</|&@+*=:;,?a1 \t\n\u00a0éא我カก\u0301\u0e48\u200b\u0f40…👍🇩", "\U00010400", *INVISIBLE]
)
@pytest.mark.parametrize("before", ["", "é", " -a", "(/", "a@", "http://é"])
def test_time_is_in_proportion_to_the_length_of_a_run(part: str, before: str) -> None:
    """Of invisible characters with nothing behind them, a run of 4,000 took 15 seconds."""
    texts = [before + part * n + end for n in (2000, 8000) for end in ("", " é")]
    times = [min(timeit.repeat(partial(cut, text), timer=time.process_time, number=1, repeat=2)) for text in texts]
    assert sum(times[2:]) < 8 * sum(times[:2]) + 0.3


def test_time_is_in_proportion_to_the_length_of_mixed_runs() -> None:
    rng = random.Random(1)
    for _ in range(200):
        part = "".join(rng.choices("ab.-_'/@1 :(\"&\u00ad\u200d\u0301é我ก👍", k=rng.randrange(2, 7)))
        short, long = (
            min(timeit.repeat(partial(cut, part * n), timer=time.process_time, number=1, repeat=2)) for n in (300, 1200)
        )
        assert long < 8 * short + 0.3, part


def test_a_run_of_invisible_characters_is_written_with_the_token_after_it() -> None:
    assert cut("\u200e\u00ada \u00ad\u2060b \u00ad\u00ad c\u00ad\u200e. \u00ad") == [
        *["\u200e\u00ada", " \u00ad\u2060b", " c\u00ad\u200e", "."]
    ]


def test_a_written_token_keeps_the_blank_before_it_and_its_characters() -> None:
    assert cut("the so\u00adft cafe\u0301, « oui\u00a0»\n\tx") == [
        *["the", " so\u00adft", " cafe\u0301", ",", " «", " oui", "\u00a0»", END, "\tx"]
    ]
    assert [spell(token) for token in (" so\u00adft", " cafe\u0301", "\tx", END)] == ["soft", "caf\u00e9", "x", END]


def test_whitespace_cuts_at_blanks_only() -> None:
    whitespace = TOKENIZERS["whitespace"]
    assert whitespace.tokenize(" mr. <unk> 's  N \n the\n") == ["mr.", "<unk>", "'s", "N", END, "the", END]


@pytest.mark.parametrize("part", ["'", "-", "a'", "a-", "1,", "a.", "a/", "é'", "a@", "/a", "我", "\u0301", "👍\u200d"])
def test_endless_text_keeps_every_character(part: str) -> None:
    assert "".join(cut(part * 50_000)) == part * 50_000


@pytest.mark.parametrize(
    ("sentences", "text", "tokens"),
    [
        ("lines", "the cat ", "the cat "),
        ("lines", "the cat", "the cat"),
        ("lines", "the cat  ", "the cat  "),
        ("lines", "the cat\u00a0", "the cat\u00a0"),
        ("lines", "the cat\n", "the cat"),
        ("wrapped", "the cat ", "the cat "),
        ("wrapped", "the cat", "the cat"),
        ("wrapped", " ", ""),
    ],
)
def test_blank_at_the_end_of_a_prompt_is_a_character(sentences: str, text: str, tokens: str) -> None:
    """In a text of lines "the cat" and "the cat " got the same answer."""
    names = [*SPECIALS, *"the ca"]
    codec = Codec(Vocabulary(names, names, [1] * len(names), "keep", True), "chars", sentences)
    assert "".join(codec.tokens(text)) == tokens
