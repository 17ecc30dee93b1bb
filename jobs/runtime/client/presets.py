"""Presets: settings of a job under a name, kept in the store; what they say of a run, and why one no longer can."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from jobs.runtime.catalog import Catalog
from jobs.runtime.client import ownership
from jobs.runtime.client.jobs import catalog, check_budget, check_reuse, columns, defaults, job_named
from jobs.runtime.client.run_fields import check_fields, check_place, limits_with, pool_with
from jobs.runtime.client.runner_process import store
from jobs.runtime.core import program
from jobs.runtime.core.budget import Budget
from jobs.runtime.core.errors import BadParams, FanoutError, Refused, UnknownPreset
from jobs.runtime.core.people import acting_owner
from jobs.runtime.core.presets import HOW, RunPreset, preset_name
from jobs.runtime.core.records import LOCAL, Limits, Pool
from jobs.runtime.core.text import in_one_line
from jobs.runtime.job.params import conceal, secret_params, validate_params
from jobs.runtime.store import presets as presets_table
from jobs.runtime.store.connection import Connection

MOST_NAMED = 10
"""Presets that a sentence names."""

MOST_KNOWN = 2_000
"""Presets of which it is kept whether they fit their jobs: to find out takes some ms each, and a page asks often."""

_known: dict[str, tuple[object, str]] = {}

_POOL = {"processes", "threads"}


def presets(job: str = "") -> list[RunPreset]:
    """One's presets, or those of a job, by their names; with why they cannot be used, where that is so (`fault`)."""
    with store().read() as db:
        found = presets_table.listed(db, ownership.whose(), job)
    there = catalog()
    return [replace(preset, fault=preset.fault or _fault(preset, there)) for preset in found]


def preset(name: str, job: str = "", owner: str = "") -> RunPreset:
    """The preset of this name. Here and below `owner` says whose it is where an admin sees several of one name; empty:
    one's own, or the only one. Raises UnknownPreset; Refused: it is of another job than `job`, or damaged."""
    wanted = preset_name(name)
    with store().read() as db:
        found = _found(db, wanted, owner)
    if found.fault:
        raise Refused(f"preset {found.title} cannot be used: {found.fault}")
    if job and found.job != job:
        raise Refused(f"preset {found.title} is of job {in_one_line(found.job)}, not of {job}: name one of {job}")
    return found


def preset_named(name: str, owner: str = "") -> RunPreset:
    """The preset of this name, with why it cannot be used, where that is so. Raises UnknownPreset."""
    with store().read() as db:
        found = _found(db, preset_name(name), owner)
    return replace(found, fault=found.fault or _fault(found, catalog()))


def preset_of(
    job: str, name: str, *, params: Mapping[str, Any], pool: Pool, limits: Limits, on: str = LOCAL, **said: Any
) -> RunPreset:
    """These settings of a run as a preset: what is otherwise than the job's defaults. Raises BadParams."""
    found = job_named(job)
    usual, plain = validate_params(found, {}), validate_params(found, params)
    how, usual_how = _how(pool, limits), _how(*defaults(job))
    other = {key for key, value in how.items() if usual_how[key] != value}
    other |= _POOL if other & _POOL else set()  # a pool is one setting
    return RunPreset(
        name=name,
        job=job,
        params={key: value for key, value in plain.items() if key not in usual or usual[key] != value},
        how={key: value for key, value in how.items() if key in other},
        on="" if on == LOCAL else on,
        **said,
    )


def save_preset(preset: RunPreset, *, over: RunPreset | None = None, anyway: bool = False) -> RunPreset:
    """Keep a preset; returns it as it is kept: its params complete in themselves.

    A name that is taken is refused, but where the one that is there is `over`, as it was last seen, or `anyway`. Raises
    Refused, BadParams.
    """
    (kept,) = save_presets([preset], over=over, anyway=anyway)
    return kept


def save_presets(given: Iterable[RunPreset], *, over: RunPreset | None = None, anyway: bool = False) -> list[RunPreset]:
    """The same of several: all of them or none."""
    owner = acting_owner()
    kept = [replace(check_preset(one), saved_at=time.time(), owner=_owner(one, over) or owner) for one in given]
    with store().write() as db:
        for one in kept:
            if not anyway:
                _refuse_taken(one, presets_table.find(db, one.owner, one.name), over)
            presets_table.put(db, one)
    return kept


def rename_preset(name: str, text: str, owner: str = "") -> RunPreset:
    """Give a preset another name; runs keep the name they came with. Raises Refused, UnknownPreset."""
    new = preset_name(text)
    with store().write() as db:
        found = _found(db, preset_name(name), owner)
        if found.fault:
            raise Refused(f"preset {found.title} cannot be renamed: {found.fault}")
        renamed = replace(found, name=new)
        if new != found.name:
            _refuse_taken(renamed, presets_table.find(db, found.owner, new), None)
            presets_table.remove(db, found.owner, found.name)
            presets_table.put(db, renamed)
    return renamed


def delete_preset(name: str, owner: str = "") -> RunPreset:
    """Forget a preset, and return it as it was; runs keep what they came with. Raises UnknownPreset."""
    with store().write() as db:
        found = _found(db, preset_name(name), owner)
        presets_table.remove(db, found.owner, found.name)
    return found


