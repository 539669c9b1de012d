"""Reading a corpus: ids on disk, a vocabulary, held-out sentences."""

import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncli.errors import TextError
from rnncli.run.recipe import fitted
from rnncli.text import rules as rules_module
from rnncli.text import spool
from rnncli.text.codec import Codec
from rnncli.text.corpus import Corpus, Reading, prepare, read
from rnncli.text.layout import with_layout
from rnncli.text.rules import CurrentRules
from rnncli.text.spool import Spool
from rnncli.text.vocabulary import EOS, PARAGRAPH, SPECIALS, UNK, Vocabulary


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads even small texts in several blocks."""
    monkeypatch.setattr(spool, "SPOOL_BLOCK_IDS", 1000)


def whole(ids: Spool) -> list[int]:
    return ids.read(0, len(ids)).tolist()


def reading_of(folder: Path, text: str, tokenizer: str = "words", sentences: str = "lines") -> Reading:
    (folder / "c.txt").write_text(text)
    return read([str(folder / "c.txt")], tempfile.TemporaryFile, tokenizer=tokenizer, sentences=sentences)


def corpus_of(folder: Path, text: str, **choices: Any) -> Corpus:
    choices = {"tokenizer": "words", "case": "fold", "size": 1000, "min_count": 1} | choices
    return prepare(reading_of(folder, text, choices["tokenizer"]), tempfile.TemporaryFile, **choices)


def sentences_of(made: Corpus, ids: Spool) -> list[str]:
    text = " ".join(made.vocabulary.display_forms[i] for i in whole(ids))
    return text.removeprefix("<eos> ").removesuffix(" <eos>").split(" <eos> ")


def test_stream_begins_with_eos_and_has_one_eos_after_each_sentence(tmp_path: Path) -> None:
    made = corpus_of(tmp_path, "the cat\nthe dog sat\nso")
    forms = [made.vocabulary.display_forms[i] for i in whole(made.train)]
    assert forms == "<eos> the cat <eos> the dog sat <eos> so <eos>".split()
    assert made.report.words == 6
    assert made.report.validated_on == "training text"


@pytest.mark.parametrize("tokenizer", ["words", "whitespace", "chars"])
@pytest.mark.parametrize("sentences", ["lines", "wrapped"])
def test_blank_lines_between_sentences_are_one_word_each(tmp_path: Path, tokenizer: str, sentences: str) -> None:
    reading = reading_of(tmp_path, "\n\na b\n\n\n\na b.\nB a\n\n\n", tokenizer, sentences)
    made = prepare(reading, tempfile.TemporaryFile, tokenizer=tokenizer, case="keep", size=99, min_count=1)
    text = "".join(made.vocabulary.display_forms[i] for i in whole(made.train)).replace(" ", "")
    assert text == "<eos>ab<eos><par>ab.<eos>Ba<eos>"
    assert made.vocabulary.words[:3] == [*SPECIALS, PARAGRAPH]
    assert made.report.breaks == 1
    assert made.report.words == reading.words == {"words": 7, "whitespace": 6, "chars": 10}[tokenizer]


def ids_of(texts: list[str], tokenizer: str, sentences: str) -> list[int]:
    words = [*SPECIALS, PARAGRAPH, *"ab.B", "ab"]
    rules = CurrentRules(Vocabulary(words, words, [1] * len(words), "keep", True), tokenizer, sentences)
    return [i for ids, _ in rules.encode(texts) for i in ids.tolist()]


@pytest.mark.parametrize("tokenizer", ["words", "whitespace", "chars"])
@pytest.mark.parametrize("sentences", ["lines", "wrapped"])
@given(parts=st.lists(st.text("abB.\n ", max_size=8), max_size=8))
def test_stream_is_equal_however_the_text_is_cut_between_words(
    tokenizer: str, sentences: str, parts: list[str]
) -> None:
    assert ids_of([part + "\n" for part in parts], tokenizer, sentences) == ids_of(
        ["\n".join(parts) + "\n"], tokenizer, sentences
    )
    cut_at_blanks = [word + " " for word in " ".join(parts).split(" ")]
    assert ids_of(cut_at_blanks, "words", sentences) == ids_of(["".join(cut_at_blanks)], "words", sentences)


@pytest.mark.parametrize("sentences", ["lines", "wrapped"])
@given(parts=st.lists(st.text("abB.\n ", max_size=8), max_size=8))
def test_encode_gives_the_token_of_every_id(sentences: str, parts: list[str]) -> None:
    vocabulary = Vocabulary(["<eos>", "<unk>", "a", "b"], ["<eos>", "<unk>", "a", "b"], [1] * 4, "fold", True)
    rules = CurrentRules(vocabulary, "words", sentences)
    for ids, tokens in rules.encode(parts):
        assert ids.tolist() == vocabulary.ids(map(rules.spell, tokens))


def test_prompts_are_read_on_several_threads() -> None:
    """Numbers for written tokens grow as prompts are read; two threads at once gave one number to two words."""
    words = [*SPECIALS, *(f"w{i}" for i in range(2000))]
    vocabulary = Vocabulary(words, words, [1] * len(words), "fold", True)
    prompts = [" ".join(f"w{(17 * i + n) % 2000}" for i in range(40)) for n in range(400)]
    codec = Codec(vocabulary, "words", "wrapped")
    codec.tokens("")
    with ThreadPoolExecutor(8) as pool:
        encoded = list(pool.map(codec.encode, prompts))
    assert [ids for _, ids in encoded] == [[EOS, *vocabulary.ids(prompt.split())] for prompt in prompts]


@pytest.mark.parametrize("sentences", ["lines", "wrapped"])
def test_texts_are_read_on_several_threads(sentences: str) -> None:
    """Ids of one text were those of another's words: only prompts were read one at a time."""
    words = [*SPECIALS, *(f"w{i}" for i in range(2000))]
    vocabulary = Vocabulary(words, words, [1] * len(words), "fold", True)
    texts = [" ".join(f"w{(17 * i + n) % 2000}" for i in range(400)) for n in range(8)]
    expected = [[EOS, *vocabulary.ids(text.split()), EOS] for text in texts]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(10):
            codec = Codec(vocabulary, "words", sentences)
            assert codec.tokens("") == []
            with ThreadPoolExecutor(4) as pool:
                read = list(pool.map(lambda text, by=codec: [i for ids in by.ids(text) for i in ids.tolist()], texts))
            assert read == expected
    finally:
        sys.setswitchinterval(interval)


