"""Pages in some thirty encodings, declared in every way or not at all, and who is believed when they disagree."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.scrape.encoding.decode import decode
from jobs.scrape.encoding.labels import known_encoding

TEXTS: dict[str, str] = json.loads((Path(__file__).parent / "texts.json").read_text("utf-8"))
"""The same kind of sentence in two dozen languages."""

LEGACY = [
    *(("windows-1252", language) for language in ("fr", "de", "es", "pt", "is")),
    *(("windows-1250", language) for language in ("pl", "cs", "hu", "ro")),
    *(("iso-8859-2", language) for language in ("pl", "cs", "hu", "ro")),
    *(("windows-1251", language) for language in ("ru", "uk")),
    *(("windows-1257", language) for language in ("lt", "lv", "et")),
    ("koi8-r", "ru"),
    ("koi8-u", "uk"),
    ("iso-8859-5", "ru"),
    ("ibm866", "ru"),
    ("windows-1253", "el"),
    ("iso-8859-7", "el"),
    ("windows-1254", "tr"),
    ("windows-1255", "he"),
    ("iso-8859-8", "he"),
    ("windows-1256", "ar"),
    ("iso-8859-6", "ar"),
    ("windows-874", "th"),
    ("macintosh", "de"),
    ("shift_jis", "ja"),
    ("euc-jp", "ja"),
    ("iso-2022-jp", "ja"),
    ("gb18030", "zh"),
    ("big5", "zt"),
    ("euc-kr", "ko"),
]
DECLARED_ONLY = [
    ("iso-8859-3", "tr"),
    ("iso-8859-4", "lv"),
    ("iso-8859-10", "is"),
    ("iso-8859-13", "lt"),
    ("iso-8859-15", "fr"),
    ("iso-8859-16", "ro"),
    ("windows-1258", "vi"),
    ("x-mac-cyrillic", "ru"),
]
CODECS = {"windows-874": "cp874", "macintosh": "mac-roman", "x-mac-cyrillic": "mac-cyrillic", "shift_jis": "cp932"}
WIDE = [("utf-16le", codecs.BOM_UTF16_LE), ("utf-16be", codecs.BOM_UTF16_BE)]
WIDE += [("utf-32le", codecs.BOM_UTF32_LE), ("utf-32be", codecs.BOM_UTF32_BE)]


def page_of(text: str, head: str = "") -> str:
    body = f'<p class="x">{text}</p>\n<a href="/page/1">{text[:20]}</a>\n' * 3
    return f"<!DOCTYPE html><html><head>{head}<title>{text[:30]}</title></head><body>{body}</body></html>"


def as_bytes(text: str, encoding: str) -> bytes:
    return text.encode(CODECS.get(encoding, encoding), "ignore")


def as_text(body: bytes, encoding: str) -> str:
    return body.decode(CODECS.get(encoding, encoding))


@pytest.mark.parametrize(("encoding", "language"), LEGACY + DECLARED_ONLY)
def test_a_page_is_read_in_the_encoding_of_its_header(encoding: str, language: str) -> None:
    body = as_bytes(page_of(TEXTS[language]), encoding)

    decoded = decode(body, f'text/html; charset="{encoding}"')

    assert (decoded.text, decoded.source, decoded.notes) == (as_text(body, encoding), "header", ())
    assert decoded.encoding == encoding


@pytest.mark.parametrize(
    "tag", ['<meta charset="{}">', '<META content="text/html;charset={}" http-equiv=Content-Type>']
)
@pytest.mark.parametrize(("encoding", "language"), LEGACY + DECLARED_ONLY)
def test_a_page_is_read_in_the_encoding_of_its_meta_tag(encoding: str, language: str, tag: str) -> None:
    body = as_bytes(page_of(TEXTS[language], tag.format(encoding)), encoding)

    decoded = decode(body, "text/html")

    assert (decoded.text, decoded.source, decoded.notes) == (as_text(body, encoding), "meta", ())


@pytest.mark.parametrize(("encoding", "language"), LEGACY + DECLARED_ONLY)
def test_a_page_is_read_in_the_encoding_of_its_xml_declaration(encoding: str, language: str) -> None:
    body = as_bytes(f"<?xml version='1.0' encoding='{encoding}'?>\n{page_of(TEXTS[language])}", encoding)

    decoded = decode(body, "application/xhtml+xml")

    assert (decoded.text, decoded.source) == (as_text(body, encoding), "xml")


@pytest.mark.parametrize(("encoding", "language"), LEGACY)
def test_a_page_that_nobody_declares_is_read_right(encoding: str, language: str) -> None:
    body = as_bytes(page_of(TEXTS[language]), encoding)

    decoded = decode(body, "text/html")

    assert (decoded.text, decoded.source) == (as_text(body, encoding), "detected")


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("windows-1252", "Die Pipe wird zurückgesetzt, und die Priorität der Prozesse bleibt, wie sie war"),
        ("windows-1252", "Pipe zurück"),
        ("iso-8859-2", "nie można przenieść plików"),
        ("windows-1250", "powrót do początku i końca słowa"),
        ("koi8-u", "містити коду для обробки"),
        ("koi8-r", "Не удалось открыть файл"),
    ],
)
def test_a_few_letters_of_europe_are_not_taken_for_east_asian_characters(encoding: str, text: str) -> None:
    decoded = decode(f"<title>{text}</title>".encode(encoding), "text/html")

    assert decoded.text == f"<title>{text}</title>"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [("shift_jis", "iPhoneとAndroidの比較"), ("gb18030", "在Linux上安装Python的方法"), ("big5", "用Word開PDF的方法")],
)
def test_latin_words_among_east_asian_characters_do_not_hide_them(encoding: str, text: str) -> None:
    assert decode(f"<title>{text}</title>".encode(encoding), "text/html").text == f"<title>{text}</title>"


@pytest.mark.parametrize("language", TEXTS)
def test_utf8_that_nobody_declares_is_read_right(language: str) -> None:
    text = page_of(TEXTS[language])

    decoded = decode(text.encode(), "text/html")

    assert (decoded.text, decoded.encoding, decoded.source) == (text, "utf-8", "valid")


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize(("encoding", "mark"), [*WIDE, ("utf-8", codecs.BOM_UTF8)])
def test_a_byte_order_mark_names_the_encoding_and_is_dropped(encoding: str, mark: bytes, language: str) -> None:
    text = page_of(TEXTS[language])

    decoded = decode(mark + text.encode(encoding), "text/html; charset=windows-1252")

    assert (decoded.text, decoded.encoding, decoded.source) == (text, encoding, "bom")


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("encoding", [name for name, _ in WIDE])
def test_wide_encodings_without_a_mark_are_seen_by_their_nuls(encoding: str, language: str) -> None:
    text = page_of(TEXTS[language])

    decoded = decode(text.encode(encoding), "text/html; charset=utf-8")

    assert (decoded.text, decoded.encoding) == (text, encoding)
    assert "the bytes are not that" in decoded.notes[0]


@pytest.mark.parametrize(
    ("encoding", "codec", "language"), [("hz-gb-2312", "hz", "zh"), ("iso-2022-kr", "iso2022_kr", "ko")]
)
@pytest.mark.parametrize("header", ["text/html", "text/html; charset={}"])
def test_seven_bit_encodings_that_browsers_refuse_are_read(
    encoding: str, codec: str, language: str, header: str
) -> None:
    body = page_of(TEXTS[language]).encode(codec)

    decoded = decode(body, header.format(encoding))

    assert (decoded.text, decoded.encoding) == (body.decode(codec), encoding)


CYRILLIC = page_of("Вчера вечером городской совет решил").encode("windows-1251")
SHORT = "Вчера".encode("windows-1251")
KOI = b'<meta charset="koi8-r">'
XML_866 = b'<?xml version="1.0" encoding="ibm866"?>'


@pytest.mark.parametrize(
    ("body", "header", "encoding", "source"),
    [
        (codecs.BOM_UTF8 + "жук".encode(), "text/html; charset=windows-1251", "utf-8", "bom"),
        (codecs.BOM_UTF8 + KOI + "жук".encode(), "text/html", "utf-8", "bom"),
        (codecs.BOM_UTF8 + XML_866 + "жук".encode(), "text/xml", "utf-8", "bom"),
        (codecs.BOM_UTF16_LE + "жук".encode("utf-16le"), "text/html; charset=utf-16be", "utf-16le", "bom"),
        (KOI + CYRILLIC, "text/html; charset=windows-1251", "windows-1251", "header"),
        (XML_866 + CYRILLIC, "text/html; charset=windows-1251", "windows-1251", "header"),
        (XML_866 + KOI + SHORT, "text/html", "koi8-r", "meta"),
        (XML_866 + KOI + SHORT, "application/xhtml+xml", "ibm866", "xml"),
        ("<p>ж".encode(), "text/html; charset=windows-1251", "windows-1251", "header"),
        (KOI + "<p>ж".encode(), "text/html", "koi8-r", "meta"),
        (XML_866 + "<p>ж".encode(), "text/html", "ibm866", "xml"),
        ("<p>жук и жаба</p>".encode(), "text/html", "utf-8", "valid"),
        (CYRILLIC, "text/html", "windows-1251", "detected"),
        (bytes(range(256)), "text/html", "windows-1252", "fallback"),
    ],
    ids=lambda value: value.decode("latin-1")[:30] if isinstance(value, bytes) else str(value),
)
def test_each_voice_is_trusted_over_the_next(body: bytes, header: str, encoding: str, source: str) -> None:
    decoded = decode(body, header)

    assert (decoded.encoding, decoded.source) == (encoding, source)


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("IBM855", "cp855", "Съвет на директорите, и др."),
        ("cp437", "cp437", "Café Zürich ─ 5½ Ω"),
        ("cp850", "cp850", "Ångström, São João, naïve"),
        ("ibm852", "cp852", "Zażółć gęślą jaźń, příště"),
        ("ibm857", "cp857", "Kılıç ve şiş: İstanbul’da".replace("’", "'")),
        ("cp866", "cp866", "Съешь же ещё этих булок"),
        ("cp737", "cp737", "Καλημέρα κόσμε, και όχι μόνο"),
        ("cp775", "cp775", "Žąsų, ģimene, kārums"),
        ("ibm862", "cp862", "שלום עולם"),
        ("x-mac-ce", "mac_latin2", "Příliš žluťoučký kůň, zażółć"),
        ("x-mac-greek", "mac_greek", "Καλημέρα"),
        ("x-johab", "johab", "우리는 내일 아침에 서울로 갑니다"),
    ],
)
@pytest.mark.parametrize("said", ["header", "meta", "late"])
def test_code_pages_that_browsers_left_behind_are_followed_where_they_are_declared(
    label: str, codec: str, text: str, said: str
) -> None:
    tag = "" if said == "header" else f"<meta charset={label}>"
    page = f"{f'<!-- {4096 * chr(32)} -->' if said == 'late' else ''}{tag}<title>{text}</title>"

    decoded = decode(page.encode(codec), f"text/html; charset={label}" if said == "header" else "text/html")

    assert (decoded.text, decoded.source, decoded.notes) == (page, said.replace("late", "meta"), ())


@pytest.mark.parametrize("label", ["ibm850", "cp437", "x-johab"])
def test_a_code_page_that_the_bytes_are_not_is_not_followed(label: str) -> None:
    decoded = decode(CYRILLIC, f"text/html; charset={label}")

    assert (decoded.encoding, decoded.source) == ("windows-1251", "detected")


def test_a_header_and_a_meta_tag_that_disagree_are_reported() -> None:
    decoded = decode(KOI + CYRILLIC, "text/html; charset=windows-1251")

    assert decoded.notes == ('the Content-Type header says "windows-1251", but the page\'s meta tag says "koi8-r"',)


@pytest.mark.parametrize(
    "header", ["text/html; charset=iso-8859-1", "text/html; charset=windows-1251", "text/html; charset=big5"]
)
def test_utf8_under_a_header_that_lies_is_read_as_utf8_and_reported(header: str) -> None:
    text = page_of(TEXTS["fr"])

    decoded = decode(text.encode(), header)

    assert (decoded.text, decoded.encoding) == (text, "utf-8")
    assert "but the bytes are not that" in decoded.notes[0]


def test_a_page_that_is_not_the_utf8_its_header_says_is_read_as_its_meta_tag_says() -> None:
    decoded = decode(b'<meta charset="windows-1251">' + CYRILLIC, "text/html; charset=utf-8")

    assert (decoded.encoding, decoded.source) == ("windows-1251", "meta")
    assert len(decoded.notes) == 2


def test_a_page_that_is_not_the_utf8_it_says_is_detected() -> None:
    body = page_of(TEXTS["ja"], '<meta charset="utf-8">').encode("shift_jis")

    decoded = decode(body, "text/html")

    assert (decoded.text, decoded.encoding) == (body.decode("shift_jis"), "shift_jis")


def test_japanese_in_another_japanese_encoding_than_declared_is_detected() -> None:
    body = page_of(TEXTS["ja"]).encode("euc-jp")

    decoded = decode(body, "text/html; charset=shift_jis")

    assert decoded.encoding == "euc-jp"
    assert "but the bytes are not that" in decoded.notes[0]


def test_ascii_said_to_be_utf16_is_read_and_reported() -> None:
    decoded = decode(b"<title>plain</title>", "text/html; charset=utf-16")

    assert (decoded.text, decoded.encoding) == ("<title>plain</title>", "utf-8")
    assert decoded.notes


LIES = [
    ("windows-1251", "ru", "iso-8859-1"),
    ("windows-1251", "ru", "koi8-r"),
    ("koi8-r", "ru", "windows-1251"),
    ("ibm866", "ru", "windows-1251"),
    ("windows-1250", "pl", "iso-8859-1"),
    ("windows-1253", "el", "windows-1252"),
    ("windows-1255", "he", "utf-8"),
    ("windows-1256", "ar", "iso-8859-1"),
    ("windows-874", "th", "iso-8859-1"),
    ("macintosh", "de", "windows-1252"),
    ("shift_jis", "ja", "iso-8859-1"),
    ("euc-jp", "ja", "shift_jis"),
    ("iso-2022-jp", "ja", "utf-8"),
    ("gb18030", "zh", "big5"),
    ("big5", "zt", "gb2312"),
    ("euc-kr", "ko", "windows-1252"),
    ("windows-1252", "fr", "gbk"),
]


@pytest.mark.parametrize(("encoding", "language", "label"), LIES)
@pytest.mark.parametrize("said", ["header", "meta"])
def test_a_declaration_that_makes_no_text_is_reported_and_not_followed(
    encoding: str, language: str, label: str, said: str
) -> None:
    body = as_bytes(page_of(TEXTS[language], f"<meta charset={label}>" if said == "meta" else ""), encoding)

    decoded = decode(body, f"text/html; charset={label}" if said == "header" else "text/html")

    assert (decoded.text, decoded.source) == (as_text(body, encoding), "detected")
    assert decoded.notes[0].endswith(f'says "{label}", but the bytes are not that')


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("windows-1252", "10×20×30 cm, ±5 %, 25°C, 100 m², §5 – 6×7, 8×9, 11×12, 13×14, 15×16, 17×18, 19×20"),
        ("windows-1252", "“Hello”—it’s ‘fine’… • one • two © 2020 ® ™ 50 € £ 1º 2ª ½ ¼ we’re don’t can’t"),
        ("windows-1254", "TÜRKİYE GÜNDEM EKONOMİ SAĞLIK DÜNYA YAŞAM TEKNOLOJİ EĞİTİM ÖĞRENCİ ŞEHİR"),
        (
            "windows-1256",
            "این متن فارسي است که در آن حروف پ چ ژ گ به کار رفته و براي آزمايش نوشته شده است؛ هذا نَصٌّ، نعم",
        ),
        ("windows-1251", "МОСКВА IT-компания ООО «Ромашка» №5, Қазақ тілінде, ПётрПетров, 5-й день"),
        ("iso-8859-3", "Ĉi tiu paĝo montras la plej ŝatatajn ĵurnalojn kaj ĥorojn de la urbo, ĉiutage aktualigita ĝi"),
        ("iso-8859-10", "Sámi giella lea okta dain gielain, maid hállet Norggas, Suomas; čálli šaddá ŋuolla đoaibmá"),
        ("gb18030", "王伟 李娜 张敏 刘洋 陈静 杨柳 赵磊 黄鑫 周婷 吴昊 徐霞 孙璐 胡蝶 朱琳 耄耋 氤氲 饕餮"),
        ("shift_jis", "ｱｲｳｴｵ ｶｷｸｹｺ ﾃｽﾄ ｻｲﾄ 商品一覧"),
        ("big5", "Our “hosts”, our “guests”, all “apparmor” profiles: “complain”, then “enforce”, then “audit”"),
        ("euc-kr", "Profiling… please start the application to be profiled… reading log… updating profiles…"),
        ("gb18030", "Глава 5. Программное обеспечение, доступное в системе"),
        ("euc-jp", "Κεφάλαιο. Το λογισμικο που ειναι διαθεσιμο στο συστημα".replace("ά", "α")),
        ("euc-jp", "See the section on the initial setup (初期設定) of apt-get and aptitude"),
    ],
)
def test_unusual_text_does_not_refute_what_is_declared(encoding: str, text: str) -> None:
    body = as_bytes(page_of(text), encoding)

    decoded = decode(body, f"text/html; charset={encoding}")

    assert (decoded.text, decoded.source, decoded.notes) == (as_text(body, encoding), "header", ())


@pytest.mark.parametrize("header", ["text/html", "text/html; charset=utf-8"])
@pytest.mark.parametrize(
    "text",
    [
        "© 2020 Example",
        "It’s the user’s choice – we don’t",
        "“Hello” ® and ® then ® x ® “a”",
        "£10 – £20",
        "€ 10",
        "5 × 3 = 15 ± 2",
        "½ cup",
        "§ 5",
        "« x »",
        "a\u00a0b\u00a0c",
    ],
)
def test_an_english_page_with_a_sign_or_two_is_western(text: str, header: str) -> None:
    body = f"<title>{text}</title>".encode("windows-1252")

    decoded = decode(body, header)

    assert (decoded.text, decoded.encoding) == (f"<title>{text}</title>", "windows-1252")


@pytest.mark.parametrize(
    ("label", "body", "text"),
    [
        ("shift_jis", b"<title>\x93\x8c\x8b\x9e\x93</title><p>cut", "<title>東京\ufffd</title><p>cut"),
        ("euc-kr", b"<title>\xc7\xd1\xb1\xdb\xc7</title>", "<title>한글\ufffd</title>"),
        ("iso-2022-jp", b"<title>\x1b$BElEN\x1b(B \xa9 2020</title>", "<title>東杜 \ufffd 2020</title>"),
        ("windows-1253", b"<p>\xc1\xe8\xde\xed\xe1 \xff", "<p>Αθήνα \ufffd"),
    ],
)
def test_a_byte_or_two_that_are_broken_do_not_refute_what_a_short_page_declares(
    label: str, body: bytes, text: str
) -> None:
    decoded = decode(body, f"text/html; charset={label}")

    assert (decoded.text, decoded.encoding, decoded.source) == (text, label, "header")
    assert decoded.notes == (f"some bytes are not {label}; they are shown as \ufffd",)


@pytest.mark.parametrize(
    ("label", "body", "text"),
    [
        ("iso-8859-1", b"\x93q\x94 \x80 \x81", "“q” € \x81"),
        ("windows-1253", b"\xc1\xe8\xde\xed\xe1 \x8d", "Αθήνα \x8d"),
        ("gbk", b"\x80 100 \xd6\xd0\xce\xc4", "€ 100 中文"),
    ],
)
def test_bytes_that_only_browsers_read_are_read_as_they_do(label: str, body: bytes, text: str) -> None:
    decoded = decode(body, f"text/html; charset={label}")

    assert (decoded.text, decoded.source, decoded.notes) == (text, "header", ())


@pytest.mark.parametrize("header", ["text/html", "text/html; charset=iso-8859-1", "text/html; charset=windows-1251"])
@pytest.mark.parametrize("language", ["fr", "ru", "ja"])
def test_a_few_bytes_of_another_encoding_do_not_change_that_of_the_page(header: str, language: str) -> None:
    body = (page_of(TEXTS[language]) * 3).encode() + b"<footer>\xa9 Caf\xe9</footer>"

    decoded = decode(body, header)

    assert (decoded.encoding, decoded.source) == ("utf-8", "detected")
    assert TEXTS[language] in decoded.text
    assert "some bytes are not utf-8" in decoded.notes[-1]


def test_a_few_wrong_bytes_do_not_make_a_page_less_utf8() -> None:
    body = page_of(TEXTS["fr"]).encode().replace(b"</p>", b"\xe9</p>", 1)

    decoded = decode(body, "text/html; charset=utf-8")

    assert (decoded.encoding, decoded.text.count("\ufffd")) == ("utf-8", 1)
    assert "some bytes are not utf-8" in decoded.notes[0]


@pytest.mark.parametrize(
    ("encoding", "language"), [("utf-8", "zh"), ("gb18030", "zh"), ("shift_jis", "ja"), ("euc-kr", "ko")]
)
def test_a_page_cut_inside_a_character_is_read_up_to_there(encoding: str, language: str) -> None:
    body = as_bytes(f"<p>{TEXTS[language]}", encoding)
    whole = decode(body, f"text/html; charset={encoding}")

    cut = decode(body.rstrip(b".")[:-1], f"text/html; charset={encoding}")

    assert whole.text.startswith(cut.text)
    assert "\ufffd" not in cut.text
    assert cut.notes == ()


@pytest.mark.parametrize(
    "label", ["idna", "punycode", "zlib_codec", "utf-7", "x-nonsense", "..", "\ud800", "rot13", "unicode_escape"]
)
def test_a_label_that_is_no_encoding_is_reported_and_passed_over(label: str) -> None:
    text = page_of(TEXTS["ru"])

    decoded = decode(text.encode(), f"text/html; charset={label}")

    assert (decoded.text, decoded.source) == (text, "valid")
    assert "is no known encoding" in decoded.notes[0]


@pytest.mark.parametrize(
    ("label", "encoding"),
    [
        ("iso-8859-1", "windows-1252"),
        ("ascii", "windows-1252"),
        (" Latin1\n", "windows-1252"),
        ("gb2312", "gb18030"),
        ("GBK", "gb18030"),
        ("x-sjis", "shift_jis"),
        ("windows-31j", "shift_jis"),
        ("ks_c_5601-1987", "euc-kr"),
        ("iso-8859-9", "windows-1254"),
        ("tis-620", "windows-874"),
        ("unicode", "utf-16le"),
        ("utf8", "utf-8"),
        ("utf-7", ""),
        ("iso-2022-cn", ""),
        ("IBM855", "ibm855"),
        ("cp437", "ibm437"),
        ("cspc8codepage437", "ibm437"),
        ("850", "ibm850"),
        ("cp1125", "ibm1125"),
        ("x-mac-ce", "x-mac-ce"),
        ("x-Johab", "johab"),
        ("cp037", ""),
        ("ibm999", ""),
    ],
)
def test_labels_mean_what_the_encoding_standard_says(label: str, encoding: str) -> None:
    assert known_encoding(label) == encoding


@pytest.mark.parametrize(
    ("head", "source"),
    [
        ("<!-- <meta charset=koi8-r> --><meta charset=windows-1251>", "meta"),
        ("<!--><meta charset=windows-1251><!-- -->", "meta"),
        ("<div title='<meta charset=koi8-r>'></div><meta charset=windows-1251>", "meta"),
        ("<meta name=x content='charset=koi8-r'><meta charset='windows-1251'>", "meta"),
        ("<meta charset=nonsense><meta charset=windows-1251>", "meta"),
        ("<META/CHARSET = windows-1251 >", "meta"),
        ('<meta\ncharset\n=\n"windows-1251"\n/>', "meta"),
        ("<!DOCTYPE html [<x>]><?php ?><meta charset=windows-1251>", "meta"),
        ("<meta http-equiv=content-type content='text/html; charset = \"windows-1251\"'>", "meta"),
        (" " * 4096 + "<meta charset=koi8-r>", "detected"),
        ("<!--" + " " * 4096 + "--><meta charset=windows-1251>", "meta"),
        ("<head><style>" + "a>b{}" * 1000 + "</style><title>x<p></title><META charset=windows-1251>", "meta"),
        ("<script>if (a<b) '<meta charset=koi8-r>'" + " " * 4096 + "</script><meta charset=windows-1251>", "meta"),
        ("<noscript><img></noscript>" + "<link rel=x>" * 400 + "<meta charset=windows-1251>", "meta"),
        ("<p>" + " " * 4096 + "<meta charset=windows-1251>", "detected"),
        ("<script>" + " " * 4096 + "<meta charset=windows-1251>", "detected"),
        ("<!-- <meta charset=koi8-r> ", "detected"),
        ("<metal charset=koi8-r>", "detected"),
        ('<meta charset=windows-1251">', "meta"),
        ("<meta charset='windows-1251>' name=x>", "meta"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1251>\n<meta name="x">', "meta"),
    ],
)
def test_the_meta_tag_is_found_as_browsers_find_it(head: str, source: str) -> None:
    decoded = decode(head.encode() + CYRILLIC, "text/html")

    assert (decoded.encoding, decoded.source) == ("windows-1251", source)


@pytest.mark.parametrize("header", ['text/html; charset="windows-1251', "TEXT/HTML;CHARSET='windows-1251';x=y"])
def test_the_charset_of_a_header_is_read_without_its_quotes(header: str) -> None:
    assert decode(CYRILLIC, header).source == "header"


def test_a_meta_tag_that_says_utf16_means_utf8() -> None:
    decoded = decode("<meta charset=utf-16>жук".encode(), "text/html")

    assert (decoded.text, decoded.encoding, decoded.source) == ("<meta charset=utf-16>жук", "utf-8", "meta")


@pytest.mark.parametrize("header", ["text/html; charset=euc-jp", "text/html; charset=iso-2022-jp"])
def test_japanese_characters_beyond_the_first_standard_are_read(header: str) -> None:
    codec = {"euc-jp": "euc_jis_2004", "iso-2022-jp": "iso2022_jp_2004"}[header.rpartition("=")[2]]
    body = "①ノート".encode(codec)

    assert decode(body, header).text == "①ノート"


@pytest.mark.parametrize(
    "body",
    [b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, b"\0" * 1_000_000, codecs.BOM_UTF8 * 3],
)
def test_nothing_is_an_empty_text(body: bytes) -> None:
    assert decode(body, "text/html").text == ""


def test_a_picture_is_no_text_and_a_note_says_so() -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40

    assert "the bytes do not look like text" in decode(picture, "text/html").notes


@given(
    st.binary(max_size=300), st.sampled_from(["", "text/html; charset=utf-16", "charset=euc-jp", 'x; charset="big5'])
)
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_text_that_can_be_stored(body: bytes, header: str) -> None:
    decoded = decode(body, header)

    assert "\0" not in decoded.text
    assert decoded.text.encode() or decoded.text == ""


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_content_type_is_survived(header: str) -> None:
    assert decode(b"<p>text", header).text.startswith("<p>") or "charset" in header.lower()
