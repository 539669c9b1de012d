"""Ends of sentences among written tokens."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.text.ends import LOOK_AHEAD, LOOK_BEHIND, ends, may_end
from rnncli.text.flags import FINAL_MARKS, NOTHING_LEARNED, Abbreviations, Flag, bare, classify

TOKEN = re.compile(
    r"\n|[^\S\n]?(?:(?:[^\W\d_]\.){2,}|\d+(?:[.,:]\d+)+|[぀-ヿ一-鿿]"
    r"|[^\W_](?:[^\W_぀-ヿ一-鿿]|[\u0300-\u036f\u0900-\u0963\u0e30-\u0e4e])*(?:['’-][^\W_]+)*|(?P<run>[^\w\s]|_)(?P=run)*)"
)


def written(text: str) -> list[str]:
    """Returns the written tokens of a text."""
    return [match[0] for match in TOKEN.finditer(text)]


def known_words(text: str) -> set[str]:
    return {bare(token) for token in written(text) if bare(token)[0].islower()}


def flags_of(tokens: list[str], learned: Abbreviations = NOTHING_LEARNED, known: str = "") -> np.ndarray:
    words = known_words(known)
    return np.array([classify(token, learned, words.__contains__) for token in tokens], np.uint16)


def sentences(text: str, learned: Abbreviations = NOTHING_LEARNED, known: str = "") -> list[str]:
    tokens = written(text)
    found, start = [], 0
    for i in np.flatnonzero(ends(flags_of(tokens, learned, known))):
        found.append("".join(tokens[start : i + 1]).strip())
        start = i + 1
    assert not "".join(tokens[start:]).strip()
    return found


ALONE = [  # sentences of one text, joined by a blank; nothing is learned
    ["Am 3. Oktober kam er.", "Es war kalt."],
    ["Wir fuhren z. B. am Montag.", "Danach war Ruhe."],
    ["Wir fuhren z.B. Zug.", "Danach war Ruhe."],
    ["Sie wohnte in Nr. 5 am Markt.", "Er wohnte daneben."],
    ["The shop opened Jan. 5 in the rain.", "We bought bread."],
    ["The map is on p. 12 of the book.", "The key is below."],
    ["Es waren ca. 7 Gäste da.", "Alle sangen."],
    ["Some languages, e.g. Python, are small.", "We like them."],
    ["She likes e.g. Python best.", "We like tea."],
    ["Он живёт в г. Москве давно.", "Там шумно."],
    ["Er wohnt Goethestr. 5 im Hof.", "Dort ist es still."],
    ["„Komm.“", "Er ging.", "»Nein!«", "Sie blieb."],
    ["„Er rief: ‚Komm.‘“", "Sie kam."],
    ["”Kom.”", "Han gick.", "”Nej!”", "Hon blev kvar."],
    ["« Oui. »", "Il partit.", "« Non ! » dit-il."],
    ["«Oui.»", "Il partit.", "«Non !» dit-il."],
    ["¿Qué?", "¡No!", "Sí."],
    ["वह घर गया।", "बारिश हो रही थी।", "क्या वह आया?", "हाँ।"],
    ["وہ گھر گیا۔", "کیا وہ آیا؟", "ہاں۔"],
    ["Նա եկավ։", "Մենք գնացինք։"],
    ["እሱ መጣ።", "እኛ ሄድን።"],
    ["Πού είσαι;", "Εδώ.", "«Έλα»;", "Ναι."],
    ["The fox, the hen; Then came the owl."],
    ["No!", "Then go.", "No?", "Well, come."],
    ["Mr. Fox came.", "He sat."],
    ["It cost 3.50.", "We paid."],
    ['"Stop!" he said.', '"Why?"', "She ran."],
    ['He said, "Go."', "Then he left."],
    ["Well...", "I think so.", "But... no."],
    ["Nun…", "Ich weiß nicht."],
    ["(He left.)", "She stayed."],
    ["J. R. Smith came.", "He sat."],
    ["So did I.", "Then it rained."],
    ["What?!", "No!!!", "Yes."],
    ["Run (now!).", "They ran."],
    ["— Стой! — сказал он.", "— Зачем?"],
    ["She was 112.", "He was younger."],
    ["He watched TV.", "Her cat slept."],
    ["_Stop!_ he said.", "*Go!*", "They went."],
    ["הוא בא.", "היא הלכה."],
    ["그는 왔다.", "그녀는 갔다."],
    ["See node.js or file.txt now.", "Then stop."],
    ["He sat .", "Then he ran ."],
    ["བོད་ཡིན།", "ང་འགྲོ། །", "དེ་རེད༎"],
    ["ᱫᱟᱨᱮ ᱫᱚ᱾", "ᱱᱚᱣᱟ ᱟᱢ᱿", "ᱟᱢ ᱫᱚ ᱾"],
    ["ܐܢܐ ܗܘ܀", "ܐܢܬ ܗܘ܂", "ܗܘ܁"],
    ["ꦲꦏꦱꦫ꧉", "ꦗꦮ꧉"],
    ["ߒ ߓߊ߹", "ߓߊ ߒ߹"],
    ["እሱ መጣ፧", "እኛ ሄድን።"],
    ["ᠮᠣᠩᠭᠣᠯ᠃", "ᠪᠢ᠉", "ᠪᠢ᠃"],
    ["ខ្ញុំ ទៅ។", "គាត់ មក៕"],
]

CJK = [
    ["他说：“好。”", "然后走了。", "我们也走。"],
    ["「はい。」と言った。", "行った。"],
    ["你好！", "“我走了。”", "再见。"],
    ["好。", "“他来了吗？”", "来了。"],
    ["「えっ！？」って言った。", "「行く。」", "雨だ。"],
    ["你好!", "我走了。"],
]


@pytest.mark.parametrize("parts", ALONE)
def test_sentences_alone_and_with_nothing_learned(parts: list[str]) -> None:
    assert sentences(" ".join(parts)) == parts


@pytest.mark.parametrize("parts", CJK)
def test_sentences_without_blanks(parts: list[str]) -> None:
    assert sentences("".join(parts)) == parts


@pytest.mark.parametrize("parts", ALONE)
def test_sentences_wrapped_between_others(parts: list[str]) -> None:
    """Inside a longer text, with a line end at each blank between sentences."""
    longer = ["We all went home.", *parts, "Xenia came too."]
    assert sentences("\n".join(longer)) == longer


@pytest.mark.parametrize("parts", ALONE + CJK)
def test_each_sentence_as_a_prompt_may_end(parts: list[str]) -> None:
    for part in parts:
        assert may_end(flags_of(written(part)))
        assert not may_end(flags_of(written(part + " The")))


@pytest.mark.parametrize("prompt", ["", "\n", "The red fox", "He met Mr.", "J. R.", "Am 3.", "the U.S.", 'He ran. "'])
def test_prompts_inside_a_sentence_do_not_end(prompt: str) -> None:
    assert not may_end(flags_of(written(prompt)))


@pytest.mark.parametrize("prompt", ["The red fox ran.", '"Stop!"', "Stop!\n", "(He ran.)", "« Oui. »", "3.14.", "好。"])
def test_prompts_at_an_end_mark_may_end(prompt: str) -> None:
    assert may_end(flags_of(written(prompt)))


@pytest.mark.parametrize("mark", FINAL_MARKS)
def test_end_mark_of_a_script_ends_a_sentence_whatever_follows(mark: str) -> None:
    assert sentences(f"a b{mark} c d{mark}\ne f{mark}") == [f"a b{mark}", f"c d{mark}", f"e f{mark}"]


def test_comma_of_a_script_ends_no_sentence() -> None:
    assert sentences("သူ ၊ သူ ၊ သူ။") == ["သူ ၊ သူ ၊ သူ။"]


def test_capital_of_a_word_known_in_lower_case_starts_a_sentence() -> None:
    known = "then he said that the fox was at home"
    assert sentences("We took plan B. Then he ran.", known=known) == ["We took plan B.", "Then he ran."]
    assert sentences("She was 12. The fox ran.", known=known) == ["She was 12.", "The fox ran."]
    assert sentences("It is in the U.S. The fox ran.", known=known) == ["It is in the U.S.", "The fox ran."]
    assert sentences("Mr. Fox came. He sat.", known=known) == ["Mr. Fox came.", "He sat."]
    assert sentences("В. И. Петров пришёл. Он сел.", known="и он") == ["В. И. Петров пришёл.", "Он сел."]
    assert sentences("I was at home. 12 men came.", known=known) == ["I was at home.", "12 men came."]


def test_learned_abbreviations_end_nothing_but_before_a_starter() -> None:
    learned = Abbreviations(frozenset({"prof", "etc"}), False)
    assert sentences("Prof. Hill sells pens etc. The shop is small.", learned, "the shop") == [
        "Prof. Hill sells pens etc.",
        "The shop is small.",
    ]
    assert sentences("She was 12. Tom was 9.", learned) == ["She was 12.", "Tom was 9."]


def test_blank_line_ends_a_sentence_and_one_line_end_does_not() -> None:
    assert sentences("The End\n\nof a\nstory, Mr.\nHill's\n\n\n\nNext") == [
        "The End",
        "of a\nstory, Mr.\nHill's",
        "Next",
    ]


def test_number_at_the_start_of_a_line_begins_an_item() -> None:
    parts = ["Two steps:", "1. The first step is short.", "2. The second is long."]
    assert sentences("Two steps:\n\n1. The first step is short.\n2. The second is long.", known="the") == parts


def test_line_ends_belong_to_no_sentence() -> None:
    assert ends(flags_of(["\n", "\n", "a", ".", "\n", "B", "\n"])).tolist() == [0, 0, 0, 1, 0, 1, 0]
    assert ends(flags_of([])).tolist() == []


def test_flags_fit_two_bytes() -> None:
    assert max(value for name, value in vars(Flag).items() if name.isupper()) < 1 << 16


PIECES = [
    "a",
    " b",
    " The",
    " Mr",
    "J",
    " 3",
    ".",
    " .",
    "...",
    "!",
    "。",
    "\n",
    '"',
    ' "',
    "“",
    " “",
    "»",
    " »",
    "(",
    ")",
]


@given(st.lists(st.sampled_from([*PIECES, " —", "Α", ";", " U.S.", "と", "好", ","]), max_size=120), st.integers(1, 30))
def test_blocks_that_overlap_give_equal_ends(tokens: list[str], size: int) -> None:
    flags = flags_of(tokens, known="the")
    parts = []
    for start in range(0, len(flags), size):
        first = max(start - LOOK_BEHIND, 0)
        parts.append(ends(flags[first : start + size + LOOK_AHEAD])[start - first :][:size])
    assert np.concatenate([*parts, []]).tolist() == ends(flags).tolist()
