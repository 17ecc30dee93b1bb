"""Templates with columns: what each place makes of a cell, and what is refused before a run."""

from __future__ import annotations

import json

import pytest

from jobs import ItemError
from jobs.request import extraction, templates
from jobs.runtime import client
from jobs.runtime.core.errors import BadParams

ROW = {"city": "São Paulo/&?", "q": 'say "a\\b"\n', "n": "3", "part": "a=1&b=2", "up": ".."}


@pytest.mark.parametrize(
    ("template", "url"),
    [
        ("https://a.org/{city}?q={city}", "https://a.org/S%C3%A3o%20Paulo%2F%26%3F?q=S%C3%A3o+Paulo%2F%26%3F"),
        ("https://a.org/?{part|raw}", "https://a.org/?a=1&b=2"),
        ("https://a.org/{{city}}/{n}", "https://a.org/{city}/3"),
        ("https://a.org/{missing}", "https://a.org/"),
        ("https://a.org/?up={up}", "https://a.org/?up=.."),
    ],
)
def test_a_cell_in_a_url_is_encoded_as_its_place_needs(template: str, url: str) -> None:
    assert templates.url(template, ROW) == url


def test_a_cell_that_would_lead_to_another_path_is_refused() -> None:
    with pytest.raises(ItemError, match=r"up: '\.\.' in a path would lead to another one"):
        templates.url("https://a.org/users/{up}/delete", ROW)


@pytest.mark.parametrize(
    ("template", "document"),
    [
        ('{"text": "{q}", "n": {n|raw}, "deep": {"list": ["{city}", {city}]}}', None),
        ('{"text": {q}}', {"text": ROW["q"]}),
        ('{"text": "{{q}} is {q}"}', {"text": "{q} is " + ROW["q"]}),
        ('{"a": {"b": {}}}', {"a": {"b": {}}}),
    ],
)
def test_a_cell_in_json_is_quoted_as_json_needs(template: str, document: object) -> None:
    expected = document or {"text": ROW["q"], "n": 3, "deep": {"list": [ROW["city"], ROW["city"]]}}

    assert json.loads(templates.json_text(template, ROW)) == expected
    templates.check_json(template)


def test_a_raw_cell_that_is_no_json_is_that_rows_failure() -> None:
    with pytest.raises(ItemError, match="with this row's cells the body is no JSON") as refused:
        templates.json_text('{"n": {q|raw}}', ROW)

    assert refused.value.code == "invalid_item"


@pytest.mark.parametrize(
    ("template", "place"),
    [
        ('{"a": "{city}",\n "b": }', "line 2, column 7"),
        ('{"a": "{a very long name of a column}" "b": 1}', "line 1, column 40"),
        ('{"a": "{city}"', "line 1, column 15"),
    ],
)
def test_a_template_that_is_no_json_is_refused_with_its_place(template: str, place: str) -> None:
    with pytest.raises(ValueError, match=place):
        templates.check_json(template)


def test_columns_are_those_that_any_template_names_and_secrets_are_none() -> None:
    named = templates.columns(["https://a.org/{city}?k={secret:KEY}", "{q|raw} {city} {{x}}"])

    assert named == ["city", "q"]


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({}, "url: give the address to ask"),
        ({"url": "{link}/x"}, r"\{link\|raw\}"),
        ({"url": "https://a.org", "body": "{", "method": "POST"}, "body: line 1, column 2: the template is no JSON"),
        ({"url": "https://a.org", "body": "{}"}, "body: a GET has none"),
        ({"url": "https://a.org", "body": "x", "body_type": "form", "method": "POST"}, "body: 'x' is no pair"),
        ({"url": "https://a.org", "extract": ["a = $.["]}, r"rule 1: '\$\.\[' is no path"),
        ({"url": "https://a.org", "extract": ["a: money = $.x"]}, "there is no type money"),
        ({"url": "https://a.org", "extract": ["status = $.x"]}, "column status is there already"),
        ({"url": "https://a.org", "query": ["x"]}, "'x' is no pair"),
        ({"url": "https://a.org", "ca_file": "/no/such.pem"}, "ca_file"),
    ],
)
def test_what_makes_no_request_is_refused_before_the_run(params: dict, sentence: str) -> None:
    with pytest.raises(BadParams, match=sentence):
        client.job_for("request", params)


def test_the_fields_of_a_row_are_the_columns_that_the_templates_name() -> None:
    job = client.job_for(
        "request",
        {
            "url": "https://a.org/{city}",
            "method": "POST",
            "query": ["lang = {lang}"],
            "headers": ["X-Team: {team}"],
            "body": '{"text": "{text}"}',
            "idempotency_key": "id",
        },
    )

    assert [told.name for told in job.fields] == ["city", "lang", "team", "text", "id"]


def test_rules_take_values_of_their_type_and_lists_where_several_may_be() -> None:
    rules = extraction.read(("a: float = $.a", "b = $.list[*].x", "c: int = $.none", "d: text = $.o", "e: int = $.a"))

    found = {rule.column: rule.value({"a": "2.5", "list": [{"x": 1}, {"x": 2}], "o": {"k": 1}}) for rule in rules}

    assert found == {"a": 2.5, "b": [1, 2], "c": None, "d": '{"k": 1}', "e": None}
    columns = client.columns("request", {"extract": ["a: float = $.a", "b = $.list[*].x"], "answer_chars": 0})
    assert [(column.name, column.type) for column in columns] == [
        ("status", "int"),
        ("response_seconds", "float"),
        ("a", "float"),
        ("b", "json"),
    ]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("int", 3.7, None),
        ("int", 100.0, 100),
        ("int", " -5 ", -5),
        ("int", "1_0", None),
        ("int", "٣", None),
        ("float", "1_0.5", None),
        ("float", "-1.5e-3", -0.0015),
        ("float", "nan", None),
        ("float", "Infinity", None),
    ],
)
def test_a_number_is_taken_whole_or_not_at_all(kind: str, value: object, expected: object) -> None:
    (rule,) = extraction.read((f"x: {kind} = $.x",))

    assert rule.value({"x": value}) == expected


@pytest.mark.parametrize("cell", ["NaN", "-Infinity", "[" * 100_000])
def test_what_json_does_not_have_is_that_rows_failure(cell: str) -> None:
    with pytest.raises(ItemError, match="with this row's cells the body is no JSON") as refused:
        templates.json_text('{"n": {n|raw}}', {"n": cell})

    assert refused.value.code == "invalid_item"


def test_numbers_of_any_length_are_sent() -> None:
    assert templates.json_text('{"n": {n|raw}}', {"n": "7" * 5_000}) == '{"n": ' + "7" * 5_000 + "}"
