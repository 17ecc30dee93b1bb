"""Cancel, pause, resume, retry and delete as a person asks for them: typed, and pressed on the page of the run; in
every state, twice in a row, of a runner that really runs, and of one that is being killed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import pytest
from streamlit.testing.v1 import AppTest

from jobs.runtime import catalog, client
from jobs.runtime.cli import main
from jobs.runtime.core import settings
from jobs.runtime.core.errors import IllegalMove, UnknownRun
from jobs.runtime.core.records import Run
from jobs.runtime.store.connection import FILE
from tests.faults.killed import die_at
from tests.faults.test_kills import EXPECTED, ask_unheard, asked_while_the_runner_is_killed
from tests.support.machine import JOBS, Machine, until
from tests.support.processes import end_processes_of

RETRIES = ("retry_failed", "run_cancelled")
STATES = ("queued", "running", "paused", "cancelling", "finished", "failed", "cancelled")

SELDOM = ("queued", "failed")
"""Pressed in only where there is time: the others are as likely to go wrong."""

NO, GONE = "refused", "gone"
TYPED = {
    "cancel": ("cancelled", "cancelled", "cancelled", "cancelled", NO, NO, NO),
    "pause": ("paused", "paused", "paused", NO, NO, NO, NO),
    "resume": ("queued", "running", "running", NO, NO, NO, NO),
    "retry": (NO, NO, NO, NO, "running", "running", "running"),
    "delete": (NO, NO, NO, NO, GONE, GONE, GONE),
}
"""What a run is after each verb, by the state it was in."""

AGAIN_TOO = ("pause", "resume")
"""The verbs that say yes a second time, where they did at first: the run is as it was asked to be."""

OFFERED = {
    "queued": {"pause", "cancel"},
    "running": {"pause", "cancel"},
    "paused": {"resume", "cancel"},
    "cancelling": set[str](),
    "finished": {"retry", "retry these", "delete"},
    "failed": {"retry", "retry these", "delete"},
    "cancelled": {"retry", "retry these", "delete"},
}
"""What the page of a run offers in each state."""

CASES = [(verb, state, after) for verb, ends in TYPED.items() for state, after in zip(STATES, ends, strict=True)]
PRESSES = [
    pytest.param(verb, state, id=f"{verb} {state}", marks=[pytest.mark.slow] if state in SELDOM else [])
    for state, verbs in OFFERED.items()
    for verb in sorted(verbs)
]


@pytest.fixture(scope="module")
def long_lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """One machine for all tests of this module, whose runner works at one run at a time."""
    home = tmp_path_factory.mktemp("by hand") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOBS_HOME", str(home))
        patch.setenv("JOBS_PATH", str(JOBS))
        patch.setenv("JOBS_IDLE", "60")
        patch.setenv("JOBS_ACTIVE_RUNS", "1")
        yield Machine(home)
        end_processes_of(home)
    catalog.extend_path()


@pytest.fixture
def machine(long_lived: Machine) -> Iterator[Machine]:
    """The same, with nothing in work when a test has ended."""
    yield long_lived
    for run in client.runs(limit=50):
        if not run.state.terminal:
            with suppress(IllegalMove):
                client.cancel(run.id)


def run_in(machine: Machine, state: str) -> Run:
    """A run in this state that stays in it, one of whose items has failed if any has an outcome."""
    made: dict[str, Callable[[Machine], Run]] = {
        "queued": _queued,
        "running": _running,
        "paused": _paused,
        "cancelling": _cancelling,
        "finished": _finished,
        "failed": _failed,
        "cancelled": _cancelled,
    }
    run = client.run(made[state](machine).id)
    assert run.state == state
    return run


def _queued(machine: Machine) -> Run:
    _running(machine)
    return machine.submit(["sleep 600"] * 3)


def _running(machine: Machine) -> Run:
    run = machine.submit(["fail_first", "sleep 600", "sleep 600"])
    until(lambda: client.run(run.id).failed == 1 and len(client.progress(run.id).doing) == 2)
    return run


def _paused(machine: Machine) -> Run:
    run = _running(machine)
    client.pause(run.id)
    return run


def _cancelling(machine: Machine) -> Run:
    """No runner lives: the next one finds it half-way."""
    client.stop_runner()
    run = machine.submit_only(["sleep 600"] * 3)
    ask_unheard(machine, run, "cancel")
    die_at("while cancelling")
    return run


def _finished(machine: Machine) -> Run:
    return machine.finish(machine.submit(["ok", "fail_first", "fail_first"]))


def _failed(machine: Machine) -> Run:
    run = _finished(machine)
    with closing(sqlite3.connect(machine.home / FILE)) as db, db:
        db.execute("UPDATE runs SET state = 'failed', error = 'it could not go on' WHERE id = ?", (run.id,))
    return run


def _cancelled(machine: Machine) -> Run:
    run = _running(machine)
    client.cancel(run.id)
    return machine.finish(run)


def state_of(run: Run) -> str:
    try:
        return str(client.run(run.id).state)
    except UnknownRun:
        return GONE


def comes_into(run: Run, state: str) -> bool:
    """Whether a run comes into this state, and is in no other then."""
    until(lambda: state_of(run) == state)
    return True


@pytest.mark.slow
@pytest.mark.parametrize(("verb", "state", "after"), CASES, ids=[f"{verb} {state}" for verb, state, _ in CASES])
def test_typed_twice_in_every_state(
    machine: Machine, capsys: pytest.CaptureFixture[str], verb: str, state: str, after: str
) -> None:
    run = run_in(machine, state)
    first = main.main([verb, run.id])
    out, err = capsys.readouterr()

    assert first == (2 if after == NO else 0)
    assert (bool(out), err.count("\n")) == ((False, 1) if after == NO else (True, 0))
    assert "run is" in err or not err
    if state == "cancelling":
        machine.finish(run)
        return
    assert comes_into(run, state if after == NO else after)
    second = main.main([verb, run.id])
    out, err = capsys.readouterr()
    assert second == (0 if after != NO and verb in AGAIN_TOO else 2)
    assert (bool(out), err.count("\n")) == ((True, 0) if second == 0 else (False, 1))
    assert comes_into(run, state if after == NO else after)


def page_of(run: Run, tab: str = "Results") -> AppTest:
    app = AppTest.from_file(str(settings.PROJECT / "streamlit_app.py"), default_timeout=30)
    app.switch_page("jobs/ui/run/run.py")
    app.query_params["run"], app.query_params["tab"] = run.id, tab
    return shown(app.run())


def shown(app: AppTest) -> AppTest:
    assert [raised.message for raised in app.exception] == []
    return app


def offered(app: AppTest) -> set[str]:
    """What of the five verbs the page offers."""
    entries = {option.split(": ")[-1] for option in app.menu_button(key="more").options}
    buttons = {button.key for button in app.button if not button.disabled}
    found = {verb for verb in ("pause", "resume", "cancel") if verb in buttons}
    found |= {"retry"} if buttons & set(RETRIES) else set()
    found |= {"delete"} if "Delete" in entries else set()
    return found | ({"retry these"} if "retry_foreseen" in buttons else set())


def press(app: AppTest, verb: str) -> AppTest:
    """Press what a person presses for it."""
    if verb == "retry these":
        return shown(app.button(key="retry_foreseen").click().run())
    if verb in ("pause", "resume", "cancel"):
        return shown(app.button(key=verb).click().run())
    if verb == "retry":
        keys = [button.key for button in app.button]
        return shown(app.button(key=next(key for key in RETRIES if key in keys)).click().run())
    app.menu_button(key="more").set_value("Delete")  # AppTest runs the whole page, not the question alone
    return shown(app.button(key="delete").click().run())


def ready_to_press(app: AppTest, verb: str) -> AppTest:
    """The page, where it asks first: with its question open."""
    if verb == "delete":
        app.menu_button(key="more").set_value("Delete")
        app.run()
    return app


@pytest.mark.parametrize("state", STATES)
def test_the_page_offers_what_a_run_allows_and_nothing_else(machine: Machine, state: str) -> None:
    run = run_in(machine, state if state != "cancelling" else "finished")
    if state == "cancelling":  # it would not stay in it beside a runner
        with closing(sqlite3.connect(machine.home / FILE)) as db, db:
            db.execute("UPDATE runs SET state = 'cancelling' WHERE id = ?", (run.id,))

    assert offered(page_of(run, "Failures")) == OFFERED[state]
    assert state_of(run) == state


@pytest.mark.parametrize(("verb", "state"), PRESSES)
def test_pressed_in_one_tab_and_then_in_another(machine: Machine, verb: str, state: str) -> None:
    run = run_in(machine, state)
    one, other = (ready_to_press(page_of(run, "Failures"), verb) for _ in range(2))
    after = TYPED[verb.removesuffix(" these")][STATES.index(state)]
    press(one, verb)

    assert comes_into(run, after)
    told = press(other, verb)
    assert comes_into(run, after)
    said = "\n".join(text.value for text in told.text)
    circuit_breaker = {"cancel": "nothing to cancel", "retry": "wait until it has ended", "delete": "no run"}
    assert circuit_breaker.get(verb.removesuffix(" these"), "") in said


def type_it(verb: str, run: Run) -> None:
    assert main.main([verb, run.id]) == 0


def press_it(verb: str, run: Run) -> None:
    press(ready_to_press(page_of(run), verb), verb)


@pytest.mark.slow
@pytest.mark.parametrize("verb", EXPECTED)
@pytest.mark.parametrize("ask", [type_it, press_it], ids=["typed", "pressed"])
def test_asked_while_the_runner_is_killed(machine: Machine, ask: Callable[[str, Run], None], verb: str) -> None:
    asked_while_the_runner_is_killed(machine, verb, seed=21, ask=ask)
