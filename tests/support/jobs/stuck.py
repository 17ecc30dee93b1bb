"""Hooks that do what the item says: `check hang`, `key raise`, and so on."""

import os
import time
from typing import Any

from jobs import job


def act(hook: str, text: str) -> None:
    verb = text.removeprefix(f"{hook} ")
    if verb == "hang":
        time.sleep(3600)
    if verb == "raise":
        raise RuntimeError(f"no {hook}")
    if verb == "leave":
        os._exit(3)


def check(text: str, _params: Any) -> None:
    act("check", text)


def group(text: str) -> str:
    act("group", text)
    return text


def cost(text: str, _params: Any) -> Any:
    act("cost", text)
    return "dear" if text == "cost words" else 1.0


def key(text: str) -> str:
    act("key", text)
    return text


@job(bound="io", check=check, group=group, cost=cost, key=key)
def stuck(text: str) -> str:
    return text
