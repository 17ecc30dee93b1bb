"""`show RUN --position N`: all that is known of one item, as text and as JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from jobs.runtime import client
from jobs.runtime.cli import report
from jobs.runtime.cli.terminal import say, say_json
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.printed import PrintedAttempt
from jobs.runtime.core.records import Attempt, ItemResult, Run
from jobs.runtime.core.text import in_one_line
from jobs.runtime.core.units import count, duration, moment


def show(run: Run, position: int, *, as_json: bool) -> None:
    """Print the item at a position. Raises Refused: there is none."""
    found = client.rows(run.id, position, position) if 1 <= position <= run.items else []
    if not found:
        raise Refused(f"there is no position {position:,} in run {run.id[: report.SHORT]}: it has 1 to {run.items:,}")
    document = _document(run, found[0], client.attempts_of(run.id, position), client.printed(run.id, position))
    if as_json:
        say_json(document)
    else:
        _page(document)


def _document(run: Run, found: ItemResult, earlier: list[Attempt], printed: list[PrintedAttempt]) -> dict[str, Any]:
    document = client.row_document(run, found)
    return {
        **document,
        "attempts": document["attempts"] if found.outcome else len(earlier),
        "earlier": [_attempt(attempt) for attempt in earlier],
        "printed": [_printed(one) for one in printed],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    told = msgspec.structs.asdict(attempt) | {"started_at": moment(attempt.started_at)}
    told["attempt"] = told.pop("number")
    del told["position"]
    return told


def _printed(one: PrintedAttempt) -> dict[str, Any]:
    return {"attempt": one.attempt, "lost": one.lost, "bytes": one.printed.size, "text": one.printed.text}


_LINES = tuple("run position item state code error attempts duplicate_of reused_from started_at worker slot".split())


def _page(document: dict[str, Any]) -> None:
    for name in _LINES:
        _line(name.replace("_", " "), document[name])
    _line("took", duration(document["seconds"]) if document["seconds"] is not None else "")
    for name, value in {**document["others"], **(document["row"] or {})}.items():
        _line(name, value)
    for attempt in document["earlier"]:
        say(f"  attempt {attempt['attempt']}: {attempt['kind']}: {attempt['code']}: {in_one_line(attempt['error'])}")
    _block("detail", document["detail"])
    for one in document["printed"]:
        lost = ", its worker was lost or ended" if one["lost"] else ""
        _block(f"printed (attempt {one['attempt']}{lost}; {count(one['bytes'], 'byte')})", one["text"])


def _line(name: str, value: Any) -> None:
    if value not in (None, ""):
        say(f"{in_one_line(name) + ':':<14}{in_one_line(str(value))}")


def _block(heading: str, text: str) -> None:
    """A text of several lines, each behind a bar: none of them can look like a line of ours."""
    if text:
        say(f"{heading}:")
        for line in text.removesuffix("\n").split("\n"):
            say(f"  | {line}")
