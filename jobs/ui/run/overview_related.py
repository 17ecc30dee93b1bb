"""What the pages of a run are to each other, at a glance: near-duplicates, and links between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from jobs.runtime import exports, overview
from jobs.runtime.core.records import Run
from jobs.runtime.core.units import count
from jobs.ui.run import overview_charts, result_filters, results
from jobs.ui.run.chart_card import card

AT_ONCE = 10_000
"""Rows up to which what pages are to each other is looked for unasked: it takes about 1 s."""


def show(run: Run) -> None:
    """Which pages are nearly alike, and which lead to which; of many rows only when it is asked for."""
    if not exports.relation_columns(run.columns):
        return
    asked = f"related_{run.id}"
    if run.items > AT_ONCE and not st.session_state.get(asked):
        wanted = st.button(
            "Find near-duplicates and links",
            key="find_related",
            icon=":material/hub:",
            help=f"Reads all {run.items:,} rows: {run.items / AT_ONCE:,.0f} s or so.",
        )
        if not wanted:
            return
        st.session_state[asked] = True
    found = _pages_related(run.id, results.stamp(run))
    left, right = st.columns(2, gap="medium")
    with left:
        _near(found.near)
    with right:
        _linked(found.linked, run)


@st.cache_resource(max_entries=4, show_spinner="Reading all rows…")
def _pages_related(run_id: str, stamp: tuple[Any, ...]) -> overview.RelatedPages:  # noqa: ARG001  (the cache's key)
    return overview.related_pages(run_id)


def _near(near: overview.NearPages | None) -> None:
    if near is None:
        return
    alike = f"{near.alike:,} of {count(near.rows, 'page')} nearly alike to another"
    if near.sets:
        card(
            "Near-duplicates",
            overview_charts.related(near.sets, "nearly alike"),
            f"Pages that most others are nearly alike to: {_told(near.sets)}",
            key="overview_near",
            picked=lambda one: result_filters.choose(q=one["page"]),
        )
    else:
        st.markdown("**Near-duplicates**")
    more = f" {exports.PARTIAL.capitalize()}." if near.partial else ""
    st.caption(f"{alike}: at most {exports.DISTANCE} of the 64 bits of their SimHash differ.{more}")


def _linked(linked: overview.LinkedPages | None, run: Run) -> None:
    if linked is None:
        return
    if linked.most_linked:
        card(
            "Pages that most pages lead to",
            overview_charts.related(linked.most_linked, "linked from"),
            f"Pages of this run that most others of it lead to: {_told(linked.most_linked)}",
            key="overview_linked",
            picked=lambda one: result_filters.choose(q=one["page"]),
        )
    else:
        st.markdown("**Links between the pages**")
    st.caption(
        f"{count(linked.links, 'link')} between pages of this run; {linked.linked:,} of {count(run.items, 'row')} "
        "linked from another. In downloads, Related adds columns of both."
    )


def _told(pages: Sequence[overview.RelatedPage]) -> str:
    return "; ".join(f"{page.item} {page.others:,}" for page in pages)
