"""The form of a job's params: what is seen is what is passed on, to the last digit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs.runtime import client
from jobs.runtime.core.records import Item
from tests.ui.conftest import Open, Stage, checked, plain, texts

JOB = '''
"""Take params of every kind."""
import datetime, decimal, enum, pathlib, uuid
from typing import Annotated, Literal
from pydantic import AfterValidator, BeforeValidator, Field, Json, SecretStr
from jobs import job

class Size(enum.IntEnum):
    S = 1
    L = 2

BIG = 2**60 + 1

@job(bound="cpu")
def kinds(
    text: str,
    *,
    big: int = BIG,
    capped: Annotated[int, Field(ge=1, le=2**70)] = 2**64,
    few: Annotated[int, Field(ge=1, le=9)] = 3,
    tiny: Annotated[float, Field(ge=0, le=1)] = 0.0001,
    third: Annotated[float, Field(ge=0, le=1)] = 1 / 3,
    free: float = 1e-7,
    maybe: bool | None = None,
    words: list[str] | None = None,
    powers: list[Literal[1, 2]] = [1],
    sizes: list[Size] = [Size.L],
    mixed: int | str = 5,
    percent: Annotated[float, AfterValidator(lambda x: x / 100)] = 50,
    day: datetime.date = datetime.date(2024, 2, 29),
    price: decimal.Decimal = decimal.Decimal("1.50"),
    path: pathlib.Path = pathlib.Path("a b"),
    split: Annotated[list[str], BeforeValidator(lambda t: t.split(","))] = ["x", "y"],
    conf: Json = {"a": 1},
    tone: Annotated[str, Field(examples=["plain", "formal"])] = "plain",
    token: SecretStr = SecretStr("of the code"),
    room: Annotated[int, Field(
        title="Most bytes", ge=1_000, le=50_000_000,
        json_schema_extra={"unit": "MB", "scale": 1_000_000, "group": "Limits"})] = 5_000_000,
) -> str:
    return text
'''


@pytest.fixture
def kinds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    folder = tmp_path / "own jobs"
    folder.mkdir()
    (folder / "kinds.py").write_text(JOB)
    monkeypatch.setenv("JOBS_PATH", str(folder))
    return "kinds"


def earlier(params: dict[str, Any]) -> Any:
    return client.submit("kinds", [Item(cell="a")], params=params)


def started(app: Any) -> Any:
    """The params of the run that the page starts."""
    before = client.count_runs()
    app.button(key="start").click()
    checked(app.run())
    assert client.count_runs() == before + 1
    return client.runs()[0].params


def test_a_form_that_nobody_changed_gives_what_no_option_gives(new_run: Open, stage: Stage, kinds: str) -> None:
    without = earlier({}).params
    app = new_run(job="kinds")
    app.text_area(key="text:kinds").set_value("a")
    checked(app.run())

    assert started(app) == without


OTHERS = {
    "big": 9007199254740993,
    "capped": 2**70,
    "few": 9,
    "tiny": 1e-7,
    "third": 0.1 + 0.2,
    "free": 5e-324,
    "maybe": False,
    "words": ["a", "b, c"],
    "powers": ["2", "1"],
    "sizes": ["1"],
    "mixed": "5",
    "percent": 7,
    "day": "2025-01-31",
    "price": "0.10000000000000000000000000001",
    "path": "ü/c",
    "split": "p,q",
    "conf": '{"n": 12345678901234567890}',
    "token": "{secret:TOKEN}",
    "room": 1_234_567,
}


def test_an_earlier_run_gives_the_same_params_to_the_last_digit(new_run: Open, stage: Stage, kinds: str) -> None:
    first = earlier(OTHERS)

    assert started(new_run(again=first.id)) == first.params


@pytest.mark.parametrize("words", [["one\ntwo", "three"], ["", "a"], [" edges "], ["\u2028"], [], ["a\r\nb"]], ids=repr)
def test_a_list_that_an_area_of_lines_cannot_hold_stays_as_it_was(
    new_run: Open, stage: Stage, kinds: str, words: list[str]
) -> None:
    first = earlier({"words": words})

    assert started(new_run(again=first.id))["words"] == words


@pytest.mark.parametrize(
    ("name", "typed", "stored"),
    [
        ("big", "9007199254740993", 9007199254740993),
        ("capped", "9007199254740993", 9007199254740993),
        ("free", "1e-300", 1e-300),
        ("mixed", "6", "6"),
        ("percent", "8", "8"),
        ("split", "1,2", "1,2"),
        ("conf", "[1]", "[1]"),
        ("price", "2.50", "2.50"),
    ],
)
def test_what_is_typed_is_what_is_given(
    new_run: Open, stage: Stage, kinds: str, name: str, typed: str, stored: Any
) -> None:
    app = new_run(again=earlier({}).id)
    field = next(entry for entry in app.text_input if str(entry.key).startswith(f"option:kinds:{name}:"))
    field.set_value(typed)
    checked(app.run())

    assert started(app)[name] == stored
    assert client.columns("kinds", {name: typed})


def test_a_text_with_examples_may_be_one_of_them_or_another(new_run: Open, stage: Stage, kinds: str) -> None:
    app = new_run(again=earlier({"tone": "curt"}).id)
    field = next(entry for entry in app.selectbox if str(entry.key).startswith("option:kinds:tone:"))
    assert (field.value, field.options) == ("curt", ["curt", "plain", "formal"])
    assert field.proto.accept_new_options
    field.set_value("formal")
    checked(app.run())

    assert started(app)["tone"] == "formal"


def test_small_numbers_are_seen(new_run: Open, stage: Stage, kinds: str) -> None:
    app = new_run(job="kinds")

    shown = {str(entry.key).split(":")[2]: entry for entry in app.number_input if str(entry.key).startswith("option")}
    assert set(shown) == {"few", "room", "tiny"}
    assert (shown["tiny"].value, shown["tiny"].proto.format) == (0.0001, "%.15g")


def test_a_yes_no_or_none_can_be_each_of_them(new_run: Open, stage: Stage, kinds: str) -> None:
    app = new_run(again=earlier({"maybe": True}).id)
    field = next(entry for entry in app.segmented_control if str(entry.key).startswith("option:kinds:maybe:"))
    assert field.value == "yes"
    field.set_value("no")
    checked(app.run())

    assert started(app)["maybe"] is False


def test_a_value_given_as_it_is_is_asked_for_again(new_run: Open, stage: Stage, kinds: str) -> None:
    app = new_run(again=earlier({"token": "hush-hush"}).id)

    field = next(entry for entry in app.text_input if str(entry.key).startswith("option:kinds:token:"))
    assert (field.value, field.placeholder) == ("", "not shown: give it again, or as {secret:NAME}")


def test_a_number_is_asked_for_in_peoples_unit_and_words_and_kept_in_the_params_own(
    new_run: Open, stage: Stage, kinds: str
) -> None:
    app = new_run(job="kinds")
    app.text_area(key="text:kinds").set_value("a")
    field = next(field for field in app.number_input if plain(field.label) == "Most bytes, MB")
    assert (field.value, field.min, field.max) == (5.0, 0.001, 50.0)
    assert "**Limits**" in [entry.value for entry in app.markdown]

    field.set_value(2.5)
    checked(app.run())

    assert started(app)["room"] == 2_500_000


def test_a_fault_is_said_at_its_field_and_beside_start(new_run: Open, stage: Stage) -> None:
    app = new_run(job="scrape")
    app.text_area(key="text:scrape").set_value("http://site-1.sample/")
    app.text_area(key="option:scrape:fields:").set_value("title = h1\nwrong")
    app.text_input(key="option:scrape:user_agent:").set_value("Zoë")
    checked(app.run())

    faults = [plain(entry.value) for entry in app.markdown if entry.value.startswith(":red[")]
    assert len(faults) == 2
    assert "line 2" in faults[0]
    assert "'ë'" in faults[1]
    assert "\\n" not in "".join(faults)
    assert app.button(key="start").disabled
    assert texts(app).count("Options: fields: ") == 1
