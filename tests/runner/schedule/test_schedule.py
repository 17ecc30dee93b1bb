"""The schedule and the paces: pure, so time is a number that the tests move."""

from __future__ import annotations

from collections import Counter
from typing import Any

import hypothesis.strategies as st
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from jobs.runtime.core.pace_report import PaceReport
from jobs.runtime.core.records import Limits
from jobs.runtime.runner.schedule.entry import Entry
from jobs.runtime.runner.schedule.pacing import GOOD_IN_A_ROW, Groups
from jobs.runtime.runner.schedule.schedule import Schedule


def limits(at_once: int | None = None, pause: float = 0.0) -> Limits:
    return Limits(attempts=3, deadline=None, at_once=at_once, pause=pause)


def new(at_once: int | None = None, pause: float = 0.0, groups: Groups | None = None) -> Schedule:
    return Schedule(groups or Groups(jitter=lambda: 1.0), limits(at_once, pause))


def entries(*groups: str) -> list[Entry]:
    return [Entry(position=position, cell="", group=group) for position, group in enumerate(groups, 1)]


def taken(schedule: Schedule, now: float) -> list[int]:
    found = []
    while (entry := schedule.take(now)) is not None:
        found.append(entry.position)
    return found


def test_items_without_a_group_start_at_once_in_order() -> None:
    schedule = new(at_once=1, pause=9)
    schedule.add(entries("", "", ""))

    assert taken(schedule, 0) == [1, 2, 3]
    assert len(schedule) == 0


def test_a_group_starts_no_more_than_it_allows_at_once() -> None:
    schedule = new(at_once=2)
    waiting = entries("a", "a", "a", "b")
    schedule.add(waiting)

    assert taken(schedule, 0) == [1, 4, 2]
    schedule.end(waiting[0], 1)
    assert taken(schedule, 1) == [3]


def test_a_group_pauses_between_two_starts_and_others_go_on() -> None:
    schedule = new(pause=2)
    waiting = entries("a", "a", "b", "b")
    schedule.add(waiting)

    assert taken(schedule, 0) == [1, 3]
    for index in (0, 2):
        schedule.end(waiting[index], 1)
    assert taken(schedule, 1) == []
    assert schedule.next_time() == 2
    assert taken(schedule, 1.9) == []
    assert taken(schedule, 2) == [2, 4]


def test_an_item_for_later_waits_until_it_is_due() -> None:
    schedule = new()
    (entry,) = entries("a")
    schedule.add([entry])
    schedule.take(0)
    schedule.later(entry, due=5, now=1)

    assert (taken(schedule, 4.9), schedule.next_time()) == ([], 5)
    assert taken(schedule, 5) == [1]
    assert entry.since == 5


def test_what_comes_back_without_blame_goes_first() -> None:
    schedule = new(at_once=1)
    waiting = entries("a", "a")
    schedule.add(waiting)
    schedule.take(0)
    schedule.back(waiting[0], 1)

    assert taken(schedule, 1) == [1]


def test_a_hold_keeps_a_group_and_halves_what_it_may_do_at_once() -> None:
    groups = Groups(jitter=lambda: 1.0)
    schedule = new(at_once=4, groups=groups)
    schedule.add(entries(*"aaaa", "b"))
    news = groups.report("a", PaceReport(hold=12, why="Retry-After"), schedule.limits, 0)

    assert news == "asked us to wait 12 s (Retry-After)"
    assert taken(schedule, 1) == [5]
    assert groups.holds(2) == [("a", 10, "Retry-After")]
    assert taken(schedule, 12) == [1, 2]


def test_good_answers_give_a_group_its_width_back() -> None:
    groups = Groups(jitter=lambda: 1.0)
    limit = limits(at_once=4)
    groups.report("a", PaceReport(hold=1), limit, 0)
    for _ in range(GOOD_IN_A_ROW):
        groups.report("a", PaceReport(latency=0.1), limit, 2)

    assert groups.at_once(groups.paces["a"], limit) == 3


def test_the_delay_follows_latency_and_an_error_never_lowers_it() -> None:
    groups = Groups(jitter=lambda: 1.0)
    limit = limits(at_once=2, pause=0.25)
    groups.report("a", PaceReport(latency=4.0), limit, 0)
    slow = groups.pause(groups.paces["a"], limit)
    groups.report("a", PaceReport(latency=0.01, error=True), limit, 0)
    after_error = groups.pause(groups.paces["a"], limit)
    for _ in range(20):
        groups.report("a", PaceReport(latency=0.01), limit, 0)

    assert (slow, after_error) == (2.0, 2.0)
    assert groups.pause(groups.paces["a"], limit) == 0.25


