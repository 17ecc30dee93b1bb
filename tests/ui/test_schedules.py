"""The page Schedules: what begins by itself, and another one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from jobs.runtime import client
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.receivers import DeliveryAttempt, Receiver, ReceiverKind, TellRule
from jobs.runtime.core.records import RunState
from jobs.runtime.core.recurrence import cron_line, every
from jobs.runtime.core.schedules import Firing, FiringState, ItemsSource, RunSchedule, SourceKind
from jobs.runtime.store import schedules as schedules_table
from jobs.runtime.store import tellings
from tests.ui.conftest import HOSTILE, Open, Stage, badges, checked, marked_up, plain, texts


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "numbers.csv"
    path.write_text("n\n5\n6\n", "utf-8")
    return path


def saved(
    table: Path, name: str = "nightly", *, enabled: bool = True, receivers: tuple[Receiver, ...] = ()
) -> RunSchedule:
    return client.save_schedule(
        RunSchedule(
            name=name,
            owner="admin",
            settings=RunPreset(name="", job="factorial"),
            source=ItemsSource(kind=SourceKind.FILE, where=str(table)),
            recurrence=cron_line("30 2 * * *", "Europe/Berlin"),
            enabled=enabled,
            receivers=receivers,
        )
    )


def captions(app: AppTest) -> str:
    return plain("\n".join(str(entry.value) for entry in app.caption))


def typed(app: AppTest, **given: str) -> AppTest:
    """The form with these fields filled."""
    for field, text in given.items():
        app.text_input(key=f"schedule_{field}:{app.session_state['schedule_turn']}").set_value(text)
    return checked(app.run())


def told(app: AppTest, place: int, **given: str) -> AppTest:
    """The line of the receiver at this place with these fields filled."""
    for field, text in given.items():
        turn = app.session_state["schedule_turn"]
        app.text_input(key=f"schedule_{field}:{turn}:{place}").set_value(text)
        app = checked(app.run())
    return app


def test_a_page_without_schedules_says_so(visit: Open, stage: Stage) -> None:
    app = visit("schedules")

    assert texts(app).startswith("Nothing begins by itself yet.")
    assert app.button(key="save_schedule").disabled


def test_a_schedule_tells_when_it_comes_and_what_became_of_the_last_times(
    visit: Open, stage: Stage, table: Path
) -> None:
    number = saved(table).number
    run = stage.run(name="nightly")
    with stage.store.write() as db:
        first = Firing(schedule=number, due=1e9, at=1e9, state=FiringState.SUBMITTED, run=run.id)
        schedules_table.note(db, first)
        said = "Left out: run 1a2b is still at work."
        schedules_table.note(db, Firing(schedule=number, due=2e9, at=2e9, state=FiringState.SKIPPED, said=said))

    app = visit("schedules")

    assert f"Factorial · {table} · 30 2 * * * (Europe/Berlin)" in texts(app)
    assert captions(app).count(" 02:30 +0") == 5
    assert "Left out: run 1a2b is still at work." in captions(app)
    assert any(run.id[:6] in plain(link.proto.label) for link in app.get("page_link"))


def test_what_changed_between_the_last_two_finished_runs_is_a_link_away(visit: Open, stage: Stage, table: Path) -> None:
    number = saved(table).number
    first, broken, second = stage.run(), stage.run(state=RunState.FAILED), stage.run()
    for due, run in enumerate((first, broken, second), start=1):
        with stage.store.write() as db:
            firing = Firing(schedule=number, due=due, at=due, state=FiringState.SUBMITTED, run=run.id)
            schedules_table.note(db, firing)

    links = [link.proto for link in visit("schedules").get("page_link")]

    (changed,) = [link for link in links if link.label == "What changed"]
    assert changed.query_string == f"runs={first.id}%2C{second.id}"


def test_of_many_some_are_shown_and_the_others_found(visit: Open, stage: Stage, table: Path) -> None:
    for place in range(27):
        saved(table, f"Schedule {place:02d}", enabled=False)

    app = visit("schedules")
    shown = captions(app)
    app.text_input(key="schedules_like").set_value("schedule 26")
    app = checked(app.run())

    assert "25 of 27 schedules" in shown
    assert "1 of 27 schedules" in captions(app)
    assert "Schedule 26" in texts(app)


def test_it_is_paused_resumed_begun_and_removed(visit: Open, stage: Stage, table: Path) -> None:
    number = saved(table).number
    app = visit("schedules")

    app.button(key=f"pause_{number}").click()
    checked(app.run())
    paused = client.schedule("nightly").enabled, "Paused" in badges(app)
    app.button(key=f"resume_{number}").click()
    app = checked(app.run())
    resumed = client.schedule("nightly").enabled
    app.button(key=f"run_now_{number}").click()
    app = checked(app.run())
    due = client.firings("nightly")
    app.button(key=f"run_now_{number}").click()
    app = checked(app.run())
    refusal = texts(app)
    app.button(key=f"remove_it_{number}").click()
    checked(app.run())

    assert (paused, resumed) == ((False, True), True)
    assert [one.state for one in due] == [FiringState.DUE]
    assert "still at work" in refusal
    assert client.schedules() == []


def test_one_that_cannot_begin_a_run_says_why(visit: Open, stage: Stage, table: Path) -> None:
    saved(table)
    table.unlink()

    app = visit("schedules")

    assert "Broken" in badges(app)
    assert "It cannot begin a run:" in texts(app)


def test_another_is_added_from_a_preset_with_its_next_times_shown_before(visit: Open, stage: Stage) -> None:
    client.save_preset(RunPreset(name="mine", job="factorial", params={"engine": "python"}))
    app = visit("schedules")

    app = typed(app, name="weekly", where="https://example.org/n.csv", cron="0 6 * * 1", zone="Asia/Tokyo")
    shown = captions(app)
    app.button(key="save_schedule").click()
    app = checked(app.run())

    assert shown.count(" 06:00 +09:00") == 5
    (kept,) = client.schedules()
    assert (kept.name, kept.preset, kept.job, kept.on_page) == ("weekly", "mine", "factorial", True)
    assert kept.source == ItemsSource(kind=SourceKind.URL, where="https://example.org/n.csv")
    assert "weekly" in texts(app)


def test_whom_it_tells_is_said_in_the_form_and_on_its_card(visit: Open, stage: Stage) -> None:
    app = typed(visit("schedules"), name="w", where="https://example.org/n.csv")
    app = told(app, 0, whom="https://example.org/hook")
    app.selectbox(key="schedule_rule:0:0").set_value(TellRule.CHANGE)
    app = told(checked(app.run()), 0, column="digits", key="swordfish")
    app.button(key="save_schedule").click()
    app = checked(app.run())
    refusal, kept = texts(app), client.schedules()
    app = told(told(app, 0, key="{secret:KEY}"), 1, whom="https://example.org/other")
    app.button(key="save_schedule").click()
    app = checked(app.run())

    assert (kept, "is kept by its name alone" in refusal, "swordfish" in refusal) == ([], True, False)
    first, other = client.schedules()[0].receivers
    assert (first.where, first.spoken, first.key) == ("https://example.org/hook", "change:digits", "{secret:KEY}")
    assert (other.where, other.spoken, other.key) == ("https://example.org/other", "always", "")
    assert "tells https://example.org/hook (change:digits), https://example.org/other (always)" in texts(app)


def test_an_address_is_refused_where_no_e_mail_is_sent_and_kept_where_it_is(
    visit: Open, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = typed(visit("schedules"), name="w", where="https://example.org/n.csv")
    app.selectbox(key="schedule_tell:0:0").set_value(ReceiverKind.EMAIL)
    app = told(checked(app.run()), 0, whom="ann@example.org")
    app.button(key="save_schedule").click()
    app = checked(app.run())
    refusal, kept = texts(app), client.schedules()
    monkeypatch.setenv("JOBS_SMTP", "mail.example.org")
    monkeypatch.setenv("JOBS_SMTP_FROM", "jobs@example.org")
    app.button(key="save_schedule").click()
    app = checked(app.run())

    assert ("no e-mail is sent from here" in refusal, kept) == (True, [])
    assert client.schedules()[0].receivers == (Receiver(kind=ReceiverKind.EMAIL, where="ann@example.org"),)
    assert "tells ann@example.org (always)" in texts(app)


def test_who_was_not_told_is_said(visit: Open, stage: Stage, table: Path) -> None:
    schedule = saved(table, receivers=(Receiver(kind=ReceiverKind.WEBHOOK, where="https://example.org/hook"),))
    with stage.store.write() as db:
        firing = Firing(schedule=schedule.number, due=1e9, at=1e9, state=FiringState.DUE)
        schedules_table.note(db, firing)
        schedules_table.settle(db, firing, FiringState.FAILED, said="gone")
        (telling,) = tellings.waiting(db, 2e9, 9)
        tellings.note_failed(db, telling, DeliveryAttempt(at=1e9, why="it answered 500"), until=2e9, most=6)
    tried = captions(visit("schedules"))
    with stage.store.write() as db:
        (telling,) = tellings.waiting(db, 2e9, 9)
        tellings.note_failed(db, telling, DeliveryAttempt(at=1e9, why="it answered 502"), until=2e9, most=2)

    assert "https://example.org/hook was not told (it is tried again): it answered 500" in tried
    assert "https://example.org/hook was not told (given up): it answered 502" in captions(visit("schedules"))


def test_what_cannot_be_is_said_and_not_saved(visit: Open, stage: Stage, table: Path) -> None:
    app = typed(visit("schedules"), name="x", where="ftp://example.org/n.csv", zone="Mars/Olympus")
    wrong_zone = texts(app), app.button(key="save_schedule").disabled
    app = typed(app, zone="UTC")
    app.button(key="save_schedule").click()
    app = checked(app.run())
    wrong_url = texts(app)
    app.selectbox(key="schedule_kind:0").set_value(SourceKind.FILE)
    app = typed(checked(app.run()), where=str(table))
    app.button(key="save_schedule").click()
    app = checked(app.run())

    assert ("there is no time zone 'Mars/Olympus'" in wrong_zone[0], wrong_zone[1]) == (True, True)
    assert "is no URL of a table" in wrong_url
    assert "JOBS_FILES names: none yet" in texts(app)
    assert client.schedules() == []


def test_what_people_have_written_is_shown_as_it_stands(visit: Open, stage: Stage, table: Path) -> None:
    number = saved(table, HOSTILE[:100]).number
    with stage.store.write() as db:
        said = Firing(schedule=number, due=1e9, at=1e9, state=FiringState.FAILED, said=HOSTILE)
        schedules_table.note(db, said)
    client.save_schedule(
        RunSchedule(
            name="b",
            owner="admin",
            settings=RunPreset(name="", job="factorial"),
            source=ItemsSource(kind=SourceKind.URL, where="https://example.org/" + HOSTILE),
            recurrence=every("1 d", time.time()),
        )
    )

    app = visit("schedules")

    drawn = marked_up(app)
    assert not any(active in drawn for active in ("<script", "[x](", ":material/home:", "https://rec", "**b**"))


def test_a_run_names_its_schedule_among_its_settings(stage: Stage) -> None:
    from jobs.runtime import overview

    run = stage.run()
    with stage.store.write() as db:
        db.execute("UPDATE runs SET schedule = 'nightly' WHERE id = ?", (run.id,))

    assert ("Schedule", "nightly", "which began it by itself") in overview.run_settings(client.run(run.id))
