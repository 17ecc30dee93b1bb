"""The preset that a new run begins with: chosen, saved, renamed, deleted; and in what the form differs from it.

What was chosen is kept as it was then, so that nothing on the page changes because another tab saves it meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from jobs.runtime import client
from jobs.runtime.core.budget import Budget
from jobs.runtime.core.errors import FanoutError, Refused
from jobs.runtime.core.people import acting
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.records import Limits, Pool, Run, Table
from jobs.runtime.core.reuse import Reuse
from jobs.runtime.core.setting_words import changes_from, setting_words
from jobs.ui.shared import formatting, page_frame

SAVE, SAVE_AS, RENAME, DELETE = "Save the changes", "Save as", "Rename", "Delete"
ICONS = {
    SAVE: ":material/save:",
    SAVE_AS: ":material/bookmark_add:",
    RENAME: ":material/label:",
    DELETE: ":material/delete:",
}
MOST_CHANGES = 6
"""Settings that are named of those that differ."""


@dataclass(frozen=True, kw_only=True)
class FormSettings:
    """What the page has of a run's settings: what a preset of it says."""

    job: str
    params: Mapping[str, Any]
    pool: Pool
    limits: Limits
    on: str
    reuse: Reuse | None
    budget: Budget
    table: Table
    column: str
    fields: Mapping[str, str]

    def as_preset(self, name: str) -> RunPreset:
        """These settings under a name, with the columns that are shown of results of the job. Raises BadParams."""
        return client.preset_of(
            self.job,
            name,
            params=self.params,
            pool=self.pool,
            limits=self.limits,
            on=self.on,
            reuse=self.reuse,
            budget=self.budget,
            column=self.column,
            fields=self.fields,
            shown=tuple(st.session_state.get(f"columns:{self.job}") or ()),
        )


def chosen(job: str) -> RunPreset | None:
    """The preset that was chosen for this job, as it was then."""
    found: RunPreset | None = st.session_state.get(f"preset:{job}")
    return found


def turn(job: str) -> int:
    """How often one was chosen: each time the form is filled anew."""
    return int(st.session_state.get(f"preset_turn:{job}", 0))


def take_run(run: Run) -> None:
    """Go on with the preset that a run came from: as it is now where that is the same, else as it was."""
    kept = None
    if run.preset is not None:
        there = sorted(client.presets(run.job), key=lambda one: one.owner != run.owner)
        kept = next((one for one in there if _same(one, run.preset)), run.preset)
    _keep(run.job, kept)


def choose(job: str) -> Any:
    """The widget to choose by; a place beside it for the rest. There is nothing where nothing was saved yet."""
    there, kept = {_key(one): one for one in client.presets(job)}, chosen(job)
    now = "" if kept is None else _key(kept)
    with st.container(horizontal=True, vertical_alignment="bottom", key="preset_row"):
        if there or kept is not None:
            names = ["", *there, *([now] if now and now not in there else [])]
            key = f"preset_choice:{job}:{turn(job)}:{now}"
            st.selectbox(
                "Preset",
                names,
                index=names.index(now),
                format_func=lambda name: _label(name, there),
                key=key,
                on_change=_choose,
                args=(job, key),
                width=320,
                help="Settings under a name: options, how to run, the budget, the columns that are read and shown.",
            )
        return st.container(horizontal=True, vertical_alignment="bottom", width="stretch", key="preset_rest")


def _key(preset: RunPreset) -> str:
    """What tells a preset from all others: its name, and behind the end of that line whose it is, where it is
    another's."""
    return preset.name if preset.owner == acting().owner or not preset.saved_at else f"{preset.name}\n{preset.owner}"


def rest(place: Any, asked: FormSettings) -> None:
    """In what the form differs from the preset, and the menu to save, rename and delete."""
    kept = chosen(asked.job)
    changes = [] if kept is None else _changes(kept, asked)
    with place:
        picked = _menu(kept, changed=bool(changes))
        if kept is not None:
            st.text(_said(kept, changes), width="stretch")
    refusal = st.session_state.pop("preset_refusal", "")
    if refusal:
        page_frame.refused(refusal)
    if picked is not None:
        _carry_out(picked, kept, asked)


def _menu(kept: RunPreset | None, *, changed: bool) -> str | None:
    """What is to be done with the preset; None: nothing now."""
    if kept is None or not kept.saved_at:
        pressed = st.button("Save as a preset", icon=ICONS[SAVE_AS], key="preset_first")
        return SAVE_AS if pressed else None
    chosen_now: str | None = st.menu_button(
        "Preset",
        [*([SAVE] if changed or kept.fault else []), SAVE_AS, RENAME, DELETE],
        format_func=lambda name: f"{ICONS[name]} {name}",
        key="preset_menu",
    )
    return chosen_now


def _said(kept: RunPreset, changes: list[str]) -> str:
    if kept.fault:
        return formatting.apart(f"It cannot be used as it is: {kept.fault}. That stands as the job has it.", 500)
    then = "" if kept.saved_at else "As it was when that run began; it has been changed or deleted since. "
    more = f" and {len(changes) - MOST_CHANGES} more" if len(changes) > MOST_CHANGES else ""
    differs = f"Differs: {'; '.join(changes[:MOST_CHANGES])}{more}" if changes else ""
    return formatting.apart(f"{then}{differs}", 700)


