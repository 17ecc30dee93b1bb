"""A hook called where nothing could be killed."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from jobs import ItemError
from jobs.runtime import catalog
from jobs.runtime.core.errors import BadParams
from jobs.runtime.job import hook_call


def raising(error: BaseException) -> object:
    raise error


def test_what_a_hook_returns_is_returned() -> None:
    assert hook_call.within(5, "job", "columns", lambda number: number + 1, 1) == 2


def test_x22_a_hook_that_does_not_return_is_a_sentence() -> None:
    over = threading.Event()

    with pytest.raises(BadParams, match="the hook `columns` of job has not returned"):
        hook_call.within(0.05, "job", "columns", over.wait)
    over.set()


@pytest.mark.parametrize("error", [KeyError("x"), SystemExit(3), RecursionError("deep")], ids=repr)
def test_x22_what_a_hook_raises_is_a_sentence(error: BaseException) -> None:
    with pytest.raises(BadParams, match=f"the hook `columns` of job raised {type(error).__name__}: "):
        hook_call.within(5, "job", "columns", raising, error)


def test_what_a_hook_refuses_in_words_of_its_own_is_told_so() -> None:
    with pytest.raises(BadParams, match="no such field"):
        hook_call.within(5, "job", "columns", raising, ItemError("bad", "no such field"))


def test_x22_columns_that_are_none_are_a_sentence() -> None:
    job = catalog.find().job("scrape")
    wrong = replace(job, mark=replace(job.mark, columns=lambda _params: 5))  # type: ignore[arg-type, return-value]

    with pytest.raises(BadParams, match="the hook `columns` of scrape raised TypeError"):
        wrong.columns({})


@pytest.mark.parametrize(
    ("hook", "given"),
    [
        (str.lower, 1),
        (str.strip, 1),
        (lambda item: item, 1),
        (lambda item, _loud=True: item, 1),
        (lambda _item, params: params, 2),
        (hash, 1),
    ],
)
def test_a_hook_gets_the_params_only_where_it_must_have_a_second_argument(hook: Any, given: int) -> None:
    assert hook_call.hook_arguments(hook, "a", {"b": 1}) == ("a", {"b": 1})[:given]
