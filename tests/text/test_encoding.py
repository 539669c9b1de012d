"""Telling an encoding from bytes: ordinary prose of many languages, and faults in UTF-8."""

import codecs
import random
from pathlib import Path

import pytest

from rnncli.errors import TextError
from rnncli.text.encoding import ASCII, CANDIDATES, UTF_8, guesses, log_likelihood, wide_encoding
from rnncli.text.reader import read_text

CHINESE = "今天早上下了一场小雨，街上的行人都打着伞。我在车站等了很久，才看见那辆旧公共汽车慢慢地开过来。\n"
TRADITIONAL = "今天早上下了一場小雨，街上的行人都打著傘。我在車站等了很久，才看見那輛舊公車慢慢地開過來。\n"
JAPANESE = (
    "昨日の夕方、駅前の小さな本屋で古い地図を見つけました。帰り道、私はその地図を何度も広げて、コーヒーも飲みました。\n"
)
KOREAN = "어제 저녁에는 비가 많이 내렸습니다. 우리는 따뜻한 차를 마셨고, 할머니는 이야기를 들려주셨습니다.\n"
RUSSIAN = (
    "Вчера вечером мы долго гуляли по набережной. Старый рыбак рассказал нам, что раньше здесь было гораздо тише.\n"
)
UKRAINIAN = (
    "Увечері ми довго гуляли набережною. Старий рибалка розповів, що колись тут було значно тихіше. Її діти спали.\n"
)
BULGARIAN = (
    "Вчера вечерта дълго се разхождахме край реката. Старият рибар ни разказа, че преди тук е било много по-тихо.\n"
)
SERBIAN = "Синоћ смо дуго шетали поред реке. Стари рибар нам је рекао да је некада овде било много тише и лепше.\n"
POLISH = (
    "Wczoraj wieczorem długo chodziliśmy nad rzeką. Stary rybak opowiadał, że było tu ciszej, a źródło jeszcze biło.\n"
)
CZECH = "Včera večer jsme se dlouho procházeli u řeky. Starý rybář ťukal prstem na stůl a žmoulal čepici.\n"
HUNGARIAN = (
    "Tegnap este sokáig sétáltunk a folyó mellett. Az öreg halász szerint régen csöndesebb volt, és fűtöttünk.\n"
)
CROATIAN = "Sinoć smo dugo šetali uz rijeku. Stari ribar nam je ispričao da je ovdje nekad bilo puno tiše i drukčije.\n"
GREEK = "Χθες το βράδυ περπατήσαμε πολλή ώρα δίπλα στο ποτάμι. Ο γέρος ψαράς ήταν πιο ήσυχος. Άλλοι έφυγαν.\n"
TURKISH = (
    "Dün akşam nehir kenarında uzun süre yürüdük. Yaşlı balıkçı, eskiden buranın çok daha sessiz olduğunu anlattı.\n"
)
FRENCH = "Hier soir, nous nous sommes promenés au bord de la rivière. Le vieux pêcheur nous a dit que c’était calme.\n"
GERMAN = "Gestern Abend gingen wir lange am Fluß spazieren. Der Fischer erzählte, daß es früher ruhiger war – schön.\n"
SPANISH = "Ayer por la tarde paseamos junto al río. ¿Quién sabe? El viejo pescador nos contó que los niños soñaban.\n"
SWEDISH = (
    "I går kväll gick vi länge längs ån och tittade på båtarna. Den gamle fiskaren berättade att det var tystare här.\n"
)
ENGLISH = "“I don’t know,” she said. “It’s a long way — and it’s getting late…”\n"
HEBREW = "אתמול בערב טיילנו זמן רב לאורך הנהר. הדייג הזקן סיפר לנו שפעם היה כאן שקט הרבה יותר.\n"
ARABIC = "مشينا مساء أمس طويلا على ضفة النهر. أخبرنا الصياد العجوز أن المكان كان أهدأ بكثير في الماضي.\n"
THAI = "เมื่อวานเย็นเราเดินเล่นริมแม่น้ำนานมาก ชาวประมงเล่าว่าที่นี่เงียบกว่านี้มาก\n"
LITHUANIAN = "Vakar mes ilgai vaikščiojome palei upę. Senas žvejys sakė, kad čia buvo tyliau, ir jūs tuo tikėjote.\n"