def test_a_group_that_answers_faster_again_is_looked_at_sooner() -> None:
    groups = Groups(jitter=lambda: 1.0)
    schedule = new(at_once=2, pause=1, groups=groups)
    first, second, _ = waiting = entries(*"aaa")
    schedule.add(waiting)
    groups.report("a", PaceReport(latency=16.0), schedule.limits, 0)
    groups.end("a", 0)
    assert (schedule.take(0), schedule.take(8), schedule.take(8)) == (first, second, None)
    schedule.end(first, 8)
    assert (schedule.take(8), schedule.next_time()) == (None, 16)
    groups.report("a", PaceReport(latency=0.0), schedule.limits, 9)
    schedule.end(second, 9)

    assert taken(schedule, 11) == []
    assert taken(schedule, 12) == [3]


def test_a_pause_of_zero_is_no_pause_and_no_throttling_but_a_hold_still_holds() -> None:
    groups = Groups(jitter=lambda: 1.0)
    schedule = new(pause=0, groups=groups)
    groups.report("a", PaceReport(latency=9.0, pause=10.0), schedule.limits, 0)
    schedule.add(entries("a", "a"))

    assert taken(schedule, 0) == [1, 2]
    groups.report("a", PaceReport(hold=5), schedule.limits, 0)
    schedule.add(entries("a"))
    assert taken(schedule, 1) == []


def test_a_crawl_delay_is_kept_and_capped() -> None:
    groups = Groups(jitter=lambda: 1.0)
    groups.report("a", PaceReport(pause=999.0, why="Crawl-delay"), limits(pause=0.25), 0)

    assert groups.pause(groups.paces["a"], limits(pause=0.25)) == 30


def test_where_pauses_are_kept_the_first_of_a_group_goes_alone() -> None:
    gentle, quick = new(at_once=3, pause=0.5), new(at_once=3)
    waiting = entries("a", "a", "a")
    gentle.add(waiting)
    quick.add(entries("a", "a", "a"))

    assert taken(quick, 0) == [1, 2, 3]
    assert (taken(gentle, 0), taken(gentle, 9)) == ([1], [])
    gentle.end(waiting[0], 9)
    assert (taken(gentle, 9), taken(gentle, 9.5)) == ([2], [3])


def test_a_crawl_delay_counts_from_the_request_not_from_the_turn() -> None:
    groups = Groups(jitter=lambda: 1.0)
    schedule = new(at_once=2, pause=0.25, groups=groups)
    waiting = entries("a", "a")
    schedule.add(waiting)
    schedule.take(0)
    groups.report("a", PaceReport(pause=2.0, latency=0.5), schedule.limits, 3)
    schedule.end(waiting[0], 3)

    assert taken(schedule, 4.4) == []
    assert taken(schedule, 4.5) == [2]


def test_runs_of_one_job_share_the_width_of_a_group() -> None:
    groups = Groups(jitter=lambda: 1.0)
    first, second = new(at_once=1, groups=groups), new(at_once=1, groups=groups)
    (one,), (two,) = entries("a"), entries("a")
    first.add([one])
    second.add([two])

    assert first.take(0) is one
    assert second.take(0) is None
    first.end(one, 1)
    assert second.take(1) is two


def test_a_hundred_thousand_groups_do_not_stay_in_memory() -> None:
    schedule = new(at_once=1, pause=0.25)
    now = 0.0
    for number in range(100_000):
        now += 0.01
        entry = Entry(position=number, cell="", group=f"host-{number}")
        schedule.add([entry])
        assert schedule.take(now) is entry
        schedule.end(entry, now)

    assert len(schedule.groups.paces) < 25_000


GROUPS = ("a", "b", "c")
SAID = st.fixed_dictionaries(
    {},
    optional={
        "latency": st.sampled_from([0.0, 0.5, 8.0]),
        "error": st.booleans(),
        "hold": st.floats(0, 6),
        "pause": st.floats(0, 6),
        "close": st.just("host_down"),
        "origin": st.sampled_from(["", *(f"https://{group}:443" for group in GROUPS)]),
    },
)


