"""The tools for models, asked by the SDK's own client over standard input and output."""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import StdioServerParameters
from mcp.client import Client
from mcp.client.stdio import stdio_client

from jobs.runtime import client
from jobs.runtime.api import mcp_tools
from jobs.runtime.api.operations import JobList
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.people import Person, acting_as
from jobs.runtime.core.presets import RunPreset
from tests.support.machine import Machine
from tests.support.pages import rows
from tests.support.processes import PROJECT

CASES = "n,name\n5,five\nx,odd\n30,thirty\n"


def talk(log: Path, said: Callable[[Client], Awaitable[Any]]) -> Any:
    """What comes of a talk with a server in a process of its own."""

    async def perform() -> Any:
        server = StdioServerParameters(
            command=sys.executable, args=["-m", "jobs", "mcp"], env=dict(os.environ), cwd=PROJECT
        )
        with log.open("w") as output:
            async with Client(stdio_client(server, errlog=output)) as asking:
                return await said(asking)

    return anyio.run(perform)


async def answer(asking: Client, tool: str, **given: Any) -> Any:
    """What a tool says, as data."""
    result = await asking.call_tool(tool, given)
    assert not result.is_error, result.content
    return result.structured_content


async def refusal(asking: Client, tool: str, **given: Any) -> str:
    """Why a tool refuses."""
    result = await asking.call_tool(tool, given)
    assert result.is_error
    return str(result.content[0].text)  # type: ignore[union-attr]


@pytest.mark.slow
def test_a_model_runs_a_table_from_end_to_end(machine: Machine, tmp_path: Path) -> None:
    async def said(asking: Client) -> Any:
        listed = await asking.list_tools()
        jobs = await answer(asking, "list_jobs")
        checked = await answer(asking, "check_table", job="factorial", table=CASES)
        started = await answer(
            asking, "start_run", job="factorial", table=CASES, table_name="/etc/n.csv", name="by hand"
        )
        ended = await answer(asking, "show_run", run=started["id"], wait=60)
        page = await answer(asking, "list_rows", run=started["id"], state="ok", limit=1)
        runs = await answer(asking, "list_runs", job="factorial")
        return listed, jobs, checked, ended, page, runs

    listed, jobs, checked, ended, page, runs = talk(tmp_path / "log", said)

    assert {tool.name for tool in listed.tools} == {tool.__name__ for tool in mcp_tools.TOOLS}
    assert all(tool.description and tool.input_schema["type"] == "object" for tool in listed.tools)
    assert "factorial" in [job["name"] for job in jobs["jobs"]]
    assert jobs.keys() == JobList.__required_keys__
    assert (checked["rows"], checked["column"], checked["invalid_count"]) == (3, "n", 1)
    assert (ended["state"], ended["ok"], ended["failed"], ended["name"]) == ("finished", 2, 1, "by hand")
    assert (page["rows"][0]["row"]["value"], page["rows"][0]["others"], page["next"]) == ("120", {"name": "five"}, 1)
    assert [run["id"] for run in runs["runs"]] == [ended["id"]]
    assert client.run(ended["id"]).table.source == "n.csv"
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_a_model_cancels_and_tries_again(machine: Machine, tmp_path: Path) -> None:
    async def said(asking: Client) -> Any:
        asked = {"job": "act", "items": ["sleep 60"], "pool": {"processes": 1, "threads": "auto"}, "key": "k"}
        started = await answer(asking, "start_run", **asked)
        again = await answer(asking, "start_run", **asked)
        await answer(asking, "cancel_run", run=started["id"])
        ended = await answer(asking, "show_run", run=started["id"], wait=60)
        refused = await refusal(asking, "cancel_run", run=started["id"])
        reopened = await answer(asking, "retry_run", run=started["id"], codes=["cancelled"])
        await answer(asking, "cancel_run", run=started["id"])
        return started, again, ended, refused, reopened

    started, again, ended, refused, reopened = talk(tmp_path / "log", said)

    assert started["id"] == again["id"]
    assert ended["state"] == "cancelled"
    assert "nothing to cancel" in refused
    assert reopened["cancelled"] == 0