def _label(name: str, there: Mapping[str, RunPreset]) -> str:
    if not name:
        return "None: as the job has it"
    note = "" if name in there else " (not there any more)"
    if name in there and there[name].fault:
        note = " (cannot be used as it is)"
    own, _, owner = name.partition("\n")
    whose = f" · {formatting.apart(owner, 80)}" if owner else ""
    return formatting.apart(own, 80) + whose + note


def _changes(kept: RunPreset, asked: FormSettings) -> list[str]:
    """In what the form differs, in words."""
    try:
        params = client.shown_params(asked.job, asked.params)
        words = setting_words(params, asked.pool, asked.limits, on=asked.on, reuse=asked.reuse, budget=asked.budget)
        whole = client.complete_preset(kept)
    except Refused:
        return []
    found = [str(change) for change in changes_from(whole, words, asked.table)]
    shown = tuple(st.session_state.get(f"columns:{asked.job}") or ())
    return [*found, *(["the columns that are shown"] if kept.shown not in ((), shown) else [])]


def _choose(job: str, key: str) -> None:
    """Take what the widget says: as it is in the store now."""
    name, _, owner = st.session_state[key].partition("\n")
    try:
        _keep(job, client.preset_named(name, owner) if name else None)
    except FanoutError as error:
        st.session_state["preset_refusal"] = str(error)
        st.session_state[f"preset_turn:{job}"] = turn(job) + 1
        return
    st.session_state.pop("earlier", None)


def _keep(job: str, preset: RunPreset | None) -> None:
    """Let this be the chosen one, and fill the form anew."""
    st.session_state[f"preset:{job}"] = preset
    st.session_state[f"preset_turn:{job}"] = turn(job) + 1
    if preset is not None and preset.shown:
        st.session_state[f"columns:{job}"] = list(preset.shown)


def _same(one: RunPreset, then: RunPreset) -> bool:
    """Whether a preset says now what a run has kept of it."""
    if one.name != then.name or one.fault:
        return False
    return client.complete_preset(one).plain() == then.plain()


def _carry_out(picked: str, kept: RunPreset | None, asked: FormSettings) -> None:
    if picked == SAVE_AS:
        _save_as(asked)
    elif kept is None:
        return
    elif picked == SAVE:
        _save(kept, asked)
    elif picked == RENAME:
        _rename(kept)
    elif picked == DELETE:
        _delete(kept)


def _save(kept: RunPreset, asked: FormSettings) -> None:
    """Save the form over the chosen preset, unless that was changed meanwhile."""
    try:
        _keep(asked.job, client.save_preset(_over(kept, asked), over=kept))
    except FanoutError as error:
        st.session_state["preset_refusal"] = str(error)
    st.rerun()


def _over(kept: RunPreset, asked: FormSettings) -> RunPreset:
    """The form under the name of a preset; what nothing on the page says now, its columns, stays as it was."""
    new = asked.as_preset(kept.name)
    return replace(new, column=new.column or kept.column, fields=new.fields or kept.fields)


@st.dialog("Save as a preset")
def _save_as(asked: FormSettings) -> None:
    st.caption(
        "The options, how to run, what is taken from earlier runs, the budget, and the columns that are read and "
        "shown, under a name. Of a secret its name is kept."
    )
    with st.form("preset_form", border=False):
        name = st.text_input("Name", max_chars=200, key="preset_name")
        saved = st.form_submit_button("Save", type="primary", key="preset_save")
    if saved:
        _done(lambda: _keep(asked.job, client.save_preset(asked.as_preset(name))))


@st.dialog("Rename this preset")
def _rename(kept: RunPreset) -> None:
    with st.form("preset_rename_form", border=False):
        name = st.text_input("Name", value=kept.name, max_chars=200, key="preset_new_name")
        renamed = st.form_submit_button("Rename", type="primary", key="preset_rename")
    st.caption("Runs keep the name that they came with.")
    if renamed:
        _done(lambda: _keep_renamed(kept, name))


def _keep_renamed(kept: RunPreset, name: str) -> None:
    """The same preset under its new name; what the form says stays."""
    st.session_state[f"preset:{kept.job}"] = client.rename_preset(kept.name, name, kept.owner)


@st.dialog("Delete this preset?")
def _delete(kept: RunPreset) -> None:
    st.text(formatting.apart(kept.name, 200))
    st.caption("Runs keep what they came with.")
    with st.container(horizontal=True):
        if st.button(":red[Delete it]", icon=":material/delete:", key="preset_delete"):
            _done(lambda: _forget(kept))
        if st.button("Keep it", key="preset_keep"):
            st.rerun()


def _forget(kept: RunPreset) -> None:
    client.delete_preset(kept.name, kept.owner)
    _keep(kept.job, None)


def _done(action: Any) -> None:
    """Carry it out and leave the dialog; what it says no to is said in it."""
    try:
        action()
    except FanoutError as error:
        page_frame.refused(str(error))
        return
    st.rerun()