PROSE = [
    (CHINESE, "gbk gb18030 utf-16-le utf-16-be"),
    (TRADITIONAL, "big5"),
    (JAPANESE, "shift_jis cp932 euc_jp utf-16-le"),
    (KOREAN, "euc_kr cp949"),
    (RUSSIAN, "cp1251 koi8_r cp866 iso8859_5 utf-16-be"),
    (RUSSIAN.upper(), "cp1251 cp866 iso8859_5"),
    (UKRAINIAN, "cp1251 koi8_u iso8859_5"),
    (BULGARIAN, "cp1251 iso8859_5"),
    (SERBIAN, "cp1251 iso8859_5"),
    (POLISH, "cp1250 iso8859_2 cp852"),
    (CZECH, "cp1250 iso8859_2 cp852"),
    (HUNGARIAN, "cp1250 iso8859_2"),
    (CROATIAN, "cp1250 iso8859_2"),
    (GREEK, "cp1253 iso8859_7"),
    (TURKISH, "cp1254 iso8859_9"),
    (FRENCH, "cp1252 mac_roman"),
    (GERMAN, "cp1252 mac_roman"),
    (SPANISH, "cp1252 latin1 iso8859_15 mac_roman cp850 cp437"),
    (SWEDISH, "cp1252 latin1 mac_roman cp850 cp437"),
    (ENGLISH, "cp1252 mac_roman"),
    (HEBREW, "cp1255 iso8859_8"),
    (ARABIC, "cp1256 iso8859_6"),
    (THAI, "cp874 tis_620"),
    (LITHUANIAN, "cp1257"),
]


