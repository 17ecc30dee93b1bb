"""A hook of a job's author, called where nothing could be killed: it has so long, and what it raises is a sentence."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Mapping
from typing import Any

from jobs.runtime.core.errors import BadParams, FanoutError, ItemError

SECONDS = 60.0
"""What a hook may take; it should be pure and cheap."""


def hook_arguments(hook: Callable[..., Any], item: Any, params: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a hook is called with: the item, and the params of the run where it takes them."""
    return (item, params) if _takes_params(hook) else (item,)


@functools.cache
def _takes_params(hook: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(hook).parameters.values()
    except (TypeError, ValueError):  # a builtin that does not say
        return False
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [told for told in parameters if told.kind in positional and told.default is inspect.Parameter.empty]
    return len(needed) == 2  # one that may be left out, as in str.strip, is for others


def within(seconds: float, job: str, name: str, hook: Callable[..., Any], *arguments: Any) -> Any:
    """What the hook returns. Raises BadParams: it did not return in time, or what it raised, in words."""
    returned: list[Any] = []
    raised: list[BaseException] = []

    def call() -> None:
        try:
            returned.append(hook(*arguments))
        except BaseException as error:  # the author's hook: whatever it raises is why
            raised.append(error)

    thread = threading.Thread(target=call, name=f"hook {name} of {job}", daemon=True)
    thread.start()
    thread.join(seconds)
    if raised:
        raise _in_words(job, name, raised[0]) from raised[0]
    if not returned:
        raise BadParams(f"the hook `{name}` of {job} has not returned after {seconds:g} s: it must be pure and cheap")
    return returned[0]


def _in_words(job: str, name: str, error: BaseException) -> FanoutError:
    if isinstance(error, FanoutError):
        return error
    if isinstance(error, ItemError):
        return BadParams(str(error))
    return BadParams(f"the hook `{name}` of {job} raised {type(error).__name__}: {error}")
