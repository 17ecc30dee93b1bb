"""A run's first step, in a worker: the job's hooks over its items. One item's fault is that item's alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import msgspec

from jobs.runtime.core.errors import ItemError
from jobs.runtime.core.reuse import key_digest
from jobs.runtime.core.text import as_text, clean
from jobs.runtime.job.hook_call import hook_arguments
from jobs.runtime.job.items import read_item
from jobs.runtime.worker.attempt import Work, failure
from jobs.runtime.worker.messages import MAX_COST, MAX_ERROR, MAX_GROUP, AttemptOutcome, PlannedItem


class Hooks:
    """The hooks of a run's job, called one after the other; `enter` is told which, for the item at which position."""

    def __init__(self, work: Work, enter: Callable[[str, int], None]) -> None:
        self._work, self._enter = work, enter
        self._called = ""

    def plan(self, position: int, cell: str) -> PlannedItem:
        """What the hooks say of the item at this position."""
        self._called = ""
        try:
            group, cost, key = self._ask(position, cell)
        except BaseException as error:  # the author's hooks: whatever they raise is this item's outcome
            return PlannedItem(position=position, failure=self._failure(error))
        return PlannedItem(position=position, group=group, cost=cost, key=key)

    def _ask(self, position: int, cell: str) -> tuple[str, float | None, bytes | None]:
        item, params = read_item(self._work.job, cell), self._work.own_keywords()
        refusal = self._call("check", position, item, params)
        if refusal:
            raise ItemError("over_budget", str(refusal))
        group = _words(self._call("group", position, *self._with_params("group", item, params)))[:MAX_GROUP]
        cost = self._call("cost", position, item, params)
        cost = None if cost is None else _finite(float(cost))
        key = self._call("key", position, *self._with_params("key", item, params))
        return group, cost, None if key is None else key_digest(as_text(key))

    def _with_params(self, name: str, item: Any, params: Any) -> tuple[Any, ...]:
        hook = getattr(self._work.job.mark, name)
        return (item,) if hook is None else hook_arguments(hook, item, params)

    def _call(self, name: str, position: int, *arguments: Any) -> Any:
        hook = getattr(self._work.job.mark, name)
        if hook is None:
            return None
        self._called = name
        self._enter(name, position)
        return hook(*arguments)

    def _failure(self, error: BaseException) -> AttemptOutcome:
        outcome = failure(error, self._work.secrets)
        if outcome.code != "bug" or not self._called:
            return outcome
        words = f"the hook `{self._called}` raised {outcome.error}"
        return msgspec.structs.replace(outcome, error=words[:MAX_ERROR])


def _words(group: Any) -> str:
    """A group's name; none where the hook gave None, which is no name that items share."""
    return "" if group is None else clean(as_text(group))


def _finite(cost: float) -> float | None:
    """A cost that can be compared with others; none where the hook gave no number, the greatest for an infinite one."""
    return None if math.isnan(cost) else max(-MAX_COST, min(MAX_COST, cost))
