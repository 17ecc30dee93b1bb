"""Who is told of a run of a schedule: one webhook, a signed POST of JSON with what changed since the run before."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

import jobs
from jobs.runtime import client, compare
from jobs.runtime.client.schedules import telling_of
from jobs.runtime.compare import Difference
from jobs.runtime.core import secrets
from jobs.runtime.core.errors import FanoutError, ItemError
from jobs.runtime.core.records import Run, RunState
from jobs.runtime.core.schedules import Firing, FiringState, RunSchedule, TellRule, Told
from jobs.runtime.core.units import moment
from jobs.web import urls
from jobs.web.fetcher import Fetcher
from jobs.web.messages import Request

SECONDS = 20.0
MOST_CHANGES, LONGEST = 100, 500
"""Changes that are told, and characters of a cell in them."""

SIGNATURE = "X-Fanout-Signature"


def tell(schedule: RunSchedule, firing: Firing) -> None:
    """Tell what became of a time of a schedule, where its rule says so; note whether that was delivered."""
    said = telling_of(schedule, firing)
    if said is None:
        return
    run, earlier = said
    try:
        found = _difference(earlier, run)
        if not _wanted(schedule, firing, run, found):
            client.settle_telling(firing, Told.UNNEEDED)
            return
        _post(schedule, json.dumps(_document(schedule, firing, run, found), default=str).encode())
    except (ItemError, FanoutError) as error:
        client.put_off_telling(firing, str(error))
    else:
        client.settle_telling(firing, Told.SENT)


def _difference(earlier: Run | None, run: Run | None) -> Difference | None:
    """What changed since the last finished run; None: there was none, or this one has not finished."""
    if earlier is None or run is None or run.state is not RunState.FINISHED or earlier.job != run.job:
        return None
    return compare.compare_runs(earlier, run, MOST_CHANGES, longest=LONGEST)


def _wanted(schedule: RunSchedule, firing: Firing, run: Run | None, found: Difference | None) -> bool:
    """Whether the rule of the webhook asks for this. That no run could be begun, or one has failed, is always told."""
    hook = schedule.webhook
    if hook is None or (firing.run and run is None):
        return False  # nobody is to be told, or the run was deleted meanwhile
    broken = firing.state is FiringState.FAILED or run is None or run.state is not RunState.FINISHED
    if broken or hook.rule is TellRule.ALWAYS:
        return True
    if hook.rule is TellRule.FAILURE:
        return bool(run and run.failed)
    changed = found.counts if found is not None else {}
    return bool(changed.get(hook.column) if hook.column else changed)


def _document(schedule: RunSchedule, firing: Firing, run: Run | None, found: Difference | None) -> dict[str, Any]:
    return {
        "schedule": schedule.name,
        "job": schedule.job,
        "due": moment(firing.due),
        "state": str(firing.state),
        "said": firing.said,
        "run": None if run is None else client.run_document(run, client.progress(run.id).codes),
        "since": None if found is None else found.first.id,
        "rows_changed": None if found is None else found.changed,
        "changes_by_column": {} if found is None else dict(found.counts),
        "changes_in_all": 0 if found is None else found.total,
        "changes": [
            {"item": one.item, "what": one.what, "before": one.before, "after": one.after}
            for one in (found.changes if found is not None else ())
        ],
    }


def _post(schedule: RunSchedule, body: bytes) -> None:
    """Send it, through the guard that jobs ask servers through. Raises ItemError, BadSecret: it was not taken."""
    hook = schedule.webhook
    assert hook is not None
    headers = {"User-Agent": f"Fanout/{jobs.__version__}", "Content-Type": "application/json"}
    if hook.key:
        headers[SIGNATURE] = signature(secrets.fill(hook.key, secrets.lookup), body, int(time.time()))
    values = {name: secrets.lookup(name) for name in secrets.names_in(hook.url)}
    hidden = secrets.blotter((value, secrets.placeholder(name)) for name, value in values.items())
    fetcher = Fetcher()
    try:
        target = urls.target(secrets.fill(hook.url, values.__getitem__))
        question = Request(target=target, method="POST", headers=headers, body=body, cap=None, repeatable=False)
        with fetcher.watchdog.watch(SECONDS) as watch:
            answer = fetcher.get(question, watch)
        if not 200 <= answer.status < 300:
            raise ItemError("not_taken", f"{answer.target.host} answered {answer.status}")
    except ItemError as error:
        raise ItemError(error.code, hidden.text(str(error))) from None
    finally:
        fetcher.close()


def signature(key: str, body: bytes, at: int) -> str:
    """`t=SECONDS,v1=HEX`: HMAC-SHA256 by the key of the seconds, a point and the body."""
    digest = hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"
