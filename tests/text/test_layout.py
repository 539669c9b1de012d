"""Sentences a line and wrapped prose."""

import base64
import random
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from rnncli.text.layout import measure

LINES = """the cat sat on the mat
no it was n't black monday
we had never seen so many owls in one tree as on the evening when the bell of the old mill rang by itself
some of them flew off at once
he said so
"""

VERSE = """The mill stands on the windy hill,
And all the wheels of it are still;
The miller sleeps, the mice have come
To dance upon the kettle drum.

No grain is left, no flour to sell,
The cat has fallen in the well,
And over all the moon goes by
With half an onion in its eye.
"""

LOWER_VERSE = """i left my shoes beside the door
and walked out
into the rain that smelled of bread
nobody called me back
nobody knew
"""

PLAY = """MILLER. Who has been at my flour again, and left the sack wide open?
MOUSE. Not I, good sir.
MILLER. I see your white feet, and a white nose, and three white friends
Behind the door.
MOUSE. The snow has come early.
CAT. In June?
"""

DIALOGUE = """"Who is there?" asked the miller.
"Nobody at all, good sir."
"Then nobody shall have no bread."
"Nobody would be glad of some, if there is a crust left."
"""

STORY = (
    "Once there was a miller who kept an owl instead of a cat, because an owl, he said, reads the stars and a cat "
    "only reads the mice. The owl slept all day in the flour. At night it sat on the wheel and looked at the water, "
    "and the mice looked at the owl, and nobody did any work. One evening the miller came home with a fiddle. "
)

GERMAN = (
    "Am Abend ging der Müller mit der Laterne durch das Dorf und suchte seine Eule. Die Leute standen vor den Türen "
    "und lachten über den Mann, der im Regen nach einem Vogel rief. Am 3. Oktober kam das Tier zurück. "
)

CHINESE = "磨坊主人養了一隻貓頭鷹，因為他說貓頭鷹會看星星。牠整天睡在麵粉裡，晚上坐在水車上看著河水。誰也不做事。"

CODE = """def owl(nights, mice):
    total = 0
    for night in range(nights):
        mice = mice - 1
        total += night
    return total, mice
"""


APACHE = '192.168.1.{a} - - [05/Jan/2024:10:{b}:00 +0000] "GET /{word}/{other}.html HTTP/1.1" 200 {a}'

TEMPLATES = {  # of lines: words, names and numbers by chance
    "numbered list": "{n}. {Name} and {word} and {other}",
    "titles": "Dr. {Name} met Mr. {Other} at noon",
    "titles with a full stop": "Dr. {Name} met Mr. {Other} at the {word}.",
    "books": "J. R. R. Tolkien, {Name} of the {word}. London: Allen, 19{a}.",
    "papers": "{Name}, J. K., and {Other}, A. B. (19{a}). {Name} {word} of {other}. Journal of {Other}.",
    "play": "{speaker}. {Name} {word} {other} the {word}.",
    "dates": "Am {b}. Mai 19{a} kam Dr. {Name} mit {Other}.",
    "chat": "{call}! {Name} {word}",
    "dialogue": '"{Name} {word}?" {speaker} asked.',
    "short dialogue": '"No." {speaker} {word}.',
    "recipe": "Add {b} tsp. Salt to 2 oz. Butter and 3 lb. Sugar.",
    "access log": APACHE,
    "log": "2024-01-05 10:{b}:00 ERROR could not open file number {a} in the folder: permission denied by user",
    "wide table": '{n},"{word} {other}",{word},0.{a}{b},2024-01-{b},{word}@example.com',
    "dump": "0000{a}{b}  {a} {b} {a} 3f {b} 0c {a} 1e {b} ff {a} {a} {b} {b} 07 5d",
    "records": '{{"id": {a}{b}, "text": "{word} {other}", "from": "{word}"}}',
}


def lines_of(template: str, count: int = 180) -> str:
    """Returns lines that a template makes of words by chance."""
    rng = random.Random(1)
    words = STORY.lower().replace(",", "").replace(".", "").split()

    def line(n: int) -> str:
        word, other = rng.choice(words), rng.choice(words)
        return template.format(
            n=n,
            a=rng.randint(10, 99),
            b=rng.randint(10, 28),
            word=word,
            other=other,
            Name=word.capitalize(),
            Other=other.capitalize(),
            speaker=rng.choice(["Ham", "Oph", "Pol"]),
            call=rng.choice(["Lol", "Ok", "Thanks", "Well"]),
        )

    return "\n".join(map(line, range(1, count + 1))) + "\n"


def wrapped(text: str, width: int = 72) -> str:
    return textwrap.fill(text, width) + "\n"


def kind(text: str) -> str:
    return measure(text).kind


