"""What items print is kept with the item, however the attempt ends, and goes when its run goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.runtime import client
from jobs.runtime.core.printed import HEAD, MOST
from jobs.runtime.core.records import Run
from jobs.runtime.runner import print_buffer
from tests.support.machine import Machine, until

POOLS = pytest.mark.parametrize("pool", [(1, 1), (1, 4)], ids=["main thread", "threads"])


def printed(run: Run, position: int = 1) -> list[tuple[int, bool, str]]:
    return [(one.attempt, one.lost, one.printed.text) for one in client.printed(run.id, position)]


def perform(machine: Machine, *cells: str, **options: object) -> Run:
    return machine.finish(machine.submit(list(cells), "talk", **options))  # type: ignore[arg-type]


def log(machine: Machine) -> str:
    return "".join(path.read_text() for path in (machine.home / "workers").glob("*.log"))


def prints_files(machine: Machine) -> list[Path]:
    return list((machine.home / "workers").glob("*.prints"))


@POOLS
def test_streams_logging_and_warnings_are_kept_with_each_item(machine: Machine, pool: tuple[int, int]) -> None:
    run = perform(machine, "everywhere", "quiet", "everywhere", pool=pool)

    for position in (1, 3):
        ((attempt, lost, text),) = printed(run, position)
        assert (attempt, lost) == (1, False)
        assert text.splitlines()[:3] == ["on standard output", "on standard error", "logged"]
        assert text.count("UserWarning: warned") == 1
    assert printed(run, 2) == []
    assert "standard" not in log(machine)


def test_what_goes_through_streams_that_a_module_keeps_is_the_items_all_the_same(machine: Machine) -> None:
    run = perform(machine, "import a", "import b", pool=(1, 1))

    assert [printed(run, position) for position in (1, 2)] == [[(1, False, "a\n" * 3)], [(1, False, "b\n" * 3)]]


def test_threads_that_print_at_once_keep_theirs_apart(machine: Machine) -> None:
    run = perform(machine, *(f"lines item-{number} 200" for number in range(1, 33)), pool=(1, 16))

    for number in range(1, 33):
        assert printed(run, number) == [(1, False, "".join(f"item-{number} {line}\n" for line in range(200)))]


def test_of_a_huge_print_the_start_and_the_end_are_kept_and_the_cut_is_said(machine: Machine) -> None:
    run = perform(machine, "lines ä 30000")

    (one,) = client.printed(run.id, 1)
    head, cut, tail = one.printed.text.partition(f"\n[… {one.printed.size - MOST:,} bytes left out …]\n")
    whole = "".join(f"ä {line}\n" for line in range(30_000))
    assert (one.printed.size, len(one.printed.kept)) == (len(whole.encode()), MOST)
    assert cut
    assert whole.startswith(head)
    assert whole.endswith(tail)
    assert len(head.encode()) > HEAD - 4


def test_bytes_that_are_no_text_are_shown_as_escapes_and_colours_not_at_all(machine: Machine) -> None:
    run = perform(machine, "bytes")

    assert printed(run) == [(1, False, "plain \\xff\\xfe red \\x00end\n")]


@POOLS
def test_what_was_printed_before_a_sigkill_is_there(machine: Machine, pool: tuple[int, int]) -> None:
    run = perform(machine, "die last words", "quiet", pool=pool)

    assert machine.outcomes(run)[0].code == "worker_lost"
    assert {text for _, _, text in printed(run)} == {"last words"}
    assert {lost for _, lost, _ in printed(run)} == {True}
    assert {attempt for attempt, _, _ in printed(run)} == {1, 2, 3}


def test_what_was_printed_before_a_kill_from_outside_is_there_beside_the_next_attempt(machine: Machine) -> None:
    run = machine.submit(["wait here", "wait there"], "talk", pool=(1, 2))
    until(lambda: len(client.progress(run.id).doing) == 2)
    machine.workers()[0].kill()

    until(lambda: all(lost for position in (1, 2) for _, lost, _ in printed(run, position)[:1] or [(1, False, "")]))

    assert [printed(run, position)[0] for position in (1, 2)] == [(1, True, "here\n"), (1, True, "there\n")]
    client.cancel(run.id)


@POOLS
def test_what_was_printed_before_a_timeout_is_there(machine: Machine, pool: tuple[int, int]) -> None:
    run = perform(machine, "hang and wait", pool=pool, deadline=0.5)

    assert machine.outcomes(run)[0].code == "timeout"
    assert printed(run) == [(1, True, "and wait\n")]


@POOLS
def test_what_a_running_item_has_printed_is_there_as_far_as_it_has_come(
    machine: Machine, pool: tuple[int, int]
) -> None:
    run = machine.submit(["hang so far", "quiet"], "talk", pool=pool)

    until(lambda: printed(run) == [(1, False, "so far\n")])
    client.cancel(run.id)
    machine.finish(run)

    assert printed(run) == [(1, True, "so far\n")]
    assert printed(run, 2) == []


def test_what_was_printed_before_a_failure_and_each_try_is_there(machine: Machine) -> None:
    run = perform(machine, "fail here", "later x")

    assert printed(run, 1) == [(1, False, "here\n")]
    assert printed(run, 2) == [(1, False, "x 1\n"), (2, False, "x 2\n"), (3, False, "x 3\n")]


def test_what_was_printed_before_a_cancel_is_there(machine: Machine) -> None:
    run = machine.submit(["hang so far", "quiet"], "talk", pool=(1, 1))
    until(lambda: client.progress(run.id).doing)

    client.cancel(run.id)
    machine.finish(run)

    assert printed(run) == [(1, True, "so far\n")]


def test_what_was_printed_before_the_death_of_the_runner_is_there(machine: Machine) -> None:
    run = machine.submit(["say done", "hang so far"], "talk", pool=(1, 1))
    until(lambda: client.progress(run.id).doing and client.run(run.id).ok == 1)
    until(lambda: any(b"so far" in path.read_bytes() for path in prints_files(machine)))

    machine.kill_runner()
    client.ensure_runner()

    until(lambda: printed(run, 2) == [(1, True, "so far\n")])
    assert printed(run, 1) == [(1, False, "done\n")]
    client.cancel(run.id)


def test_of_a_duplicate_it_is_what_the_first_of_them_printed(machine: Machine) -> None:
    run = perform(machine, "same words", "same words", pool=(1, 1))

    assert machine.outcomes(run)[1].duplicate_of == 1
    assert printed(run, 2) == printed(run, 1) == [(1, False, "words\n")]
    assert "asked for its key: same words" in log(machine)


def test_what_a_thread_that_computes_prints_is_the_items(machine: Machine) -> None:
    run = perform(machine, "computed elsewhere")

    assert printed(run) == [(1, False, "elsewhere\n")]


def test_what_a_thread_of_the_jobs_own_prints_also_later_is_in_the_log(machine: Machine) -> None:
    run = perform(machine, "own words", pool=(1, 1))
    perform(machine, "say next", pool=(1, 1))

    assert printed(run) == [(1, False, "in the slot\n")]
    until(lambda: "afterwards: words" in log(machine))
    assert "in a thread: words" in log(machine)
    assert "in the slot" not in log(machine)


def test_what_children_and_c_code_print_is_in_the_log(machine: Machine) -> None:
    run = perform(machine, "forked words")

    assert printed(run) == [(1, False, "in the parent\n")]
    for line in ("in a child: words", "by another: words", "to the descriptor: words"):
        assert line in log(machine)


def test_an_item_cannot_close_what_others_print_to(machine: Machine) -> None:
    run = perform(machine, "close", "say after it", pool=(1, 1))

    assert [printed(run, position)[0][2] for position in (1, 2)] == ["still heard\n", "after it\n"]


def test_what_an_item_puts_in_the_place_of_standard_output_is_its_own_alone(machine: Machine) -> None:
    one = perform(machine, "replace", "say heard", pool=(1, 1))
    several = perform(machine, "replace", pool=(1, 2))
    after = perform(machine, "say heard", pool=(1, 2))

    assert printed(one, 1) == printed(several) == []
    assert printed(one, 2) == printed(after) == [(1, False, "heard\n")]


def test_prints_stay_over_a_retry_and_go_with_their_run(machine: Machine) -> None:
    run = perform(machine, "fail once")
    client.retry(run.id)
    machine.finish(run)
    assert printed(run) == [(1, False, "once\n"), (2, False, "once\n")]

    client.delete(run.id)

    until(lambda: machine.sql("SELECT count(*) FROM runs") == [(0,)])
    assert machine.sql("SELECT count(*) FROM printed") == [(0,)]


def test_a_repetition_has_only_what_it_printed_itself(machine: Machine) -> None:
    first = perform(machine, "say hello")

    again = machine.finish(client.again(first.id))

    assert printed(again) == [(1, False, "hello\n")]
    assert len(printed(first)) == 1


def test_the_files_of_workers_that_have_ended_are_removed(machine: Machine) -> None:
    perform(machine, "say a", "die b")
    workers = machine.workers()
    for worker in workers:
        worker.kill()

    until(lambda: prints_files(machine) == [])


def test_where_no_file_can_be_made_what_is_printed_still_comes_with_the_answer(machine: Machine) -> None:
    perform(machine, "quiet", pool=(1, 1))
    (worker,) = machine.workers()
    (machine.home / "workers" / f"talk-{worker.pid}.prints").mkdir()

    run = perform(machine, "say a", pool=(1, 1))

    assert machine.outcomes(run)[0].worker == worker.pid
    assert printed(run) == [(1, False, "a\n")]


def test_of_a_run_that_prints_very_much_no_more_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(print_buffer, "MOST_OF_RUN", 10)
    buffer = print_buffer.PrintBuffer(1)
    entry = print_buffer.Entry(position=1, cell="x", group="")

    told = [buffer.keep(entry, print_buffer.Printed(b"12345", 5)) for _ in range(4)]

    assert [bool(sentence) for sentence in told] == [False, False, True, False]
    assert told[2] == "its items have printed 10 bytes: what others print is not kept"
