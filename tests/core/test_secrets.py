"""Secrets by name: where they are looked up, what is refused, and how their values are blotted out."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from jobs.runtime.core import secrets
from jobs.runtime.core.errors import BadSecret

VALUE = 's3cret-"0f"-mine/ü'


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "secrets"
    path.touch(0o600)
    monkeypatch.setenv("JOBS_SECRETS", str(path))
    return path


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("TOKEN=abc", "abc"),
        ("  TOKEN = a b=c ", "a b=c"),
        ("export TOKEN='abc'", "abc"),
        ('TOKEN = "abc"', "abc"),
        ("# TOKEN=no\n\nTOKEN=abc", "abc"),
        ('TOKEN="', '"'),
        ("TOKEN=", ""),
        ("\ufeffTOKEN=abc\r\nOTHER=x", "abc"),
    ],
)
def test_a_secret_is_a_line_of_the_file(file: Path, line: str, value: str) -> None:
    file.write_text(line, "utf-8")

    assert secrets.lookup("TOKEN") == value


def test_the_environment_goes_before_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("TOKEN=of the file")
    monkeypatch.setenv("JOBS_SECRET_TOKEN", "of the environment")

    assert secrets.lookup("TOKEN") == "of the environment"


def test_an_owner_sees_his_own_section_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("TOKEN=nobody's\n[ann@example.org]\nTOKEN=ann's\nKEY=k\n[bob]\nTOKEN=bob's\n")
    monkeypatch.setenv("JOBS_SECRET_TOKEN2", "x")

    assert [secrets.lookup("TOKEN", owner) for owner in ("admin", "ann@example.org", "bob")] == [
        "nobody's",
        "ann's",
        "bob's",
    ]
    for name, owner in (("KEY", "bob"), ("KEY", "admin"), ("TOKEN2", "bob"), ("TOKEN", "eve")):
        with pytest.raises(BadSecret, match="there is no secret"):
            secrets.lookup(name, owner)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o601])
def test_a_file_that_others_may_open_is_refused(file: Path, mode: int) -> None:
    file.write_text(f"TOKEN={VALUE}")
    file.chmod(mode)

    with pytest.raises(BadSecret, match=r"others may open the secrets file .*: chmod 600") as refused:
        secrets.lookup("TOKEN")

    assert VALUE not in str(refused.value)


def test_a_file_of_another_user_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 12345)

    with pytest.raises(BadSecret, match="belongs to another user"):
        secrets.lookup("TOKEN")


@pytest.mark.parametrize("what", ["a folder", "nothing"])
def test_what_is_no_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    monkeypatch.setenv("JOBS_SECRETS", str(tmp_path if what == "a folder" else tmp_path / "none"))

    with pytest.raises(BadSecret, match=r"is no file|cannot be read"):
        secrets.lookup("TOKEN")


@pytest.mark.parametrize("line", [VALUE, f"1TOKEN={VALUE}", f"my token={VALUE}", f"={VALUE}"])
def test_a_line_that_is_no_secret_is_named_and_not_shown(file: Path, line: str) -> None:
    file.write_text(f"A=b\n{line}")

    with pytest.raises(BadSecret, match=r"line 2 of .* is no secret") as refused:
        secrets.lookup("TOKEN")

    assert VALUE not in str(refused.value)


def test_a_secret_that_is_not_there_is_named_with_the_remedy(file: Path) -> None:
    with pytest.raises(
        BadSecret, match=r"there is no secret TOKEN: write TOKEN=… in .*, or set JOBS_SECRET_TOKEN where"
    ):
        secrets.lookup("TOKEN")


@pytest.mark.parametrize("text", ["{secret:PATH/..}", "{secret:}", "{secret: A}", "{secret:1}", "{secret:A B}"])
def test_what_cannot_be_a_name_is_refused(text: str) -> None:
    with pytest.raises(BadSecret, match="is no name of a secret"):
        secrets.names_in(["x", {"y": text}])


def test_no_other_variable_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER", "x")

    for name in ("OTHER", "PATH", "HOME", "JOBS_HOME"):
        with pytest.raises(BadSecret):
            secrets.lookup(name)


def test_names_are_found_and_filled_in_wherever_a_text_is() -> None:
    given = {"a": ["Bearer {secret:T}", 1, None], "{secret:K}": ("x", "{secret:T}{secret:K}")}

    assert set(secrets.names_in(given)) == {"T", "K"}
    assert secrets.fill(given, str.lower) == {"a": ["Bearer t", 1, None], "k": ["x", "tk"]}


def test_what_is_filled_in_is_not_filled_again() -> None:
    assert secrets.fill("{secret:A}", lambda _: "{secret:B}") == "{secret:B}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{secret:T}", True),
        ("Authorization: Bearer {secret:T}", True),
        ("X-Key: {secret:T}", True),
        ("{secret:T}tail", False),
        ("Cookie: a=b; c={secret:T}", False),
        ("X-Key: 123", False),
    ],
)
def test_a_text_is_shown_where_it_holds_a_name_alone(text: str, expected: bool) -> None:
    assert secrets.showable(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        VALUE,
        f"token {VALUE}!",
        repr({"token": VALUE}),
        json.dumps([VALUE]),
        "https://e.org/?t=s3cret-%220f%22-mine%2F%C3%BC",
        base64.b64encode(VALUE.encode()).decode(),
    ],
)
def test_a_value_is_blotted_out_in_every_form_that_is_known(text: str) -> None:
    blotted = secrets.blotter([(VALUE, "{secret:T}")]).text(text)

    assert "{secret:T}" in blotted
    assert "0f" not in blotted
    assert VALUE not in blotted


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"a": f"<{VALUE}>", "n": 12345}, {"a": "<{secret:T}>", "n": 12345}),
        ({VALUE: [{"b": [VALUE, None, 1.5]}]}, {"{secret:T}": [{"b": ["{secret:T}", None, 1.5]}]}),
        ({"a": "nothing", "big": 10**30}, {"a": "nothing", "big": 10**30}),
    ],
)
def test_json_stays_json_without_the_value(row: dict[str, Any], expected: dict[str, Any]) -> None:
    blotted = secrets.blotter([(VALUE, "{secret:T}"), ("12345", "(hidden)")]).json(json.dumps(row))

    assert json.loads(blotted) == expected


def test_the_telling_part_of_a_header_is_blotted_by_itself_and_no_other() -> None:
    blotter = secrets.blotter([("Authorization: Bearer abcd1234efgh", "-"), ("Accept: text/html", "-")])

    assert blotter.text("token abcd1234efgh was sent, text/html came") == "token - was sent, text/html came"


@pytest.mark.parametrize("value", ["", "   ", "abc"])
def test_a_value_too_short_to_be_told_from_other_text_is_left(value: str) -> None:
    assert secrets.blotter([(value, "-")]).text("abc def   ") == "abc def   "


def test_what_stands_under_a_telling_name_in_json_is_blotted_by_itself() -> None:
    blotter = secrets.blotter([('{"user": "somebody", "keys": [{"api-key": "hush-hush"}]}', secrets.HIDDEN)])

    assert blotter.text("hush-hush of somebody") == f"{secrets.HIDDEN} of somebody"


def test_each_line_of_a_value_is_blotted() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADAN\nBgkqhkiG9w0B\n-----END KEY-----\n"

    assert secrets.blotter([(key, "-")]).text("got BgkqhkiG9w0B") == "got -"
