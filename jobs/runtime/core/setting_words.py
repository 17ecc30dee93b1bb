"""The settings of a run in words, and those in which it differs from the preset it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from jobs.runtime.core.budget import Budget
from jobs.runtime.core.presets import RunPreset
from jobs.runtime.core.records import LOCAL, Limits, Pool, Run, Table
from jobs.runtime.core.reuse import Reuse

MOST_SHOWN = 60
"""Characters of a longer value within a sentence."""


class SettingChange(NamedTuple):
    """A setting that differs from the preset: what it is, what the preset says, what the run has."""

    setting: str
    preset: str
    run: str

    def __str__(self) -> str:
        return f"{self.setting} {_cut(self.preset)} → {_cut(self.run)}"


def setting_words(
    params: Mapping[str, Any], pool: Pool, limits: Limits, *, on: str, reuse: Reuse | None, budget: Budget
) -> dict[str, str]:
    """Each param, the pool and where it is, the limits, what is taken from earlier runs and the budget, by name."""
    return {
        **{name: _shown(value) for name, value in params.items()},
        "pool": str(pool),
        "on": on or LOCAL,
        "attempts": str(limits.attempts),
        "deadline": "none" if limits.deadline is None else f"{limits.deadline:g} s",
        "at once": "any number" if limits.at_once is None else str(limits.at_once),
        "pause": f"{limits.pause:g} s",
        "from earlier runs": "nothing" if reuse is None else str(reuse),
        "pause at": str(budget) or "nothing",
    }


def preset_changes(run: Run) -> tuple[SettingChange, ...]:
    """In what a run differs from the preset it came from, as that was when the run began."""
    if run.preset is None:
        return ()
    words = setting_words(run.params, run.pool, run.limits, on=run.on, reuse=run.reuse, budget=run.budget)
    return changes_from(run.preset, words, run.table)


def changes_from(preset: RunPreset, words: Mapping[str, str], table: Table) -> tuple[SettingChange, ...]:
    """In what settings in words, and the columns of a table, differ from a preset that is complete."""
    before, after = _of_preset(preset), {**words, **_columns_of(table, preset)}
    names = dict.fromkeys([*before, *after])
    pairs = ((name, before.get(name, "–"), after.get(name, "–")) for name in names)
    return tuple(SettingChange(*pair) for pair in pairs if pair[1] != pair[2])


def preset_sentence(run: Run) -> str:
    """Which preset a run came from, and in what it differs; empty: it came from none."""
    if run.preset is None:
        return ""
    changes = preset_changes(run)
    if not changes:
        return f"as preset {run.preset.title} says"
    return f"differs from preset {run.preset.title}: {'; '.join(map(str, changes))}"


def _of_preset(preset: RunPreset) -> dict[str, str]:
    """In words what a preset says that a run keeps: it is complete there."""
    how: dict[str, Any] = dict(preset.how)
    pool = Pool(processes=how.pop("processes"), threads=how.pop("threads"))
    limits = Limits(**how)
    words = setting_words(preset.params, pool, limits, on=preset.on, reuse=preset.reuse, budget=preset.budget)
    return words | _columns(preset.column, preset.fields)


def _columns_of(table: Table, preset: RunPreset) -> dict[str, str]:
    """In words where the items come from, where the preset says that and there were columns to choose from."""
    column, fields = preset.column, dict(preset.fields)
    if table.columns:
        column = _same(table.item_column, preset.column) if preset.column else ""
        fields = {name: _same(table.fields.get(name, ""), wanted) for name, wanted in fields.items()}
    return _columns(column, fields)


def _columns(column: str, fields: Mapping[str, str]) -> dict[str, str]:
    said = {"column": column} if column else {}
    return said | {f"column of {name}": wanted or "none" for name, wanted in fields.items()}


def _same(found: str, wanted: str) -> str:
    """The column that was read, in the words of the preset where it is the one meant."""
    return wanted if wanted.isdecimal() or found.strip().casefold() == wanted.strip().casefold() else found


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value in (None, "") else str(value)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"
