"""Scripts without blanks, cut into the words of a dictionary."""

import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rnncli
from rnncli.errors import UsageError
from rnncli.text import dictionary, words

TEXTS = st.text(
    st.sampled_from('ความสุขไทย吾輩は猫である日本。語เ ก็\u0301\u200b\u00ad။ကျွန်ភាសា a1.\n"한𠮷カタ'), max_size=40
)


@pytest.fixture(autouse=True)
def _extra() -> None:
    pytest.importorskip("icu4py", reason="the extra rnncli[dictionary] is not installed")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("อาหารเกาหลีจะมีความเผ็ดร้อน", ["อาหาร", "เกาหลี", "จะ", "มี", "ความ", "เผ็ด", "ร้อน"]),
        ("吾輩は猫である。名前は", ["吾輩", "は", "猫", "で", "ある", "。", "名前", "は"]),
        ("我 喜欢今天的天气", ["我", " 喜欢", "今天", "的", "天气"]),
        ("ភាសាខ្មែរ ສະບາຍດີຊາວໂລກ", ["ភាសាខ្មែរ", " ", "ສະບາຍດີ", "ຊາວໂລກ"]),
        ("The cat ซื้อหนังสือ 3 เล่ม", ["The", " cat", " ซื้อ", "หนังสือ", " 3", " เล่ม"]),
    ],
)
def test_words_of_a_dictionary_are_tokens(text: str, tokens: list[str]) -> None:
    assert dictionary.cut(text) == tokens


@given(text=TEXTS)
def test_no_token_of_words_is_cut_and_nothing_is_lost(text: str) -> None:
    assert "".join(dictionary.cut(text)) == "".join(words.cut(text))
    ends, whole = set(), 0
    for token in words.cut(text):
        ends.add(whole := whole + len(token))
    at = 0
    for token in dictionary.cut(text):
        assert (at := at + len(token)) in ends


@given(text=TEXTS)
def test_other_scripts_are_cut_as_words(text: str) -> None:
    kept = "".join(c for c in text if unicodedata.name(c, "").startswith(("LATIN", "HANGUL", "DIGIT", "SPACE")))
    assert dictionary.cut(kept) == words.cut(kept)


def test_model_of_a_dictionary_completes_from_any_cluster_and_writes_without_blanks(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text("แมวกินปลาในบ้าน\nหมากินข้าวในบ้าน\n" * 60)
    model = rnncli.train(tmp_path / "c.txt", tokenizer="dictionary", epochs=20, hidden=20, seed=1)
    assert "ปลา" in model.vocabulary.words
    assert model.predict("แมวกิ", k=1).words[0].word == "กิน"
    assert "".join(model.generate("แมว", sentences=1, temperature=0)) == "กินปลาในบ้าน"
    model.save(tmp_path / "m.npz")
    assert rnncli.load(tmp_path / "m.npz").predict("แมวกิน", k=1).words[0].word == "ปลา"


def test_without_the_extra_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "icu4py.breakers", None)
    dictionary._segments.cache_clear()
    with pytest.raises(UsageError, match=r"icu4py, which is not installed: pip install 'rnncli\[dictionary\]'"):
        dictionary.cut("แมว")
    dictionary._segments.cache_clear()