@pytest.mark.parametrize("text", [LINES, VERSE, LOWER_VERSE, PLAY, DIALOGUE, CODE, "", "\n\n", "one line", "12\n13\n"])
def test_lines_are_lines(text: str) -> None:
    assert kind(text * 5) == "lines"


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES.keys())
def test_lists_logs_and_tables_are_lines(template: str) -> None:
    assert kind(lines_of(template)) == "lines"


def test_encoded_bytes_are_lines() -> None:
    """Lines of base64 are full, and half of them begin with a small letter."""
    rng = random.Random(1)
    assert kind("\n".join(base64.b64encode(rng.randbytes(57)).decode() for _ in range(200))) == "lines"


@pytest.mark.parametrize("width", [35, 38, 45, 72])
@pytest.mark.parametrize("case", [str, str.lower, str.upper], ids=["as it is", "lower", "capitals"])
def test_wrapped_prose_is_wrapped_in_any_case_and_in_narrow_columns(case: Callable[[str], str], width: int) -> None:
    assert kind(wrapped(case(STORY * 4), width)) == "wrapped"


@pytest.mark.parametrize("text", [STORY, GERMAN])
@pytest.mark.parametrize("width", [45, 60, 72, 100])
def test_wrapped_prose_is_wrapped(text: str, width: int) -> None:
    assert kind(wrapped(text * 4, width)) == "wrapped"


def test_prose_between_verse_and_dialogue_is_wrapped() -> None:
    """Half of the lines are full, and these go on in lower case."""
    text = "\n".join([wrapped(STORY * 3), VERSE, wrapped(STORY * 2), DIALOGUE, wrapped(STORY)])
    assert kind(text) == "wrapped"
    assert measure(text).full_lines < 0.8


def test_rendered_manual_is_wrapped() -> None:
    option = "       -f, --flour\n" + textwrap.indent(wrapped(STORY, 60), " " * 14) + "\n"
    text = "OWL(1)\n\nNAME\n       owl - reads the stars\n\nOPTIONS\n" + option * 3
    assert kind(text) == "wrapped"


def test_script_without_case_is_wrapped_if_nearly_all_lines_are_full() -> None:
    text = CHINESE * 10
    lines = [text[i : i + 36] for i in range(0, len(text), 36)]
    assert kind("\n".join(lines)) == "wrapped"
    assert kind("好。\n我們走吧。\n牠整天睡在麵粉裡面。\n晚上坐在水車上看著河水。\n" * 5) == "lines"


@pytest.mark.parametrize("end", [".", "।", "۔", "။", "։", "。"])
def test_paragraph_a_line_is_wrapped_by_end_marks_of_any_script(end: str) -> None:
    paragraph = "Ա गया አ aa bb" + end + " "
    assert kind((paragraph.title() * 3 + "\n") * 4) == "wrapped"
    assert kind((paragraph.title() + "\n") * 4) == "lines"


def test_layout_tells_its_measures() -> None:
    """Width 60 by the widest line. Two lines of three before a line are full, one of those goes on in lower case."""
    text = "The " + "a" * 56 + "\nand " + "b" * 56 + "\nThe end. It is so.\nNo.\n"
    layout = measure(text)
    assert layout == ("wrapped", 2 / 3, 1 / 2, 3 / 4, 5 / 4)


@pytest.mark.parametrize("seed", range(5))
def test_ragged_prose_is_wrapped(seed: int) -> None:
    rng = random.Random(seed)
    words = ["a" * rng.randint(1, 9) for _ in range(3000)]
    lines, line = [], "The"
    for word in words:
        if len(line) + 1 + len(word) > rng.randint(68, 78):
            lines.append(line)
            line = word.capitalize() if rng.random() < 0.3 else word
        else:
            line += " " + word
    assert kind("\n".join(lines)) == "wrapped"


@pytest.mark.parametrize("seed", range(5))
def test_sentences_of_any_length_are_lines(seed: int) -> None:
    rng = random.Random(seed)
    lines = [" ".join("a" * rng.randint(1, 9) for _ in range(rng.randint(2, 25))) for _ in range(300)]
    assert kind("\n".join(lines)) == "lines"


def test_fables_are_wrapped() -> None:
    fables = Path(__file__).parents[2] / "data" / "fables.txt"
    assert kind(fables.read_text(encoding="utf-8")) == "wrapped"


@pytest.mark.parametrize(
    "line",
    ["แม่ซื้อผลไม้จากตลาดหลายอย่าง", "ဒီနေ့ရာသီဥတုသာယာတယ်", "ខ្ញុំស្រលាញ់ប្រទេសកម្ពុជា", "ང་ཚོ་བོད་ལ་འགྲོ་གི་ཡིན"],
    ids=["Thai", "Burmese", "Khmer", "Tibetan"],
)
def test_lines_of_scripts_without_blanks_are_lines(line: str) -> None:
    lines = [line[: 9 + n % (len(line) - 8)] for n in range(60)]
    assert measure("\n".join(lines)).kind == "lines"