@pytest.mark.parametrize("tokenizer", ["words", "chars"])
def test_a_text_is_read_to_its_end_though_what_is_known_of_its_tokens_is_forgotten(
    monkeypatch: pytest.MonkeyPatch, tokenizer: str
) -> None:
    """Another text between two blocks of the first replaced what the first one's numbers stood for."""
    monkeypatch.setattr(rules_module, "MAX_KEPT_TOKENS", 3)
    words = [*SPECIALS, *"abcdefgh. "]
    rules = CurrentRules(Vocabulary(words, words, [1] * len(words), "keep", True), tokenizer, "wrapped")
    blocks = ["a b c d e f g h. " * 20, "h g f e d c b a. " * 20]
    undisturbed = [i for ids, _ in rules.encode(blocks) for i in ids.tolist()]
    read = []
    for ids, _ in rules.encode(blocks):
        read += ids.tolist()
        rules.tokens("c b a")
    assert read == undisturbed


def test_word_cut_by_the_end_of_a_line_is_joined_where_the_corpus_knows_it(tmp_path: Path) -> None:
    text = (
        "the well-known story, pre-\nand post-war\nyears of a well-\nknown recog-\nnition; recognition wo\u00ad\nman.\n"
    )
    reading = reading_of(tmp_path, text, sentences="wrapped")
    tokens = [reading.tokens[i] for i in whole(reading.ids)]
    assert tokens == (
        "<eos> the well-known story , pre- and post-war years of a well-known recognition ; recognition woman . <eos>"
    ).split(" ")