def count_presets() -> int:
    """How many presets there are, whosever."""
    with store().read() as db:
        return presets_table.count(db)


def settings_of_preset(preset: RunPreset) -> tuple[Pool, Limits]:
    """The pool and the limits of a run that a preset says, the job's own where it says nothing."""
    pool, limits = defaults(preset.job)
    said: dict[str, Any] = dict(preset.how)
    pool = pool_with(pool, said.pop("processes", None), said.pop("threads", None))
    return pool, limits_with(limits, said)


def complete_preset(preset: RunPreset) -> RunPreset:
    """A preset with all that it leaves to its job, as a run keeps it."""
    found = job_named(preset.job)
    try:
        params = validate_params(found, preset.params)
    except BadParams:
        params = validate_params(found, {}) | dict(preset.params)
    how, on = _how(*settings_of_preset(preset)), preset.on or LOCAL
    return replace(preset, params=conceal(found, params)[0], how=how, on=on, saved_at=0.0)


def with_preset(preset: RunPreset, params: Mapping[str, Any]) -> dict[str, Any]:
    """The params of a run: those given, else what the preset says. Raises Refused where the preset itself says what
    the job no longer takes."""
    own = {name: value for name, value in preset.params.items() if name not in params}
    if fault := _fault(replace(preset, params=own, budget=Budget()), catalog()):
        raise Refused(f"preset {preset.title} cannot be used: {fault}")
    return {**own, **params}


def check_preset(preset: RunPreset) -> RunPreset:
    """A preset as it may be kept. Raises Refused, BadParams."""
    found = job_named(preset.job)
    _refuse_literals(found, preset.params)
    plain = validate_params(found, preset.params)
    check_fields(preset.how)
    check_place(preset.on or LOCAL)
    _check_spending(found, preset)
    params = {name: plain[name] for name in preset.params if name in plain}
    return replace(preset, name=preset_name(preset.name), params=params)


def _check_spending(job: Any, preset: RunPreset) -> None:
    """What it takes from earlier runs, and at what it pauses, must be what its job can."""
    check_reuse(job, preset.reuse)
    if preset.budget:
        check_budget(job.name, columns(job.name, preset.params), preset.budget)


def _refuse_literals(job: Any, params: Mapping[str, Any]) -> None:
    """A preset is exported and backed up: it holds the names of secrets."""
    known = {name: value for name, value in params.items() if name in secret_params(job)}
    for name in conceal(job, known)[1]:
        raise Refused(
            f"{name}: a preset keeps no secret: give it as {{secret:NAME}}, and write NAME=… into the secrets file "
            "(JOBS_SECRETS)"
        )


def _fault(preset: RunPreset, there: Catalog) -> str:
    """Why a preset cannot be used as it is; empty: it can. It is found out anew where its job is another."""
    job, said = there.jobs.get(preset.job), json.dumps(preset.plain())
    known = _known.get(said)
    if known is None or job is None or known[0] is not job:
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        known = _known[said] = (job, _found_fault(preset, there))
    return known[1]


def _found_fault(preset: RunPreset, there: Catalog) -> str:
    try:
        found = there.job(preset.job)
        _refuse_literals(found, preset.params)
        validate_params(found, preset.params)
        check_fields(preset.how)
        _check_spending(found, preset)
    except BadParams as error:
        return f"{in_one_line(preset.job)} has changed since it was saved: {error}"
    except FanoutError as error:
        return str(error)
    return ""


def _owner(preset: RunPreset, over: RunPreset | None) -> str:
    """Whose a preset stays that takes the place of another; empty: it is new."""
    whose = ownership.whose()
    return over.owner if over is not None and over.name == preset.name and whose in (None, over.owner) else ""


def _refuse_taken(preset: RunPreset, there: RunPreset | None, seen: RunPreset | None) -> None:
    if seen is not None and seen.name == preset.name:
        if there is None:
            raise Refused(f"preset {preset.title} was deleted or renamed meanwhile: save this under a name of its own")
        if (there.saved_at, there.plain()) != (seen.saved_at, seen.plain()):
            raise Refused(
                f"preset {preset.title} was changed meanwhile, in another tab or on the command line: choose it again "
                "to see that, or save this under another name"
            )
    elif there is not None:
        raise Refused(
            f"there is a preset {there.title} already, of job {in_one_line(there.job)}: choose another name "
            f"(see: {program.NAME} presets show; --replace takes its place)"
        )


def _found(db: Connection, name: str, owner: str = "") -> RunPreset:
    there = presets_table.listed(db, ownership.whose(), name=name)
    found = ownership.chosen([one for one in there if owner in ("", one.owner)])
    if found is None:
        titles = [one.title for one in presets_table.listed(db, ownership.whose())]
        more = f" and {len(titles) - MOST_NAMED} more" if len(titles) > MOST_NAMED else ""
        known = f"there are {', '.join(titles[:MOST_NAMED])}{more}" if titles else "there is none yet"
        raise UnknownPreset(f"there is no preset '{in_one_line(name)}' ({known}; see: {program.NAME} presets list)")
    return found


def _how(pool: Pool, limits: Limits) -> dict[str, float | None]:
    """A pool and limits as a preset has them."""
    both = {**vars(pool), **vars(limits)}
    return {name: both[name] for name in HOW}
