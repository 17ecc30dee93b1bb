"""`presets`: settings of a job under a name, to begin runs with: listed, shown, saved, given to others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from jobs.runtime import client
from jobs.runtime.cli.budget_options import BudgetOptions, budget_options
from jobs.runtime.cli.input_options import InputOptions
from jobs.runtime.cli.job_options import JobCommand, split_params
from jobs.runtime.cli.options import owner_option
from jobs.runtime.cli.reuse_options import ReuseOptions, reuse_options
from jobs.runtime.cli.run_options import finite, finite_how, limit_options, on_option, pool_options
from jobs.runtime.cli.table_options import STANDARD_OUTPUT, TableOptions, check_place
from jobs.runtime.cli.terminal import say, say_json, say_table, speakable
from jobs.runtime.cli.verb import Verb, VerbGroup
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.job_terms import number_or_auto
from jobs.runtime.core.people import OWNER
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.text import in_one_line
from jobs.runtime.core.units import count, moment

MOST_SAID = 200
"""Characters of a preset's settings in a list; `presets show` has them all."""

_REPLACE = click.option("--replace", "anyway", is_flag=True, help="Take the place of a preset of this name.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
_OWNER = owner_option()


@click.group("presets", cls=VerbGroup)
def presets() -> None:
    """Keep settings of a job under a name, to begin runs with: `run JOB FILE --preset NAME`."""


@presets.command("list", cls=Verb, examples=("presets list", "presets list --json"))
@click.option("--job", default="", help="Only the presets of this job.")
@_JSON
def list_presets(job: str, as_json: bool) -> None:
    """List the presets, and why those that cannot be used cannot."""
    found = client.presets(job)
    if as_json:
        say_json([_document(preset) for preset in found])
        return
    if not found:
        say("No presets yet.")
        return
    owned = any(one.owner != OWNER for one in found)
    say_table(
        ("preset", "job", *(["owner"] if owned else []), "settings"),
        [(one.name, one.job, *([one.owner] if owned else []), _settings(one)) for one in found],
    )
    for preset in found:
        if preset.fault:
            say(f"{preset.title} cannot be used: {in_one_line(preset.fault)}")


@presets.command("show", cls=Verb, examples=("presets show gentle",))
@click.argument("name")
@_OWNER
@_JSON
def show(name: str, owner: str, as_json: bool) -> None:
    """Show what preset NAME says; all else is as its job has it."""
    wanted = client.preset_named(speakable(name), owner)
    if as_json:
        say_json(_document(wanted))
        return
    lines = {"preset": wanted.name, "job": wanted.job, "saved": moment(wanted.saved_at), **_said(wanted)}
    for label, text in lines.items():
        say(f"{in_one_line(label) + ':':<13} {in_one_line(str(text))}")
    if wanted.fault:
        say(f"It cannot be used: {in_one_line(wanted.fault)}")


@presets.command(
    "save",
    cls=JobCommand,
    examples=("presets save {job} gentle --at-once 1 --pause 2", "presets save {job} as-then --from 1a2b3c4d"),
)
@click.argument("job")
@click.argument("name")
@pool_options
@limit_options
@on_option
@reuse_options
@budget_options
@click.option("--column", "chosen", multiple=True, help="The column of the items; of a field of a row as FIELD=NAME.")
@click.option("--out-columns", default="", help="The columns that are shown and written, with commas between.")
@click.option("--from", "from_run", metavar="RUN", default="", help="Begin with the settings of this run.")
@_REPLACE
def save(job: str, name: str, chosen: tuple[str, ...], out_columns: str, anyway: bool, **options: Any) -> None:
    """Save the settings that are given as preset NAME of JOB; all else stays as the job has it.

    A secret is kept by its name alone, {secret:NAME}.
    """
    params, from_run, on = split_params(options), options.pop("from_run"), options.pop("on") or ""
    reuse: ReuseOptions = options.pop("reuse")
    budget: BudgetOptions = options.pop("budget")
    column, fields = InputOptions(chosen=chosen).choice(client.job_named(job))
    preset = RunPreset(name=speakable(name), job=job, params=params, how=finite_how(options), on=on)
    if from_run:
        preset = _of_run(preset, from_run)
    shown = TableOptions(out_columns=out_columns).shape().columns
    preset = replace(
        preset,
        column=column or preset.column,
        fields={**preset.fields, **fields},
        shown=shown or preset.shown,
        reuse=reuse.asked(job, preset.reuse) or None,
        budget=budget.asked(preset.budget),
    )
    kept = client.save_preset(preset, anyway=anyway)
    say(f"preset {kept.title} of {job} is saved: {_settings(kept)}")


@presets.command("rename", cls=Verb, examples=('presets rename gentle "gentle, at night"',))
@click.argument("name")
@click.argument("text")
@_OWNER
def rename(name: str, text: str, owner: str) -> None:
    """Call preset NAME something else; runs keep the name that they came with."""
    say(f"it is called {client.rename_preset(speakable(name), speakable(text), owner).title} now")


@presets.command("delete", cls=Verb, examples=("presets delete gentle",))
@click.argument("name")
@_OWNER
def delete(name: str, owner: str) -> None:
    """Delete preset NAME; runs keep what they came with."""
    client.delete_preset(speakable(name), owner)
    say(f"preset '{in_one_line(name)}' is deleted")


@presets.command(
    "export", cls=Verb, examples=("presets export --out presets.toml", "presets export gentle --out gentle.toml")
)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--out", required=True, help="Write them here, as TOML; -: to standard output.")
@_OWNER
def export(names: tuple[str, ...], out: str, owner: str) -> None:
    """Write presets, all of them or those named, to a TOML file."""
    every = [preset.name for preset in client.presets() if owner in ("", preset.owner)]
    wanted = [client.preset(name, owner=owner) for name in dict.fromkeys(map(speakable, names)) or every]
    if not wanted:
        raise Refused("there is no preset to export yet")
    if out == STANDARD_OUTPUT:
        say(client.presets_toml(wanted).removesuffix("\n"))
        return
    check_place(Path(out))
    client.write_presets(wanted, Path(out))
    say(f"{out}: {count(len(wanted), 'preset')}")


@presets.command("import", cls=Verb, examples=("presets import presets.toml", "presets import new.toml --replace"))
@click.argument("file", type=click.Path(path_type=Path))
@_REPLACE
def import_presets(file: Path, anyway: bool) -> None:
    """Save the presets of FILE, TOML as `presets export` writes it: all of them, or none."""
    kept = client.save_presets(client.presets_from(file), anyway=anyway)
    say(f"{count(len(kept), 'preset')} saved: {', '.join(preset.title for preset in kept)}")


def _of_run(preset: RunPreset, run_id: str) -> RunPreset:
    """A preset with the settings of a run, where it says nothing else."""
    run = client.run(run_id)
    if run.job != preset.job:
        raise Refused(f"run {run_id} is of job {run.job}, not of {preset.job}: name a run of {preset.job}")
    said: dict[str, Any] = dict(preset.how)
    pool = client.pool_with(run.pool, said.pop("processes", None), said.pop("threads", None))
    return client.preset_of(
        preset.job,
        preset.name,
        params={**run.params, **preset.params},
        pool=pool,
        limits=finite(replace(run.limits, **said)),
        on=preset.on or run.on,
        column=run.table.item_column if run.table.columns and not run.table.fields else "",
        fields=dict(run.table.fields),
        shown=run.preset.shown if run.preset else (),
        reuse=run.reuse,
        budget=run.budget,
    )


def _document(preset: RunPreset) -> dict[str, Any]:
    plain = preset.plain()
    return {
        **{name: plain[name] for name in ("name", "job", "params")},
        "owner": preset.owner,
        "run": {name: _number(name, value) for name, value in preset.how.items()},
        "on": preset.on or None,
        **{name: plain[name] for name in ("column", "fields", "shown")},
        "fresh": preset.reuse.fresh if preset.reuse else None,
        "conditional": preset.reuse is not None and preset.reuse.conditional,
        "budget": client.budget_document(preset.budget),
        "saved_at": moment(preset.saved_at),
        "fault": preset.fault,
    }


def _settings(preset: RunPreset) -> str:
    """What it says, in one line; of what is longer the beginning."""
    said = in_one_line("; ".join(f"{name} {value}" for name, value in _said(preset).items())) or "as the job has it"
    return said if len(said) <= MOST_SAID else f"{said[: MOST_SAID - 1]}…"


def _said(preset: RunPreset) -> dict[str, Any]:
    """What it says, by the names of its settings."""
    said: dict[str, Any] = {name: "none" if value is None else value for name, value in preset.params.items()}
    said |= {
        name.replace("_", " "): "none" if value is None else _number(name, value) for name, value in preset.how.items()
    }
    said |= {name: value for name, value in (("on", preset.on), ("column", preset.column)) if value}
    said |= {f"column of {field}": name or "none" for field, name in preset.fields.items()}
    said |= {"from earlier runs": str(preset.reuse)} if preset.reuse else {}
    said |= {"pause at": str(preset.budget)} if preset.budget else {}
    return said | ({"shown": ", ".join(preset.shown)} if preset.shown else {})


def _number(name: str, value: float | None) -> float | int | str | None:
    return value if value is None or not client.RUN_FIELDS[name].auto else number_or_auto(int(value))