class SchedulePromises(RuleBasedStateMachine):
    """Two runs of one job, one with a pause and one without: whatever is reported and whatever happens to the items, no
    group exceeds its width or breaks its pause, nothing is lost, and nothing waits that may start."""

    def __init__(self) -> None:
        super().__init__()
        self.groups = Groups(jitter=lambda: 1.0)
        self.schedules = [Schedule(self.groups, limits(2, 1.0)), Schedule(self.groups, limits(3, 0.0))]
        self.now = 0.0
        self.out: list[tuple[int, Entry]] = []
        self.known = [0, 0]
        self.ended = [0, 0]
        self.started: dict[str, float] = {}

    @rule(which=st.sampled_from([0, 1]), group=st.sampled_from(["", *GROUPS]), number=st.integers(1, 4))
    def add(self, which: int, group: str, number: int) -> None:
        first = self.known[which]
        self.schedules[which].add(Entry(position=first + index, cell="", group=group) for index in range(number))
        self.known[which] += number

    @rule(which=st.sampled_from([0, 1]))
    def take_one(self, which: int) -> None:
        schedule = self.schedules[which]
        entry = schedule.take(self.now)
        self.count_closed()
        if entry is None:
            self.nothing_waits_that_may_start(schedule)
            return
        self.out.append((which, entry))
        if entry.group:
            self.keeps_its_pause(schedule, entry.group)
            self.started[entry.group] = self.now

    @rule(which=st.sampled_from([0, 1]))
    def take_all(self, which: int) -> None:
        before = -1
        while before != len(self.out):
            before = len(self.out)
            self.take_one(which)

    @rule(seconds=st.floats(0.01, 3.0))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def wait_until_something_may_start(self) -> None:
        times = [at for schedule in self.schedules if (at := schedule.next_time()) is not None]
        self.now = max([self.now, *times])

    @precondition(lambda self: self.out)
    @rule(index=st.integers(0, 50), way=st.sampled_from(["end", "back", "later", "move"]), said=SAID)
    def answer(self, index: int, way: str, said: dict[str, Any]) -> None:
        which, entry = self.out.pop(index % len(self.out))
        schedule = self.schedules[which]
        if entry.group:
            report = PaceReport(**said)
            self.groups.report(entry.group, report, schedule.limits, self.now)
            if report.close:
                schedule.unreachable(entry, report)
            elif report.latency is not None:
                schedule.answered(entry)
        if way == "end":
            schedule.end(entry, self.now)
            self.ended[which] += 1
        elif way == "back":
            schedule.back(entry, self.now)
        elif way == "later":
            schedule.later(entry, self.now + 1.5, self.now)
        else:
            schedule.move(entry, "c", self.now)
        self.count_closed()

    @rule()
    def retry(self) -> None:
        for schedule in self.schedules:
            schedule.try_again()

    @invariant()
    def no_group_exceeds_its_width(self) -> None:
        counts = Counter((which, entry.group) for which, entry in self.out if entry.group)
        assert all(counts[0, group] <= 2 and counts[1, group] <= 3 for group in GROUPS)
        assert all(counts[0, group] + counts[1, group] <= 3 for group in GROUPS)

    @invariant()
    def nothing_is_lost(self) -> None:
        for which, schedule in enumerate(self.schedules):
            out = sum(of == which for of, _ in self.out)
            assert len(schedule) + out + self.ended[which] == self.known[which]

    def count_closed(self) -> None:
        for which, schedule in enumerate(self.schedules):
            self.ended[which] += len(schedule.ended)
            schedule.ended.clear()

    def keeps_its_pause(self, schedule: Schedule, group: str) -> None:
        pace = self.groups.paces[group]
        assert self.now >= pace.hold_until
        if schedule.limits.pause:
            rest = max(schedule.limits.pause, pace.delay, pace.crawl_delay)
            assert self.now >= self.started.get(group, float("-inf")) + rest

    def nothing_waits_that_may_start(self, schedule: Schedule) -> None:
        for group in GROUPS:
            at = self.groups.allowed_at(group, schedule.limits, self.now)
            if schedule.queued(group) > schedule.outages.count(group) and at is not None:
                following = schedule.next_time()
                assert at > self.now
                assert following is not None
                assert following <= at

    def teardown(self) -> None:
        """Left alone, with every item ending at once, everything is done."""
        for _ in range(20 * (sum(self.known) + 1)):
            for which, entry in self.out:
                self.schedules[which].end(entry, self.now)
                self.ended[which] += 1
            self.out.clear()
            self.take_all(0)
            self.take_all(1)
            times = [at for schedule in self.schedules if (at := schedule.next_time()) is not None]
            if not self.out and not any(len(schedule) for schedule in self.schedules):
                return
            if not self.out:
                assert times, "items wait, nothing is out, and no time is set"
                self.now = max(self.now, min(times))
        raise AssertionError("it did not come to an end")


TestSchedulePromises = SchedulePromises.TestCase
TestSchedulePromises.settings = hypothesis_settings(max_examples=80, stateful_step_count=50, deadline=None)
