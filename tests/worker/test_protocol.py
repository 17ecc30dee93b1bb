"""The wire: what fits arrives as it was sent; of what does not fit, the runner hears a misfit or a FrameError."""

from __future__ import annotations

import contextlib
import struct
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jobs.runtime.core.errors import FrameError
from jobs.runtime.core.pace_report import PaceReport
from jobs.runtime.core.records import Column
from jobs.runtime.worker import messages, protocol
from jobs.runtime.worker.messages import Answer, Answers, AttemptOutcome, Heard, Later, Misfit
from jobs.runtime.worker.row_check import row_check
from tests.support.frames import FORGED, answer, frame

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=9) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=30,
)
TAGS = st.sampled_from(["answers", "given_back", "prepared", "broken", "ready", "begun", "pong", "begin", ""])
COLUMNS = (Column(name="said", type="str"), Column(name="number", type="int"), Column(name="any", type="json"))


def framed(body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + body


def heard(body: bytes) -> list[Heard]:
    """What the runner makes of one frame."""
    return list(protocol.runner_side().feed(framed(body)))


@pytest.mark.parametrize(
    "message",
    [
        messages.Ready(),
        messages.NotReady(reason="it raised"),
        messages.Begun(),
        Answers(answers=[answer(pace=PaceReport(hold=12.0, why="Retry-After")), answer(ticket=2)]),
        Answers(
            answers=[answer(outcome=AttemptOutcome(kind="failed", later=Later(seconds=1.0, group="a", carry="[1]")))]
        ),
        messages.GivenBack(tickets=[1, 2]),
        messages.Prepared(plans=[messages.PlannedItem(position=1, group="a", cost=-2.5, key=b"0123456789abcdef")]),
        messages.Pong(),
    ],
    ids=lambda message: type(message).__name__,
)
def test_what_a_worker_says_arrives_in_pieces_as_it_was_sent(message: messages.FromWorker) -> None:
    decoder, sent = protocol.runner_side(), protocol.encode(message) * 2
    found = [said for byte in sent for said in decoder.feed(bytes([byte]))]

    assert found == [message, message]


def test_the_params_of_a_run_arrive_as_they_are_whatever_they_are() -> None:
    begin = messages.Begin(
        run="aa01", owner="admin", params='{"a": NaN, "b": "\\ud800"}', columns=[*COLUMNS], deadline=None, attempts=3
    )
    decoder = protocol.worker_side()

    assert list(decoder.feed(protocol.encode(begin))) == [begin]


@pytest.mark.parametrize("number", range(len(FORGED)))
def test_an_answer_that_does_not_fit_is_the_failure_of_its_item(number: int) -> None:
    check = row_check((Column(name="result", type="str"),))
    fits = msgspec.msgpack.decode(frame([2, 1, 1.0, 2.0, 0.5, ["ok"], None]))[1][0]
    wrong = msgspec.msgpack.decode(FORGED[number](7))[1][0]
    found = heard(msgspec.msgpack.encode(["answers", [fits, wrong]]))

    assert isinstance(found[0], Answers)
    assert [said.ticket for said in found[0].answers if said.ticket == 2] == [2]
    forged = [said for said in [*found[0].answers, *found[1:]] if getattr(said, "ticket", 0) == 7]
    assert all(isinstance(said, Misfit) or cannot_be(said, check) for said in forged)
    assert len(forged) == 1


def cannot_be(said: Any, check: Any) -> bool:
    """What the runner refuses of an answer by what it knows of its worker, as `ActiveRun.answer` does."""
    wrong_place = said.slot > 64 or not said.started <= said.finished <= 1e9
    return wrong_place or said.cpu > 1e9 or bool(check(said.outcome.row))


@given(st.binary(max_size=200))
@example(b"\x91" * 200)
@example(b"\xdd\xff\xff\xff\xff")
@example(msgspec.msgpack.encode(["answers", [[2**64 - 1, 1]]]))
def test_no_bytes_stop_the_reader(body: bytes) -> None:
    with contextlib.suppress(FrameError):
        heard(body)


@given(TAGS, PLAIN)
def test_no_message_stops_the_reader(tag: str, body: object) -> None:
    with contextlib.suppress(FrameError):
        assert all(isinstance(said, Heard) for said in heard(msgspec.msgpack.encode([tag, body])))


@given(st.lists(PLAIN, min_size=5, max_size=8))
def test_what_gets_through_is_within_its_bounds(fields: list[Any]) -> None:
    found: list[Heard] = []
    with contextlib.suppress(FrameError):
        found = heard(frame([7, *fields]))

    for said in found:
        for fits in said.answers if isinstance(said, Answers) else ():
            assert isinstance(fits, Answer)
            assert 0 <= fits.started <= 1e12
            assert 1 <= fits.slot <= 2**16


def test_what_came_before_a_frame_that_is_none_is_heard() -> None:
    decoder, found = protocol.runner_side(), []
    with pytest.raises(FrameError, match="no worker says"):
        for said in decoder.feed(protocol.encode(messages.Ready()) + framed(b"\xc1")):
            found.append(said)

    assert found == [messages.Ready()]


def test_a_frame_that_announces_more_than_any_has_is_refused_at_once() -> None:
    with pytest.raises(FrameError, match="at most"):
        list(protocol.runner_side().feed(struct.pack(">I", protocol.MAX_FRAME + 1)))


@pytest.mark.parametrize("many", [[[1, 1, 1.0, 2.0, 0.5, ["ok"], None]] * 600, list(range(1, 600))])
def test_a_frame_of_more_answers_than_any_holds_is_refused(many: list[Any]) -> None:
    tag = "answers" if isinstance(many[0], list) else "given_back"

    with pytest.raises(FrameError):
        heard(msgspec.msgpack.encode([tag, many]))


@pytest.mark.parametrize(
    "row", ["{}", '{"said": null}', '{"said": "x", "number": 5}', '{"number": "123456789012345678901234567890"}']
)
def test_rows_as_they_are_encoded_fit(row: str) -> None:
    assert row_check(COLUMNS)(row) == ""


@pytest.mark.parametrize(
    "row", ["", "[]", "{", '{"other": 1}', '{"said": 5}', '{"number": 2.5}', '{"any": ' + "[" * 9_000, '{"any": NaN}']
)
def test_a_text_that_is_no_row_of_its_columns_is_refused_with_the_reason(row: str) -> None:
    assert row_check(COLUMNS)(row)