def test_lengths_of_tokens_sum_to_the_characters_of_the_text(tmp_path: Path) -> None:
    text = 'the cat, "no!" said\nso it is\n'
    reading = reading_of(tmp_path, text)
    ids = whole(reading.ids)[1:]
    assert round(sum(reading.lengths[ids])) == len(text)


def test_held_out_are_whole_sentences_from_every_tenth_of_the_text_and_the_rest_is_taught(tmp_path: Path) -> None:
    lines = [f"a{i // 20} b{i % 20} " + "x " * (i % 7) + "end" for i in range(400)]  # all different, no word rare
    made = corpus_of(tmp_path, "\n".join(lines))
    taught, held_out = sentences_of(made, made.train), sentences_of(made, made.valid)
    assert Counter(taught) + Counter(held_out) == Counter(lines)
    tenths = Counter(lines.index(line) // 40 for line in held_out)
    assert sorted(tenths) == list(range(10))
    assert all(2 <= count <= 6 for count in tenths.values())  # of 40
    assert made.report.held_out == sum(len(line.split()) for line in held_out)
    for ids in (made.train, made.valid):
        assert whole(ids)[0] == whole(ids)[-1] == EOS
    again = corpus_of(tmp_path, "\n".join(lines))
    assert whole(again.valid) == whole(made.valid)


def test_words_only_in_held_out_sentences_are_unknown(tmp_path: Path) -> None:
    made = corpus_of(tmp_path, "\n".join(f"w{i} a b c d e f g" for i in range(300)))
    assert UNK in whole(made.valid)
    assert UNK not in whole(made.train)
    assert made.report.held_out_known < 1 == made.report.covered


def test_one_endless_sentence_is_cut_for_holding_out(tmp_path: Path) -> None:
    made = corpus_of(tmp_path, " ".join(str(i % 40) for i in range(60_000)), tokenizer="whitespace")
    assert 5000 < made.report.held_out <= 6000


def test_validation_file_is_read_by_the_rules_of_the_corpus(tmp_path: Path) -> None:
    valid = tmp_path / "valid.txt"
    valid.write_text("The cat barked\n")
    made = corpus_of(tmp_path, "the cat sat\n" * 200, valid=str(valid))
    assert [made.vocabulary.words[i] for i in whole(made.valid)] == ["<eos>", "the", "cat", "<unk>", "<eos>"]
    assert made.report.held_out_known == pytest.approx(2 / 3)
    valid.write_text("hic sunt leones\n")
    with pytest.raises(TextError, match="valid.txt: not one of its words is in the vocabulary"):
        corpus_of(tmp_path, "the cat sat\n" * 200, valid=str(valid))


def test_capitals_at_most_sentence_starts_are_detected(tmp_path: Path) -> None:
    assert corpus_of(tmp_path, "The cat.\nA dog.\n").vocabulary.capitals
    assert not corpus_of(tmp_path, "the cat.\na dog.\n").vocabulary.capitals


@pytest.mark.parametrize(("text", "why"), [(" \n\t\n", "no words"), ("cat", "only one word")])
def test_less_than_two_words_are_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(TextError, match=why):
        corpus_of(tmp_path, text)


def test_small_blocks_of_a_sample_take_time_in_proportion_to_their_number() -> None:
    def seconds(blocks: int) -> float:
        start = time.process_time()
        with_layout(iter(["a"] * blocks), "auto")
        return time.process_time() - start

    assert seconds(20_000) < 8 * seconds(5000) + 0.3


def test_min_count_that_no_word_reaches_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="no word occurs 5 times or more. Lower --min-count"):
        corpus_of(tmp_path, "a b c d", min_count=5)


