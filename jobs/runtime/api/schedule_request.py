"""A schedule as a program asks for it: which job, over what, when, and whom it tells."""

from __future__ import annotations

import time
from typing import Annotated, Any

from msgspec import UNSET, Meta, field, structs

from jobs.runtime import client
from jobs.runtime.api.run_request import Asked, Cell, Text, WantedLimits, WantedPool, WantedReuse
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.receivers import Receiver, ReceiverKind, read_rule
from jobs.runtime.core.recurrence import UTC_ZONE, Recurrence, cron_line, every
from jobs.runtime.core.schedules import ItemsSource, RunSchedule, SourceKind

MOST_LISTED = 1_000

Long = Annotated[str, Meta(max_length=4_000)]


class WantedSource(Asked, frozen=True, kw_only=True):
    """Where the items come from: the `url` of a table, the results of a `run` (a whole id), or a `file` in a folder of
    JOBS_FILES; and how that is read, as the options of `schedule add` say it."""

    url: Long = ""
    run: Text = ""
    file: Long = ""
    sheet: Text = ""
    delimiter: Text | None = None
    header: bool | None = None
    encoding: Text = ""
    sitemaps: bool = False
    only: Text = ""
    filter: dict[str, Text] = field(default_factory=dict)
    explode: Text = ""

    def source(self) -> ItemsSource:
        """The same as a schedule keeps it. Raises Refused."""
        given = {kind: where for kind in SourceKind if (where := str(getattr(self, kind)).strip())}
        if len(given) != 1:
            raise Refused("over what? Give one of url, run and file in source")
        ((kind, where),) = given.items()
        written = self._said("sheet", "delimiter", "header", "encoding", "sitemaps")
        taken = self._said("only", "explode") | ({"where": tuple(self.filter.items())} if self.filter else {})
        if kind is SourceKind.RUN and written:
            raise Refused(f"results of a run are no file: leave out {', '.join(written)}")
        if kind is not SourceKind.RUN and taken:
            raise Refused("only, filter and explode say which results of a run are taken: name the run")
        if self.only not in ("", "ok", "failed"):
            raise Refused(f"only {self.only[:40]!r}: give ok or failed")
        return ItemsSource(kind=kind, where=where, options=written | taken)

    def _said(self, *names: str) -> dict[str, Any]:
        usual = WantedSource()
        return {name: getattr(self, name) for name in names if getattr(self, name) != getattr(usual, name)}


class WantedReceiver(Asked, frozen=True, kw_only=True):
    """One that is told of the runs: `where` is the URL of a webhook, of `kind` email an address, of apprise a target
    that the server names; `tell` says of which runs (always, failure, change, change:COLUMN), `sign` is the
    {secret:NAME} of the key that signs."""

    kind: ReceiverKind = ReceiverKind.WEBHOOK
    where: Long
    tell: Text = "always"
    sign: Text = ""

    def receiver(self) -> Receiver:
        """The same as a schedule keeps it. Raises Refused."""
        rule, column = read_rule(self.tell)
        return Receiver(kind=self.kind, where=self.where.strip(), rule=rule, column=column, key=self.sign)


class ScheduleRequest(Asked, frozen=True, kw_only=True):
    """A schedule to add. It comes by a `cron` line in a `zone` (an IANA name, else UTC), or `every` so often, as in
    "6 h". With `preset` all that is not said otherwise here is as that says at the time."""

    name: Text
    job: Text
    source: WantedSource
    cron: Text = ""
    zone: Text = ""
    every: Text = ""
    preset: Text = ""
    params: dict[str, Any] = field(default_factory=dict)
    column: Text = ""
    fields: dict[str, Text] = field(default_factory=dict)
    pool: WantedPool = WantedPool()
    limits: WantedLimits = WantedLimits()
    reuse: WantedReuse | None = None
    overlap: bool = False
    receivers: list[WantedReceiver] = field(default_factory=list)
    paused: bool = False

    def schedule(self) -> RunSchedule:
        """The same as it is kept. Raises Refused, BadParams."""
        job = client.catalog().job(self.job)
        if self.column and job.takes_rows:
            raise Refused(f"an item of {job.name} is a row: say the columns of its fields in fields, not column")
        if self.fields and not job.takes_rows:
            raise Refused(f"an item of {job.name} is one cell: say its column in column, not fields")
        reuse = None if self.reuse is None else self.reuse.reuse()
        client.check_reuse(job, reuse)
        return RunSchedule(
            name=self.name,
            settings=RunPreset(
                name="", job=self.job, params=self.params, how=self._how(), column=self.column, fields=self.fields
            ),
            preset=self.preset,
            source=self.source.source(),
            recurrence=self._recurrence(),
            overlap=self.overlap,
            reuse=reuse,
            on_page=True,
            receivers=tuple(one.receiver() for one in self.receivers),
            enabled=not self.paused,
        )

    def _recurrence(self) -> Recurrence:
        if bool(self.cron) == bool(self.every):
            raise Refused('when? Give cron, as in "0 6 * * 1-5", with zone, or every, as in "6 h"')
        if self.every:
            if self.zone:
                raise Refused("zone is for cron alone: every goes by the time that passes")
            return every(self.every, time.time())
        return cron_line(self.cron, self.zone or UTC_ZONE)

    def _how(self) -> dict[str, float | None]:
        """What is said of pool and limits. Raises BadParams."""
        pool = {name: value for name, value in structs.asdict(self.pool).items() if value is not None}
        limits = {name: value for name, value in structs.asdict(self.limits).items() if value is not UNSET}
        given: dict[str, Cell] = pool | limits
        return {name: None if value is None else client.RUN_FIELDS[name].number(value) for name, value in given.items()}


class ScheduleWords(Asked, frozen=True, kw_only=True):
    """Which schedules: those with this text in their names, at most so many."""

    text: Text = ""
    limit: Annotated[int, Meta(ge=1, le=MOST_LISTED)] = 100


class ScheduleOwner(Asked, frozen=True, kw_only=True):
    """Whose a schedule is, by e-mail address, for an admin where several people have one of the name."""

    owner: Text = ""
