"""Which encoding undeclared bytes are in: short lists of names, prose, and what reads well in none."""

from __future__ import annotations

import pytest

from jobs.runtime import encodings

NAMES = [
    ("cp1252", "Jürgen Groß\nKöhler & Söhne\nMünchen"),
    ("cp1252", "François Lefèvre\nChâteau d'Yquem\nHélène"),
    ("cp1252", "Muñoz García\nA Coruña\nLeón"),
    ("cp1252", "São Paulo\nJoão Conceição\nMaranhão"),
    ("cp1252", "Malmö\nÅkesson\nVästerås"),
    ("cp1252", "Tromsø\nÅlesund\nLærdal"),
    ("cp1250", "Władysław\nŁódź\nŚwięty"),
    ("iso8859-2", "Kovářová\nŽižkov\nPlzeň"),
    ("cp1250", "Szűcs Győző\nHódmezővásárhely\nTörök"),
    ("cp1254", "Doğan Yılmaz\nŞişli\nIğdır"),
    ("cp1257", "Žemaitė\nŠiauliai\nKėdainių"),
    ("mac_roman", "Müller\nGrößenwahn\nÄnderung"),
    ("cp850", "Zürich\nGenève\nNeuchâtel"),
    ("cp1251", "Иванова\nНижний Новгород\nЁлкин"),
    ("koi8_r", "Иванова\nНижний Новгород\nЁлкин"),
    ("cp866", "Иванова\nНижний Новгород\nЁлкин"),
    ("cp1253", "Παπαδόπουλος\nΘεσσαλονίκη\nΆρτα"),
    ("iso8859-7", "Παπαδόπουλος\nΘεσσαλονίκη\nΆρτα"),
    ("cp1255", "כהן\nראשון לציון\nאברהם"),
    ("cp1256", "محمد الشريف\nالقاهرة\nعبد الله"),
    ("cp874", "สมชาย\nเชียงใหม่\nกรุงเทพมหานคร"),
    ("cp932", "佐藤 太郎\n札幌市\nカタカナ"),
    ("euc_jp", "株式会社さくら\n横浜市\nひらがな"),
    ("gb18030", "王小明\n上海市浦东新区\n有限公司"),
    ("big5", "陳先生\n臺北市信義區\n股份有限公司"),
    ("cp949", "김민수\n부산광역시\n주식회사"),
]


@pytest.mark.parametrize(("codec", "text"), NAMES, ids=[f"{codec} {text.split()[0]}" for codec, text in NAMES])
def test_a_list_of_three_names_is_read_right(codec: str, text: str) -> None:
    words = text.encode(codec)

    found = encodings.legacy_encoding(words)

    assert words.decode(encodings.codec_of(found, words)) == text


@pytest.mark.parametrize(
    "words",
    [
        b"Prince George\x89\xdb\xaas County",
        b"\x89\xdb\xcfI can\x89\xdb\xaat\x89\xdb\x9d, he said",
        b"it\x89\xdb\xd2s\x89\xdb_ \xe5\xca 5",
        b"don\x89\xdb\xaat \x89\xdb\xd2 \xe5\xa3 100 \x89\xdb\xa2 x",
        b"plain",
        b"",
    ],
)
def test_what_reads_well_in_no_encoding_has_none(words: bytes) -> None:
    assert encodings.legacy_encoding(words) == ""


def test_what_is_written_often_proves_no_more_than_once() -> None:
    words = "Müller ".encode("cp1252")

    assert encodings.legacy_encoding(words * 5_000) == encodings.legacy_encoding(words) == "windows-1252"


@pytest.mark.parametrize("text", ["https://a.example/~{user}/", "~{ and no end", "\x1b[31mred\x1b[0m"])
def test_a_tilde_or_the_colours_of_a_terminal_are_no_seven_bit_encoding(text: str) -> None:
    assert encodings.escaped_encoding(text.encode()) == ""


@pytest.mark.parametrize("encoding", ["utf-16le", "utf-16be", "utf-32le", "utf-32be"])
@pytest.mark.parametrize(
    "text", ["name;city\nAnn;Łódź\n" * 5, "имя;город\nАнна;Псков\n" * 5, "名称;网址\n公司;北京\n" * 5]
)
def test_wide_encodings_are_known_by_their_nuls(text: str, encoding: str) -> None:
    assert encodings.wide_encoding(text.encode(encodings.encoding_of(encoding).codecs[0])) == encoding


def test_a_text_is_unlikely_in_another_alphabet_only_when_it_is_long_enough() -> None:
    text = "Вчера вечером городской совет решил".encode("cp1251")

    assert encodings.is_unlikely(text, "windows-1252")
    assert not encodings.is_unlikely(text, "windows-1251")
    assert not encodings.is_unlikely("Вчера".encode("cp1251"), "koi8-r")


def test_jobs_have_the_room_by_their_own_door() -> None:
    import jobs

    assert jobs.encodings is encodings
    with pytest.raises(AttributeError, match="module 'jobs' has no attribute 'encodingz'"):
        jobs.encodingz  # noqa: B018


@pytest.mark.parametrize(
    ("utf8", "other", "codec", "encoding"),
    [
        ("Müller", "Köhler", "cp1252", "windows-1252"),
        ("Café", "Été à la plage", "cp1252", "windows-1252"),
        ("Zürich", "Genève\nDélémont\nNeuchâtel\nBâle", "cp1252", "windows-1252"),
        ("Łódź", "Łódź", "cp1250", "windows-1250"),
        ("Москва", "Псков", "cp1251", "windows-1251"),
    ],
)
def test_words_beside_utf8_are_read_by_themselves(utf8: str, other: str, codec: str, encoding: str) -> None:
    assert encodings.beside_utf8(utf8.encode() + b"\n" + other.encode(codec)) == encoding


@pytest.mark.parametrize("codec", sorted({codec for codec, _ in NAMES}))
def test_names_in_one_old_encoding_stand_beside_no_utf8(codec: str) -> None:
    words = b"\n".join(text.encode(codec) for named, text in NAMES if named == codec)

    assert encodings.beside_utf8(words) == ""


@pytest.mark.parametrize(
    "words",
    [
        "« CAFÉ»\nété".encode("cp1252"),  # its last two bytes are a letter of UTF-8
        "联通\n移动".encode("gb18030"),  # so is the first word, by chance
        "Рівне\nКиїв".encode("cp1251"),
        "東京\n大阪".encode() + b"\xe6\x97",
        b"plain",
        b"",
    ],
)
def test_a_few_bytes_that_could_be_utf8_make_no_mixture(words: bytes) -> None:
    assert encodings.beside_utf8(words) == ""
