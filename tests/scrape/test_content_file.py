"""The main content of pages as files: Markdown with a head, all of them as a ZIP, or as JSON Lines."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from jobs.runtime.cli import main
from jobs.runtime.exports import text_joiner
from jobs.scrape.content_file import content_file
from tests.scrape.conftest import Ask, Serve
from tests.scrape.hostile import Peer, answer, says
from tests.support.machine import Machine

WORDS = "After three years the bridge over the river was opened again for all on Tuesday morning."


def text_of(file: object) -> str:
    return "".join(file.chunks)  # type: ignore[attr-defined]


def line_of(text: str) -> dict[str, object]:
    stream = io.BytesIO()
    text_joiner.append(text, stream)
    assert stream.getvalue().count(b"\n") == 1
    return dict(json.loads(stream.getvalue()))


def test_the_file_of_a_page_says_where_it_is_from() -> None:
    page = {"title": 'A "title": x\n---\n', "language": "en", "author": None, "status": 200}

    text = text_of(content_file("https://a.org/?q=1", "# Title\n\n---\n\ntext", page))

    assert text == (
        '---\nurl: "https://a.org/?q=1"\ntitle: "A \\"title\\": x\\n---\\n"\nlanguage: "en"\n---\n\n'
        "# Title\n\n---\n\ntext\n"
    )
    assert line_of(text) == {
        "url": "https://a.org/?q=1",
        "title": page["title"],
        "language": "en",
        "text": "# Title\n\n---\n\ntext",
    }


def test_a_page_without_content_has_no_file() -> None:
    assert content_file("https://a.org/", "", {"title": "x"}) is None


@pytest.mark.parametrize(
    "text", ["", "# no head", "---\n", "---\nname: {no json\n---\n\nx", "---\nonly a line\n", "---"]
)
def test_a_text_without_a_head_is_all_text(text: str) -> None:
    assert line_of(text) == {"text": text}


def test_a_failure_has_its_content_too_and_a_page_that_is_none_has_no_file(ask: Ask, serve: Serve) -> None:
    body = f"<title>gone</title><article><p>{WORDS}</p></article>".encode()
    missing = serve(says(answer(body, status="404 Not Found", headers={"Content-Type": "text/html"})))
    image = serve(says(answer(b"\x89PNG", headers={"Content-Type": "image/png"})))

    failed = ask(missing.url(), columns="status", save_content=True)
    other = ask(image.url(), columns="status", save_content=True)

    assert (failed["code"], WORDS in text_of(failed["page_md"])) == ("http_4xx", True)
    assert set(failed) & {"title", "main_text", "markdown", "whole_markdown"} == set()
    assert (other["code"], "page_md" in other) == ("not_text", False)


def test_a_run_gives_its_content_as_a_zip_and_as_json_lines(
    machine: Machine, serve: Serve, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def script(peer: Peer, request: bytes) -> bool:
        path = request.split(b" ")[1].decode()
        peer.send(answer(f"<html lang=en><title>{path}</title><article><h1>{path}</h1><p>{WORDS}</article>".encode()))
        return True

    server, out = serve(script), tmp_path / "pages.content.jsonl"
    urls = [server.url(f"/{number}") for number in range(4)]
    words = [word for url in urls for word in ("--item", url)]

    code = main.main(["run", "scrape", *words, "--no-robots", "--pause", "0", "--save-content", "--out", str(out)])
    capsys.readouterr()
    assert main.main(["runs", "--json"]) == 0
    run = json.loads(capsys.readouterr().out)[0]["id"]
    assert main.main(["files", run, "--out", str(tmp_path / "pages.zip")]) == 0

    assert code == 0
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [(line["url"], line["title"], line["language"]) for line in lines] == [
        (url, f"/{number}", "en") for number, url in enumerate(urls)
    ]
    assert all(line["text"] == f"# /{number}\n\n{WORDS}" for number, line in enumerate(lines))
    with zipfile.ZipFile(tmp_path / "pages.zip") as archive:
        assert len(archive.namelist()) == 4
        assert all(name.endswith("page.md") for name in archive.namelist())
        assert archive.read(archive.namelist()[0]).startswith(b'---\nurl: "http://127.0.0.1:')