@pytest.mark.parametrize("min_count", [1, 2])
@pytest.mark.parametrize("text", ["x" * 300 + " " + "y" * 300, "<unk> <unk>", "<unk> " + "x" * 300])
def test_text_of_unknown_and_overlong_words_only_is_refused(tmp_path: Path, text: str, min_count: int) -> None:
    with pytest.raises(TextError, match="no word to learn: each is <unk>, or longer than 255 characters"):
        corpus_of(tmp_path, text, tokenizer="whitespace", min_count=min_count)


def test_vocabulary_that_holds_special_words_alone_is_refused_for_its_size(tmp_path: Path) -> None:
    """<par> takes the third place, and it was said that no word occurs 1 times."""
    with pytest.raises(TextError, match="^a vocabulary of 3 holds special words alone. Raise --vocabulary-size$"):
        corpus_of(tmp_path, "the cat\n\nthe dog\n", size=3)
    assert len(corpus_of(tmp_path, "the cat\nthe dog\n", size=3).vocabulary) == 3


def test_overlong_word_is_unknown(tmp_path: Path) -> None:
    made = corpus_of(tmp_path, "a " + "x" * 10_000 + " b")
    assert whole(made.train).count(UNK) == 1


def test_only_a_literal_unk_token_counts_as_marked_and_no_overlong_word(tmp_path: Path) -> None:
    """One base64 blob in a text switched off the teaching of <unk>: rare words were all kept (min_count 1)."""
    text, blob = "the cat sat on the mat\n" * 2000, "x" * 300
    for more, has_unk in (("", False), (f"{blob}\n" * 3, False), ("<unk>\n", True), (f"<unk> {blob}\n", True)):
        reading = reading_of(tmp_path, text + more, "whitespace")
        assert reading.has_unk is has_unk
        assert fitted({}, reading.words, reading.has_unk).min_count == (1 if has_unk else 2)


@pytest.mark.parametrize(("tokenizer", "characters"), [("words", 8), ("whitespace", 8), ("chars", 8)])
def test_characters_of_the_validation_text_are_counted_with_blanks_and_line_ends(
    tmp_path: Path, tokenizer: str, characters: int
) -> None:
    valid = tmp_path / "valid.txt"
    valid.write_text("the cat\n")
    made = corpus_of(tmp_path, "the cat sat\n" * 200, tokenizer=tokenizer, valid=str(valid))
    assert made.report.held_out_characters == pytest.approx(characters, abs=1)


@pytest.mark.parametrize("tokenizer", ["words", "whitespace", "chars"])
@pytest.mark.parametrize("sentences", ["lines", "wrapped"])
def test_characters_are_as_many_in_a_validation_file_as_in_the_text_itself(
    tmp_path: Path, tokenizer: str, sentences: str
) -> None:
    """A blank line counted two characters in a file, and one in the text."""
    text = "The cat sat.\n\nThe dog ran.\n\n" * 5 + "So it was.\n"
    reading = reading_of(tmp_path, text, tokenizer, sentences)
    how = {"tokenizer": tokenizer, "case": "keep", "size": 99, "min_count": 1}
    itself, file = (
        prepare(reading, tempfile.TemporaryFile, **how, valid=valid).report for valid in (None, str(tmp_path / "c.txt"))
    )
    assert (itself.validated_on, file.validated_on) == ("training text", "file")
    assert itself.held_out_characters == file.held_out_characters
    if sentences == "lines":
        assert file.held_out_characters == len(text)


def test_report_warns_where_little_of_the_validation_text_is_known(tmp_path: Path) -> None:
    made = corpus_of(tmp_path, "\n".join(f"w{i} x{i} y{i} z{i}" for i in range(300)))
    assert [warning[:11] for warning in made.report.warnings()] == ["100% of the"]
    assert corpus_of(tmp_path, "the cat sat\n" * 200).report.warnings() == []
