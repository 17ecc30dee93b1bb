"""Looks that are shared: one for all who ask meanwhile, none kept that went wrong or was overtaken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from jobs.runtime.api.live import SharedLooks


class Looks:
    """Looks that wait until they are let through."""

    def __init__(self) -> None:
        self.number = 0
        self.gate = asyncio.Event()

    async def look(self, key: str) -> str:
        self.number += 1
        mine = self.number
        await self.gate.wait()
        if key == "wrong":
            raise ValueError(key)
        return f"{key} {mine}"


def played(play: Callable[[Looks, SharedLooks[str]], object], *, fresh: float, stale: float) -> None:
    async def perform() -> None:
        looks = Looks()
        await play(looks, SharedLooks(looks.look, fresh=fresh, stale=stale))  # type: ignore[misc]

    asyncio.run(perform())


def test_all_who_ask_at_once_share_one_look() -> None:
    async def play(looks: Looks, shared: SharedLooks[str]) -> None:
        asking = [asyncio.create_task(shared.see("a")) for _ in range(50)]
        await asyncio.sleep(0)
        looks.gate.set()

        assert set(await asyncio.gather(*asking)) == {"a 1"}
        assert await shared.see("a") == "a 1"
        assert await shared.see("b") == "b 2"

    played(play, fresh=60, stale=60)


def test_who_asks_while_another_looks_gets_the_answer_before() -> None:
    async def play(looks: Looks, shared: SharedLooks[str]) -> None:
        looks.gate.set()
        await shared.see("a")
        looks.gate.clear()
        first = asyncio.create_task(shared.see("a"))
        await asyncio.sleep(0)

        assert await shared.see("a") == "a 1"
        looks.gate.set()
        assert await first == "a 2"

    played(play, fresh=0, stale=60)


def test_an_old_answer_is_given_to_nobody() -> None:
    async def play(looks: Looks, shared: SharedLooks[str]) -> None:
        looks.gate.set()

        assert [await shared.see("a") for _ in range(3)] == ["a 1", "a 2", "a 3"]

    played(play, fresh=0, stale=0)


def test_what_was_looked_up_before_a_change_is_not_kept() -> None:
    async def play(looks: Looks, shared: SharedLooks[str]) -> None:
        before = asyncio.create_task(shared.see("a"))
        await asyncio.sleep(0)
        shared.forget("a")
        after = asyncio.create_task(shared.see("a"))
        await asyncio.sleep(0)
        looks.gate.set()

        assert (await before, await after) == ("a 1", "a 2")
        assert await shared.see("a") == "a 2"

    played(play, fresh=60, stale=60)


def test_a_look_that_went_wrong_is_not_kept() -> None:
    async def play(looks: Looks, shared: SharedLooks[str]) -> None:
        looks.gate.set()
        for _ in range(2):
            with pytest.raises(ValueError, match="wrong"):
                await shared.see("wrong")

        assert looks.number == 2

    played(play, fresh=60, stale=60)


def test_one_who_has_gone_takes_nobody_with_him() -> None:
    async def play(looks: Looks, shared: SharedLooks[str]) -> None:
        gone, there = (asyncio.create_task(shared.see("a")) for _ in range(2))
        await asyncio.sleep(0)
        gone.cancel()
        looks.gate.set()

        assert await there == "a 1"

    played(play, fresh=60, stale=60)
