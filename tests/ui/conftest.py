"""A stage for the pages: a store with runs in any state, and a test that plays the runner, so that nothing moves."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from jobs.runtime import catalog, client
from jobs.runtime.core.records import Event, Item, ItemState, Run, RunState, Table
from jobs.runtime.home import runner_lock
from jobs.runtime.store import events as event_log
from jobs.runtime.store import items, outcomes, runs
from jobs.runtime.store.connection import Store
from jobs.ui.run import live_look
from tests.support.processes import play_the_runner

PROJECT = Path(__file__).resolve().parents[2]
BEGAN = time.time() - 60
HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) ![](http://rec.invalid/) "
    ":material/home: :red[y] $x$ https://rec.invalid/ www.rec.invalid a@rec.invalid **b** `c`"
)


LONG_LOG = [Event(at=BEGAN + 5.0, kind="hold", text="waits")] * 600
"""More lines than are shown of a log."""


class Stage:
    """A store to put runs into, in any state."""

    def __init__(self, home: Path) -> None:
        self.store = Store(home)
        self.presence = runner_lock.RunnerLock(home)

    def play_the_runner(self) -> None:
        """Be the live runner of this home, one that does nothing."""
        play_the_runner(self.store, self.presence)

    def run(
        self,
        job: str = "factorial",
        cells: Sequence[str] = ("5", "6", "7"),
        *,
        state: RunState = RunState.FINISHED,
        failed: dict[int, tuple[str, str]] | None = None,
        done: int | None = None,
        row: dict[str, Any] | None = None,
        name: str = "",
        table: Table | None = None,
        others: Sequence[str] = (),
        error: str = "",
        params: dict[str, Any] | None = None,
    ) -> Run:
        """A run in this state, of which the first `done` items have an outcome; `failed` gives code and sentence."""
        pool, limits = client.defaults(job)
        run = Run(
            id=secrets.token_hex(16),
            job=job,
            name=name,
            state=RunState.SUBMITTING,
            items=0,
            pool=pool,
            limits=limits,
            table=table or Table(item_column=catalog.find().job(job).item_name),
            columns=client.columns(job, params or {}),
            submitted_at=BEGAN,
        )
        with self.store.write() as db:
            number = runs.add(db, run, runs.JobTraits())
            items.add(db, number, 1, [Item(cell=cell, others=tuple(others)) for cell in cells])
            runs.queue(db, number, items=len(cells), sample=False, at=BEGAN)
            event_log.log(db, number, Event(at=BEGAN, kind="submitted", text=f"{len(cells)} items submitted"))
            if state is not RunState.QUEUED:
                runs.move(db, number, RunState.RUNNING)
            done = (len(cells) if state.terminal else 0) if done is None else done
            new = [_outcome(position, (failed or {}).get(position), row or {}) for position in range(1, done + 1)]
            outcomes.add(db, number, new, duplicates=False)
            if state is RunState.CANCELLED:
                runs.move(db, number, RunState.CANCELLING)
                runs.change(db, number, cancel_seconds=0.4)
            if state not in (RunState.QUEUED, RunState.RUNNING):
                runs.move(db, number, state)
            if state.terminal:
                runs.change(db, number, ended_at=BEGAN + 10.0, error=error)
            if state is RunState.PAUSED:
                runs.change(db, number, paused_since=BEGAN + 5.0)
            return runs.get(db, number).run

    def finish(self, run: Run, row: dict[str, Any]) -> None:
        """Give each item of a run that was submitted this row, and end it."""
        with self.store.write() as db:
            number = runs.find(db, run.id).number
            runs.move(db, number, RunState.RUNNING)
            new = [_outcome(position, None, row) for position in range(1, run.items + 1)]
            outcomes.add(db, number, new, duplicates=False)
            runs.move(db, number, RunState.FINISHED)
            runs.change(db, number, ended_at=BEGAN + 10.0)

    def log(self, run: Run, *events: Event) -> None:
        """Lines of the log of a run, in this order."""
        with self.store.write() as db:
            number = runs.find(db, run.id).number
            for event in events:
                event_log.log(db, number, event)

    def delete(self, run: Run) -> None:
        """A run deleted, as in another tab."""
        with self.store.write() as db:
            number = runs.find(db, run.id).number
            while items.remove(db, number, 1_000):
                pass
            runs.delete_row(db, number)

    def live(self, run: Run, **facts: Any) -> None:
        """What the runner says of a run that goes on."""
        with self.store.write() as db:
            runs.change(db, runs.find(db, run.id).number, live=json.dumps(facts))


def _outcome(position: int, failure: tuple[str, str] | None, row: dict[str, Any]) -> outcomes.OutcomeRow:
    code, error = failure or ("", "")
    return outcomes.OutcomeRow(
        position=position,
        state=ItemState.FAILED if failure else ItemState.OK,
        code=code,
        error=error,
        detail="",
        row=None if failure else json.dumps(row, ensure_ascii=False),  # as the workers write it
        attempts=1,
        worker=4711,
        slot=1,
        waited=0.5,
        started_at=BEGAN + position,
        seconds=1.0,
        cpu=0.25,
    )


@pytest.fixture(autouse=True)
def looks_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is drawn as a whole shows what a test has changed a moment ago."""
    monkeypatch.setattr(live_look, "SHARED", 0.0)


@pytest.fixture
def stage(home: Path) -> Iterator[Stage]:
    """The store of this test, with no runner but the test itself."""
    here = Stage(home)
    here.play_the_runner()
    yield here
    here.presence.leave()


Open = Callable[..., AppTest]


@pytest.fixture
def new_run(home: Path) -> Open:
    """Open New run, with an address: `new_run(job="factorial")`."""

    def visit(**query: str) -> AppTest:
        app = AppTest.from_file(str(PROJECT / "streamlit_app.py"), default_timeout=30)
        for name, value in query.items():
            app.query_params[name] = value
        return checked(app.run())

    return visit


@pytest.fixture
def visit(home: Path) -> Open:
    """Open another page: `visit("run", run=ID, tab="Log")`."""

    def open_page(page: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(PROJECT / "streamlit_app.py"), default_timeout=30)
        app.switch_page(f"jobs/ui/{page}/{page}.py")
        for name, value in query.items():
            app.query_params[name] = value
        return checked(app.run())

    return open_page


def checked(app: AppTest) -> AppTest:
    """The page, if it raised nothing."""
    assert [entry.message for entry in app.exception] == []
    return app


def texts(app: AppTest) -> str:
    """All that stands on the page as plain text."""
    return "\n".join(str(entry.value) for entry in app.text)


def badges(app: AppTest) -> str:
    """All badges (they are Markdown), without the marks that keep text literal."""
    return plain("\n".join(str(entry.value) for entry in app.markdown))


def plain(text: str) -> str:
    """Markdown that `words.literal` made, as a person sees it."""
    return text.replace("\u2060", "").replace("\\", "")


def marked_up(app: AppTest) -> str:
    """Everything of the page that Streamlit renders as Markdown."""
    elements = [
        *app.markdown,
        *app.caption,
        *app.header,
        *app.title,
        *app.subheader,
        *app.error,
        *app.warning,
        *app.info,
    ]
    labels = [getattr(entry, "label", "") for entry in [*app.button, *app.download_button, *app.expander, *app.metric]]
    helps = [
        str(getattr(entry, "help", "")) for entry in [*app.button, *app.metric, *app.text_input, *app.number_input]
    ]
    return "\n".join([*(str(entry.value) for entry in elements), *map(str, labels), *helps])
