"""Which column holds the items where several could: by their headings, whatever the language, and not a counter."""

from __future__ import annotations

import pytest

from jobs.runtime import inputs
from jobs.runtime.job.definition import Job


def column(content: str, job: Job) -> str:
    return inputs.read(content.encode(), name="t.csv", job=job).column


@pytest.mark.parametrize(
    ("picture", "link"),
    [
        ("Картинка", "Ссылка"),
        ("Картинка", "Адрес"),
        ("Логотип", "Сайт компании"),
        ("图片", "网址"),
        ("图片链接", "公司网址"),
        ("画像", "ホームページ"),
        ("画像", "会社サイト"),
        ("이미지", "홈페이지"),
        ("صورة", "الرابط"),
        ("Bild", "Webseite"),
        ("Photo", "Lien"),
        ("Imagen", "Enlace"),
        ("Obraz", "Adres strony"),
        ("Source", "Sitio web"),
        ("Logo URL", "Website"),
        ("imageUrl", "pageUrl"),
    ],
)
def test_a_heading_says_which_addresses_are_meant_in_many_languages(picture: str, link: str, urls: Job) -> None:
    rows = "https://img.example/1.png,https://a.example/\nhttps://img.example/2.png,https://b.example/\n"

    assert column(f"{picture},{link}\n{rows}", urls) == link


def test_a_street_is_no_address_to_visit(urls: Job) -> None:
    content = "Название,Адрес,Источник\nA,ул. Мира 1,a.example\nB,ул. Мира 2,b.example\n"

    assert column(content, urls) == "Источник"


@pytest.mark.parametrize(
    ("headings", "wanted"),
    [
        ("id,size", "size"),
        ("customer_id,population", "population"),
        ("lfd. Nr.,Anzahl", "Anzahl"),
        ("№,Количество", "Количество"),
        ("序号,数量", "数量"),
        ("phone number,visits", "visits"),
        ("year,visits", "visits"),
        ("visits,zip", "visits"),
        ("Row,Zahl", "Zahl"),
        ("customerId,amount", "amount"),
    ],
)
def test_what_names_or_counts_the_rows_is_not_the_number_meant(headings: str, wanted: str, numbers: Job) -> None:
    assert column(f"{headings}\n7001,512\n7003,90\n7002,4096\n", numbers) == wanted


def test_a_column_that_counts_up_is_not_meant_beside_another(numbers: Job) -> None:
    assert inputs.read(b"1,70\n2,15\n3,99\n", name="t.csv", job=numbers).columns == ("column_1", "n")
    assert column("first,second\n1001,70\n1002,15\n1003,99\n", numbers) == "second"


def test_a_column_that_counts_up_is_meant_where_it_is_named_or_alone(numbers: Job) -> None:
    assert column("price,size\n5.50,3\n6,4\n7,5\n", numbers) == "size"
    assert column("n,size\n1,70\n2,15\n3,99\n", numbers) == "n"
    assert column("id,name\n1,x\n2,y\n3,z\n", numbers) == "id"


def test_cells_that_say_there_is_nothing_do_not_speak_against_a_column(urls: Job) -> None:
    rows = ["https://img.example/1.png,n/a", "https://img.example/2.png,-", "https://img.example/3.png,NULL"]
    content = "\n".join(["image,website", *rows, "https://img.example/4.png,https://a.example/"])

    found = inputs.read(content.encode(), name="t.csv", job=urls)

    assert (found.column, found.invalid_count) == ("website", 3)


def test_a_fitting_name_does_not_outweigh_that_nearly_all_cells_are_empty(urls: Job) -> None:
    rows = [f",https://a.example/{number},https://img.example/{number}.png" for number in range(20)]
    once = ["https://b.example/,https://a.example/x,"]

    assert column("\n".join(["url,source,image", *once, *rows]), urls) == "source"


def test_a_fitting_name_outweighs_the_fuller_column_of_pictures(urls: Job) -> None:
    rows = [f",https://img.example/{number}.png" for number in range(20)]

    assert column("\n".join(["url,image", "https://b.example/,", *rows]), urls) == "url"
