"""What every job of the catalog must keep, whoever wrote it: its signature, help, codes, defaults and hooks."""

import copy
import inspect
import json
from typing import Any

import pytest

from jobs.runtime import catalog
from jobs.runtime.core import row_cells
from jobs.runtime.core.errors import ItemError
from jobs.runtime.core.job_terms import MACHINE_CODES, OWN_COLUMNS
from jobs.runtime.job import params
from jobs.runtime.job.definition import RESERVED, Job
from jobs.runtime.job.hook_call import hook_arguments
from jobs.runtime.job.value_limits import value_checker

NAMES = sorted(catalog.find().jobs)
EXAMPLES = {
    "URL": ("http://site-1.sample/thread", "https://example.org/a?b=c#d", "http://münchen.example:8080/"),
    "whole number": ("5", "0", "80000"),
    "number": ("2.5", "-1e3"),
    "text": ("some words", "ü"),
}
"""Cells that are items, by the name of their kind."""


@pytest.fixture(params=NAMES)
def job(request: pytest.FixtureRequest) -> Job:
    """Each job, as it is for a run of its sample."""
    found = catalog.find().job(request.param)
    return found.with_params(params.typed_params(found, params.validate_params(found, found.mark.samples[0].params)))


def items_of(job: Job) -> list[Any]:
    """Items of a job: of the examples of its kind, those that its limits allow."""
    if job.takes_rows:
        return [job.kind.read(row_cells.encode({told.name: cell for told in job.fields})) for cell in ("5", "Bonn")]
    checker = value_checker(job.item_name, job.item_annotation) or (lambda item: item)
    items = []
    for cell in EXAMPLES.get(job.kind.name, EXAMPLES["text"]):
        try:
            items.append(checker(job.kind.read(cell)))
        except (ValueError, ItemError):
            continue
    return items


def test_the_catalog_holds_the_projects_jobs_and_none_is_broken() -> None:
    found = catalog.find()

    assert {"factorial", "scrape"} <= set(found.shown)
    assert dict(found.broken) == {}


def test_job_says_what_it_is_and_what_it_waits_for(job: Job) -> None:
    assert job.title
    assert "\n" not in job.title
    assert len(job.title) <= 80
    assert job.bound in ("io", "cpu")


def test_job_takes_one_item_and_keyword_params(job: Job) -> None:
    first, *others = inspect.signature(job.function).parameters.values()

    assert first.name == job.item_name
    assert first.name not in OWN_COLUMNS
    assert [other.name for other in others] == [param.name for param in job.params]
    assert all(other.kind is inspect.Parameter.KEYWORD_ONLY for other in others)
    assert not {other.name for other in others} & RESERVED


def test_job_is_an_ordinary_function(job: Job) -> None:
    assert inspect.isfunction(job.function)
    assert job.function.__job__ is job.mark  # type: ignore[attr-defined]
    assert not hasattr(job.function, "__wrapped__")


def test_every_param_has_help_and_a_default_that_is_allowed(job: Job) -> None:
    defaults = params.validate_params(job, {})

    assert set(defaults) == {param.name for param in job.params}
    assert json.loads(json.dumps(defaults)) == defaults
    assert params.validate_params(job, defaults) == defaults
    assert [field.name for field in params.form_fields(job) if not field.help.strip()] == []


def test_every_field_offers_what_the_params_accept(job: Job) -> None:
    for field in params.form_fields(job):
        for choice in field.choices:
            params.validate_params(job, {field.name: choice})
        if field.input == "choice" and not field.optional:
            assert field.default in field.choices


def test_every_column_has_a_type_and_help(job: Job) -> None:
    columns = job.columns(params.validate_params(job, {}))

    assert columns
    assert len({column.name for column in columns}) == len(columns)
    assert [column.name for column in columns if not column.help.strip()] == []
    assert {column.type for column in columns} <= {"int", "float", "bool", "str", "json", "file"}
    assert not {column.name for column in columns} & set(OWN_COLUMNS)


def test_columns_follow_from_the_params_alone(job: Job) -> None:
    complete = params.validate_params(job, {})
    before = copy.deepcopy(complete)

    assert job.columns(complete) == job.columns(complete)
    assert complete == before


def test_codes_are_the_jobs_own_and_each_is_explained(job: Job) -> None:
    assert not set(job.codes) & set(MACHINE_CODES)
    for code, meaning in job.codes.items():
        assert code.isidentifier()
        assert code == code.lower()
        assert meaning.strip()
        assert "\n" not in meaning


def test_defaults_of_pool_and_limits_are_sane(job: Job) -> None:
    pool, limits = job.default_pool(2), job.default_limits()

    assert 0 <= pool.slots <= 64
    assert pool.way == ("auto" if job.bound == "io" else "processes")
    assert 1 <= limits.attempts <= 10
    assert limits.deadline is None or 0 < limits.deadline <= 600
    assert limits.at_once is None or limits.at_once >= 1
    assert 0 <= limits.pause <= 10


def test_examples_of_its_kind_are_items(job: Job) -> None:
    assert items_of(job)
    assert job.takes_rows or all(job.kind.looks_like(cell) for cell in EXAMPLES.get(job.kind.name, EXAMPLES["text"]))


@pytest.mark.parametrize("cell", ["", "  ", "\x00", "�" * 20_000, "9" * 5_000, "=1+1", "-1", "http://[", "True"])
def test_reading_a_strange_cell_gives_an_item_or_a_sentence(job: Job, cell: str) -> None:
    sentence = "it is an item"
    try:
        job.kind.read(cell)
    except (ValueError, ItemError) as error:
        sentence = str(error)

    assert sentence.strip()
    assert "\n" not in sentence
    assert len(sentence) < 400


def test_hooks_are_pure_and_answer_in_their_types(job: Job) -> None:
    complete = dict(job.values)
    before = copy.deepcopy(complete)

    for item in items_of(job):
        first, second = (call_hooks(job, item, complete) for _ in range(2))

        assert first == second
    assert complete == before


def call_hooks(job: Job, item: Any, complete: dict[str, Any]) -> dict[str, Any]:
    """What each hook of a job says of an item, its type checked."""
    said: dict[str, Any] = {}
    if job.mark.group:
        said["group"] = job.mark.group(*hook_arguments(job.mark.group, item, complete))
        assert isinstance(said["group"], str)
        assert said["group"]
    if job.mark.key:
        said["key"] = job.mark.key(*hook_arguments(job.mark.key, item, complete))
        assert isinstance(said["key"], str)
        assert said["key"]
    if job.mark.cost:
        said["cost"] = job.mark.cost(item, complete)
        assert 0 <= said["cost"] < float("inf")
    if job.mark.check:
        said["check"] = job.mark.check(item, complete)
        assert said["check"] is None
    return said