@pytest.mark.parametrize(("text", "encoding"), [(text, name) for text, names in PROSE for name in names.split()])
def test_encoding_of_prose_is_told_from_its_bytes(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    first, *others = guesses(data)
    assert data.decode(first.candidate.name) == text
    assert others == []


@pytest.mark.parametrize(
    ("data", "name"),
    [(b"I don\x92t know\n", "windows-1252"), (b"caf\xe9", "windows-1252"), ("Я не знаю.\n".encode("koi8-r"), "koi8-r")],
)
def test_a_few_bytes_beyond_ascii_can_be_enough(data: bytes, name: str) -> None:
    assert [guess.candidate.name for guess in guesses(data)] == [name]


@pytest.mark.parametrize("line", [b"to a fox, a hen \xe9", b"to do a \xe9", b"Is a \xf6 a dog?"])
def test_encodings_that_read_a_few_bytes_alike_are_told_as_the_commonest(line: bytes) -> None:
    assert guesses(line)[0].candidate.name == "windows-1252"


def test_text_of_one_letter_leaves_several_encodings_possible() -> None:
    assert len(guesses("Müller\n".encode("mac-roman"))) > 1


def test_random_bytes_are_of_no_encoding() -> None:
    rng = random.Random(1)
    for length in (50, 500, 5000):
        assert guesses(bytes(rng.randrange(1, 256) for _ in range(length))) == []


@pytest.mark.parametrize("text", [CHINESE, RUSSIAN, FRENCH, KOREAN])
def test_one_bad_byte_in_utf_8_does_not_make_another_encoding_of_it(text: str) -> None:
    data = text.encode()
    for at in range(len(data)):
        assert guesses(data[:at] + b"\xff" + data[at:])[0].candidate is UTF_8


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", [ENGLISH, CHINESE, RUSSIAN, "one\n", "the cat sat on the mat"])
def test_two_and_four_bytes_a_character_are_told_without_a_mark(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    found = wide_encoding(data)
    assert found is None if b"\0" not in data else found is not None and found.name == encoding


@pytest.mark.parametrize("data", [b"one\nthe\0cat", b"one\0two", b"\0" * 64, bytes(range(256))])
def test_other_bytes_with_nuls_are_not_two_bytes_a_character(data: bytes) -> None:
    assert wide_encoding(data) is None


def refusal(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(TextError) as caught:
        list(read_text(str(path)))
    return str(caught.value).replace(str(path), path.name)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "c.txt"


def test_refusal_names_the_encoding_and_the_option(path: Path) -> None:
    assert refusal(path, b"I don\x92t know\n") == (
        "c.txt: not UTF-8 at byte 5 (line 1): the text is windows-1252. "
        "Give --encoding windows-1252; no conversion is needed"
    )
    assert "the text is GBK. Give --encoding gbk" in refusal(path, b"one\n" * 400_000 + CHINESE.encode("gbk"))
    assert "is UTF-16 (LE, without a byte order mark). Give --encoding utf-16-le" in refusal(
        path, ENGLISH.encode("utf-16-le")
    )
    assert "Give --encoding iso-2022-jp" in refusal(path, JAPANESE.encode("iso2022_jp"))


def test_advised_encoding_reads_the_text(path: Path) -> None:
    for text, names in PROSE:
        for name in names.split():
            said = refusal(path, text.encode(name))
            advised = said.split("--encoding ")[1].split(";")[0]
            codecs.lookup(advised)
            assert "".join(read_text(str(path), advised)) == text


def test_one_bad_byte_in_a_megabyte_is_located_and_dropped(path: Path) -> None:
    drop = "iconv -c -f utf-8 -t utf-8 "
    text = b"the cat sat on the mat\n" * 45_000
    said = refusal(path, text[:500_000] + b"\xff" + text[500_000:])
    assert said.startswith(
        "c.txt: not UTF-8 at byte 500000 (line 21740): the byte 0xFF, while the text around it is UTF-8"
    )
    assert drop in said
    said = refusal(path, text[:500_000] + b"\xe9" + text[500_000:])
    assert drop in said
    assert "Or it means é: then give --encoding windows-1252" in said
    text = CHINESE.encode() * 9000
    at = 700_000 - 700_000 % len(CHINESE.encode())
    said = refusal(path, text[:at] + b"\xff" + text[at:])
    assert f"at byte {at} " in said
    assert drop in said
    assert "--encoding" not in said


def test_text_cut_inside_a_character_is_said_to_end_there(path: Path) -> None:
    for text in (CHINESE.encode()[:-2], CHINESE.encode()[:-3], b"the cat \xe2\x82"):
        said = refusal(path, text)
        assert "the file ends inside a character" in said
        assert "iconv -c -f utf-8 -t utf-8" in said


def test_lines_of_another_encoding_are_not_taken_for_damage(path: Path) -> None:
    said = refusal(path, FRENCH.encode() * 9 + FRENCH.encode("cp1252") * 9)
    assert "(line 10): the text around it is UTF-8, but other lines seem to be windows-1252" in said


def test_undecided_encodings_are_listed_and_unknown_ones_admitted(path: Path) -> None:
    said = refusal(path, "Müller und Hübner\n".encode("cp857"))
    assert "--encoding" in said
    assert "may be" in refusal(path, "日本語\n".encode("cp932"))
    rng = random.Random(2)
    said = refusal(path, bytes(rng.randrange(128, 256) for _ in range(300)))
    assert "nor any encoding that can be told" in said
    assert "`file -i " in said


def test_worked_example_of_the_docstring() -> None:
    letters = 3 * ASCII
    likelihood = {c.name: log_likelihood(b"caf\xe9".decode(c.name), c) - letters for c in CANDIDATES[:2]}
    assert likelihood == {
        "windows-1252": pytest.approx(-0.66, abs=0.01),
        "windows-1251": pytest.approx(-8.26, abs=0.01),
    }
    mac = next(c for c in CANDIDATES if c.name == "mac-roman")
    assert log_likelihood("cafÈ", mac) - letters == pytest.approx(-1.40 - 1.2 - 4 - 4, abs=0.01)
