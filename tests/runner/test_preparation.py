"""A run's first step where the hooks of its job hang, raise or end their process; under a runner whose hooks have
fewer seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.core.records import Outcome, Run
from tests.support.machine import Machine
from tests.support.processes import run_python

Perform = Callable[..., tuple[Run, list[Outcome | None]]]


QUICK = """
from jobs.runtime.runner import loop, preparation, supervisor
preparation.ITEM_SECONDS, preparation.HOOK_SECONDS, supervisor.HOOK_SECONDS = 1.0, 4.0, 4.0
loop.main(["--idle", "0"])
"""


@pytest.fixture
def perform(machine: Machine) -> Perform:
    """Run items to the end, with hooks that have 1 s an item and 4 s in all."""

    def perform(cells: list[str], job: str = "stuck", **options: object) -> tuple[Run, list[Outcome | None]]:
        run = machine.submit_only(cells, job, **options)
        run_python("-c", QUICK)
        return client.run(run.id), [outcome for _, _, outcome in client.rows(run.id, 1, run.items)]

    return perform


@pytest.mark.slow
@pytest.mark.parametrize("hook", ["check", "group", "cost", "key"])
def test_x22_a_hook_that_hangs_for_one_item_is_that_items_failure(perform: Perform, hook: str) -> None:
    run, found = perform([*"abc", f"{hook} hang", *"defg"])

    assert run.state == "finished"
    assert [outcome and outcome.code for outcome in found] == ["", "", "", "timeout", "", "", "", ""]
    assert found[3] is not None
    assert found[3].error == f"the hook `{hook}` did not return within 1 s"


@pytest.mark.slow
@pytest.mark.parametrize("many", [2, 30])
def test_x22_a_hook_that_never_returns_fails_the_run_with_its_name(perform: Perform, many: int) -> None:
    run, _ = perform(["group hang"] * many)

    assert run.state == "failed"
    assert run.error.startswith("the hook `group` of stuck does not return: it hung for ")


@pytest.mark.slow
def test_x22_a_start_that_never_returns_fails_the_run_with_its_name(
    perform: Perform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "never.py").write_text(
        '"""A job that is never ready."""\nimport time\nfrom jobs import job\n\n'
        '@job(bound="io", ready=lambda: time.sleep(3600))\ndef never(text: str) -> str: return text\n'
    )
    monkeypatch.setenv("JOBS_PATH", str(tmp_path))
    run, _ = perform(["a"], "never")

    assert run.state == "failed"
    assert run.error == "the hook `ready` of never has not returned after 4 s"


def test_x22_what_a_hook_raises_is_told_with_its_name(perform: Perform) -> None:
    run, found = perform(["key raise", "group raise", "cost words", "a"])
    errors = [outcome.error for outcome in found if outcome is not None]

    assert run.state == "finished"
    assert errors[:2] == [
        "the hook `key` raised RuntimeError: no key",
        "the hook `group` raised RuntimeError: no group",
    ]
    assert errors[2].startswith("the hook `cost` raised ValueError: could not convert string to float")
    assert errors[3] == ""


def test_a_hook_that_ends_its_process_costs_its_item_alone(perform: Perform) -> None:
    run, found = perform([*"abc", "check leave", *"def"])

    assert run.state == "finished"
    assert [outcome and outcome.code for outcome in found] == ["", "", "", "worker_lost", "", "", ""]
