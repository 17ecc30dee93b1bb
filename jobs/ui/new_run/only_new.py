"""Only what is new: the switch, how old a row may be that is taken, and how much of the list is there already."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import streamlit as st

from jobs.runtime import client
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.reuse import ANY_AGE, Reuse
from jobs.ui.shared.run_form import Settings

DAY = 86_400.0
LEAST_KEPT, SHARE = 10.0, 10
"""So many seconds, and so many times the seconds that it took, a count is shown before it is made anew."""


def ask(job: Any, start: Settings) -> Reuse | None:
    """What the run takes from earlier ones; None: it performs every item."""
    key = f":{job.name}:{start.origin}"
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        new = st.toggle(
            "Only what is new",
            value=start.reuse is not None and start.reuse.fresh > 0,
            key=f"only_new{key}",
            help="Rows that an earlier run of this job has already, with the same options and the same code, are taken "
            "from there. What failed there, and what is new, is performed.",
            persist_state="session",
        )
        fresh = _fresh(key, start.reuse) if new else 0.0
    conditional = job.mark.conditional and _conditional(key, start.reuse)
    return Reuse(fresh=fresh, conditional=conditional) if new or conditional else None


def _fresh(key: str, given: Reuse | None) -> float:
    days = st.number_input(
        "Not older than, days",
        min_value=0.01,
        max_value=ANY_AGE / DAY,
        value=_days(given),
        step=1.0,
        placeholder="any age",
        key=f"fresh{key}",
        help="A row that was performed longer ago is performed again. Empty: rows of any age are taken.",
        width=190,
        persist_state="session",
    )
    return ANY_AGE if days is None else float(days) * DAY


def _conditional(key: str, given: Reuse | None) -> bool:
    return st.toggle(
        "Ask only whether it has changed",
        value=given is not None and given.conditional,
        key=f"conditional{key}",
        help="Where an earlier run has the row, the server is asked whether its page has changed since. If it has not, "
        "it sends nothing, and the row is the earlier one (not_modified).",
        persist_state="session",
    )


def _days(reuse: Reuse | None) -> float | None:
    return None if reuse is None or not 0 < reuse.fresh < ANY_AGE else max(0.01, reuse.fresh / DAY)


NOTHING = client.AlreadyThere(0, 0)


def there(job: str, preflight: Any, params: Mapping[str, Any], asked: Reuse | None) -> client.AlreadyThere:
    """How much of the items is there already; counted once for a list and its options, and now and then again."""
    if asked is None or preflight is None:
        return NOTHING
    key = (job, json.dumps(dict(params), sort_keys=True, default=str), asked)
    known = st.session_state.get("there")
    if known is None or known[0] is not preflight or known[1] != key or time.monotonic() > known[2]:
        began = time.monotonic()
        with st.spinner("Looking what is there already…"):
            counted = _count(job, preflight, params, asked)
        took = time.monotonic() - began
        known = (preflight, key, time.monotonic() + LEAST_KEPT + SHARE * took, counted)
        st.session_state["there"] = known
    found: client.AlreadyThere = known[3]
    return found


def _count(job: str, preflight: Any, params: Mapping[str, Any], asked: Reuse) -> client.AlreadyThere:
    try:
        return client.already_there(job, preflight.items_iter(), params=params, asked=asked)
    except Refused:  # what is wrong with the params is said beside Start
        return NOTHING
