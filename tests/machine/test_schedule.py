"""The schedule and the paces: pure, so time is a number that the tests move."""

from __future__ import annotations

from collections import Counter

import hypothesis.strategies as st
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from jobs.runtime.groups import FAILURES_TO_CLOSE, GOOD_IN_A_ROW, PROBE_SECONDS, Groups
from jobs.runtime.records import Limits
from jobs.runtime.schedule import Entry, Schedule


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
    schedule.add(entries("a", "a", "b", "b"))

    assert taken(schedule, 0) == [1, 3]
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
    news = groups.report("a", {"hold": 12, "why": "Retry-After"}, schedule.limits, 0)

    assert news == "asked us to wait 12 s (Retry-After)"
    assert taken(schedule, 1) == [5]
    assert groups.holds(2) == [("a", 10, "Retry-After")]
    assert taken(schedule, 12) == [1, 2]


def test_good_answers_give_a_group_its_width_back() -> None:
    groups = Groups(jitter=lambda: 1.0)
    limit = limits(at_once=4)
    groups.report("a", {"hold": 1}, limit, 0)
    for _ in range(GOOD_IN_A_ROW):
        groups.report("a", {"latency": 0.1}, limit, 2)

    assert groups.at_once(groups.paces["a"], limit) == 3


def test_the_delay_follows_latency_and_an_error_never_lowers_it() -> None:
    groups = Groups(jitter=lambda: 1.0)
    limit = limits(at_once=2, pause=0.25)
    groups.report("a", {"latency": 4.0}, limit, 0)
    slow = groups.pause(groups.paces["a"], limit)
    groups.report("a", {"latency": 0.01, "error": True}, limit, 0)
    after_error = groups.pause(groups.paces["a"], limit)
    for _ in range(20):
        groups.report("a", {"latency": 0.01}, limit, 0)

    assert (slow, after_error) == (2.0, 2.0)
    assert groups.pause(groups.paces["a"], limit) == 0.25


def test_a_pause_of_zero_is_no_pause_and_no_throttling_but_a_hold_still_holds() -> None:
    groups = Groups(jitter=lambda: 1.0)
    schedule = new(pause=0, groups=groups)
    groups.report("a", {"latency": 9.0, "pause": 10.0}, schedule.limits, 0)
    schedule.add(entries("a", "a"))

    assert taken(schedule, 0) == [1, 2]
    groups.report("a", {"hold": 5}, schedule.limits, 0)
    schedule.add(entries("a"))
    assert taken(schedule, 1) == []


def test_a_crawl_delay_is_kept_and_capped() -> None:
    groups = Groups(jitter=lambda: 1.0)
    groups.report("a", {"pause": 999.0, "why": "Crawl-delay"}, limits(pause=0.25), 0)

    assert groups.pause(groups.paces["a"], limits(pause=0.25)) == 30


def test_five_failures_in_a_row_close_a_group_and_end_what_waits() -> None:
    groups = Groups(jitter=lambda: 1.0)
    schedule = new(at_once=1, groups=groups)
    schedule.add(entries("a", "a", "b"))
    for _ in range(FAILURES_TO_CLOSE):
        groups.report("a", {"close": "host_down", "why": "connection refused"}, schedule.limits, 0)

    assert [(ended.entry.position, ended.code) for ended in schedule.ended] == [(1, "host_down"), (2, "host_down")]
    assert taken(schedule, 0) == [3]
    schedule.add(entries("a"))
    assert taken(schedule, 1) == []
    assert len(schedule.ended) == 3


def test_a_closed_group_is_probed_once_a_minute() -> None:
    groups = Groups(jitter=lambda: 1.0)
    schedule = new(at_once=4, groups=groups)
    for _ in range(FAILURES_TO_CLOSE):
        groups.report("a", {"close": "host_down"}, schedule.limits, 0)
    schedule.add(entries("a", "a"))
    schedule.ended.clear()

    assert taken(schedule, PROBE_SECONDS + 1) == [1]
    groups.report("a", {"latency": 0.1}, schedule.limits, PROBE_SECONDS + 2)
    assert groups.closed("a", PROBE_SECONDS + 2) is None


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


class SchedulePromises(RuleBasedStateMachine):
    """Whatever happens, no group exceeds its width or breaks its pause, and nothing waits that may start."""

    def __init__(self) -> None:
        super().__init__()
        self.groups = Groups(jitter=lambda: 1.0)
        self.schedule = Schedule(self.groups, limits(at_once=2, pause=1.0))
        self.now = 0.0
        self.out: list[Entry] = []
        self.known = 0
        self.ended = 0
        self.starts: dict[str, float] = {}
        self.holds: dict[str, float] = {}

    @rule(group=st.sampled_from(["", "a", "b", "c"]), number=st.integers(1, 4))
    def add(self, group: str, number: int) -> None:
        self.schedule.add(Entry(position=self.known + index, cell="", group=group) for index in range(number))
        self.known += number

    @rule()
    def take_all(self) -> None:
        while (entry := self.schedule.take(self.now)) is not None:
            if entry.group:
                assert self.now >= self.starts.get(entry.group, -9) + 1.0
                assert self.now >= self.holds.get(entry.group, -9)
                self.starts[entry.group] = self.now
            self.out.append(entry)

    @rule(seconds=st.floats(0.01, 3.0))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: self.out)
    @rule(index=st.integers(0, 50), way=st.sampled_from(["end", "back", "later", "move"]))
    def answer(self, index: int, way: str) -> None:
        entry = self.out.pop(index % len(self.out))
        if way == "end":
            self.schedule.end(entry, self.now)
            self.ended += 1
        elif way == "back":
            self.schedule.back(entry, self.now)
        elif way == "later":
            self.schedule.later(entry, self.now + 1.5, self.now)
        else:
            self.schedule.move(entry, "c", self.now)

    @rule(group=st.sampled_from(["a", "b", "c"]), seconds=st.floats(0, 4))
    def hold(self, group: str, seconds: float) -> None:
        self.groups.report(group, {"hold": seconds}, self.schedule.limits, self.now)
        self.holds[group] = max(self.holds.get(group, -9), self.now + seconds)

    @invariant()
    def no_group_exceeds_its_width(self) -> None:
        counts = Counter(entry.group for entry in self.out if entry.group)
        assert all(count <= 2 for count in counts.values())

    @invariant()
    def nothing_is_lost(self) -> None:
        assert len(self.schedule) + len(self.out) + self.ended == self.known

    def teardown(self) -> None:
        """Left alone, with every item ending at once, everything is done."""
        for _ in range(20 * (self.known + 1)):
            for entry in self.out:
                self.schedule.end(entry, self.now)
                self.ended += 1
            self.out.clear()
            while (entry := self.schedule.take(self.now)) is not None:
                self.out.append(entry)
            if not self.out and not len(self.schedule):
                return
            following = self.schedule.next_time()
            if not self.out:
                assert following is not None, "items wait, nothing is out, and no time is set"
            self.now = max(self.now, following or self.now)
        raise AssertionError("it did not come to an end")


TestSchedulePromises = SchedulePromises.TestCase
TestSchedulePromises.settings = hypothesis_settings(max_examples=60, stateful_step_count=40, deadline=None)