@pytest.mark.slow
def test_a_model_has_results_looked_at_again_by_themselves(machine: Machine, tmp_path: Path) -> None:
    async def said(asking: Client) -> Any:
        run = (await answer(asking, "start_run", job="noop", items=["a", "b"]))["id"]
        await answer(asking, "show_run", run=run, wait=60)
        told = [{"where": "https://example.org/hook", "tell": "change:state", "sign": "{secret:HOOK}"}]
        given = {"name": "daily", "job": "noop", "run": run, "every": "1 d", "receivers": told}
        added = await answer(asking, "add_schedule", **given)
        again = await refusal(asking, "add_schedule", **given)
        await answer(asking, "pause_schedule", name="daily")
        begun = await answer(asking, "run_schedule", name="daily")
        listed = await answer(asking, "list_schedules")
        resumed = await answer(asking, "resume_schedule", name="daily")
        pathless = await refusal(asking, "add_schedule", name="b", job="noop", url="/etc/passwd", every="1 d")
        given |= {"name": "c", "receivers": [{"kind": "email", "where": "ann@example.org"}]}
        mailless = await refusal(asking, "add_schedule", **given)
        return mailless, added, again, begun, listed["schedules"], resumed, pathless

    mailless, added, again, begun, listed, resumed, pathless = talk(tmp_path / "log", said)

    assert (added["items"], added["enabled"]) == (2, True)
    assert added["receivers"] == [{"kind": "webhook", "where": "https://example.org/hook", "tell": "change:state"}]
    assert client.schedule("daily").receivers[0].key == "{secret:HOOK}"
    assert "no e-mail is sent from here" in mailless
    assert "already" in again
    assert begun["state"] == "due"
    assert [(one["name"], one["enabled"]) for one in listed] == [("daily", False)]
    assert resumed["enabled"] is True
    assert "want http:// or https://" in pathless


def test_a_model_is_told_what_is_wrong_as_a_person_is(machine: Machine, tmp_path: Path) -> None:
    async def said(asking: Client) -> Any:
        return [
            await refusal(asking, "start_run", job="nobody", items=["a"]),
            await refusal(asking, "start_run", job="noop"),
            await refusal(asking, "start_run", job="noop", items=["a"], params={"x": 1}),
            await refusal(asking, "start_run", job="noop", items=["a"], pool={"processes": 99}),
            await refusal(asking, "list_rows", run="0" * 32),
            await refusal(asking, "list_rows", run="../../etc/passwd"),
            await refusal(asking, "list_rows", run="0", limit=100_000),
            await refusal(asking, "start_run", job="noop", table="\x00", table_name="a.xlsx"),
        ]

    told = talk(tmp_path / "log", said)

    wanted = ("nobody", "in one way", "no param x", "too large", "no run 0000", "no such run", "<= 1000", "a.xlsx")
    for sentence, part in zip(told, wanted, strict=True):
        assert part in sentence
    assert client.count_runs() == 0


def test_of_presets_of_one_name_a_model_says_whose_it_means(machine: Machine) -> None:
    for owner, attempts in (("ann@example.org", 1), ("bob@example.org", 2)):
        with acting_as(Person(owner=owner)):
            client.save_preset(RunPreset(name="nightly", job="noop", how={"attempts": attempts}))

    with pytest.raises(Refused, match="nightly"):
        mcp_tools.start_run("noop", items=["a"], preset="nightly")
    run = mcp_tools.start_run("noop", items=["a"], preset="nightly", preset_owner="bob@example.org")

    assert client.run(run["id"]).limits.attempts == 2


def test_the_tools_are_told_in_the_page() -> None:
    assert set(rows("docs/api.md", "Tools for models")) == {tool.__name__ for tool in mcp_tools.TOOLS}


def test_without_the_package_a_sentence_has_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def missing(name: str, *given: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "mcp":
            raise ImportError(name)
        return imported(name, *given, **more)

    monkeypatch.setattr(builtins, "__import__", missing)

    with pytest.raises(Refused, match=r"pip install 'fanout-jobs\[mcp\]'"):
        mcp_tools.serve_tools()
