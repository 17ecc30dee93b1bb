"""The audit log: what is written there of a verb that was called, and what an admin reads there."""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

from jobs.runtime.client import ownership
from jobs.runtime.client.runner_process import store
from jobs.runtime.core import channel
from jobs.runtime.core.audit import AuditAction, AuditEntry, AuditKind
from jobs.runtime.core.errors import DamagedRun, Unanswered
from jobs.runtime.core.people import acting, require_admin
from jobs.runtime.core.records import Run
from jobs.runtime.home import audit_log

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def audit_entries(since: float = 0.0, owner: str = "") -> list[AuditEntry]:
    """What was noted from a time on (Unix seconds), newest first; of one who acted, or of all. For an admin alone."""
    require_admin("the audit log")
    return [entry for entry in audit_log.entries(store().home, since) if not owner or entry.owner == owner]


def note(action: AuditAction, kind: AuditKind, subject: str, facts: Mapping[str, Any] | None = None) -> None:
    """Note what who acts has done now. Raises StoreError: it was done, and cannot be noted."""
    means, link = channel.means(), {"link": True} if acting().shared else {}
    audit_log.note(
        store().home,
        AuditEntry(
            at=time.time(),
            owner=acting().owner,
            action=action,
            kind=kind,
            subject=subject,
            channel=means.channel,
            means=means.name,
            facts={**(facts or {}), **link},
        ),
    )


def check_notable() -> None:
    """Raises StoreError, before anything is done, where it could not be noted."""
    audit_log.check_writable(store().home, time.time())


def noted_start(verb: Callable[Given, Run]) -> Callable[Given, Run]:
    """A verb that starts a run; one that was there already, as the same nonce came again, is noted once."""

    @functools.wraps(verb)
    def noted(*given: Given.args, **named: Given.kwargs) -> Run:
        check_notable()
        began = time.time()
        run = verb(*given, **named)
        if run.submitted_at >= began:
            note(AuditAction.STARTED, AuditKind.RUN, run.id, run_facts(run))
        return run

    return noted


def noted_of_run(
    action: AuditAction, verb: Callable[Concatenate[str, Given], Answer], *facts: str
) -> Callable[Concatenate[str, Given], Answer]:
    """A verb that does something to a run; of what else it is given, what goes by these names is noted too."""
    signature = inspect.signature(verb)

    @functools.wraps(verb)
    def noted(run_id: str, /, *given: Given.args, **named: Given.kwargs) -> Answer:
        check_notable()
        subject, about = run_named(run_id)
        said = signature.bind(run_id, *given, **named).arguments
        about |= {name: _plain(said[name]) for name in facts if said.get(name)}
        try:
            answer = verb(run_id, *given, **named)
        except Unanswered:  # the runner does it all the same
            note(action, AuditKind.RUN, subject, about)
            raise
        note(action, AuditKind.RUN, subject, about)
        return answer

    return noted


def noted_by_name(
    action: AuditAction,
    kind: AuditKind,
    verb: Callable[Concatenate[str, Given], Answer],
    *facts: str,
) -> Callable[Concatenate[str, Given], Answer]:
    """A verb that does something to what is called so; where it returns that and it is another's, whose is noted."""
    signature = inspect.signature(verb)

    @functools.wraps(verb)
    def noted(name: str, /, *given: Given.args, **named: Given.kwargs) -> Answer:
        check_notable()
        answer = verb(name, *given, **named)
        said = signature.bind(name, *given, **named).arguments
        owner = getattr(answer, "owner", acting().owner)
        note(action, kind, name, of_another(owner) | {fact: _plain(said[fact]) for fact in facts if said.get(fact)})
        return answer

    return noted


def run_named(run_id: str) -> tuple[str, dict[str, Any]]:
    """The whole id of a run, and what is noted of it; of a damaged one the id alone. Raises UnknownRun."""
    try:
        run = ownership.run(run_id).run
    except DamagedRun:
        with store().read() as db:
            return ownership.named(db, run_id)[1], {}
    return run.id, run_facts(run)


def run_facts(run: Run) -> dict[str, Any]:
    """What is noted of a run: what it is, and whose where that is not who acts."""
    facts = {"job": run.job, "name": run.name, "items": run.items}
    return facts | of_another(run.owner)


def of_another(owner: str) -> dict[str, Any]:
    """What is noted of whose something is: nothing where that is who acts."""
    return {} if owner == acting().owner else {"owner": owner}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple | list) else value if isinstance(value, bool | int) else str(value)
