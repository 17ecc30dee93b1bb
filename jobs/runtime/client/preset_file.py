"""Presets as a TOML file that people read and edit, and back.

[[preset]]
name = "gentle"
job = "word_count"
run = {threads = "auto", deadline = "none"}
on = "cluster"             # or "local"
params = {timeout = 60.0}
none = ["prefix"]          # params that are none, for which TOML has no sign
column = "url"
fields = {place = "City"}
shown = ["title", "status"]
reuse = {new = true, fresh = "30d", conditional = true}
budget = {requests = 1000, bytes = 500000000, column = "cost", sum = 5.0}
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jobs.runtime import exports
from jobs.runtime.client.jobs import job_named
from jobs.runtime.client.presets import check_preset
from jobs.runtime.client.run_fields import RUN_FIELDS
from jobs.runtime.core import secrets
from jobs.runtime.core.budget import Budget
from jobs.runtime.core.errors import BadInput, Refused
from jobs.runtime.core.job_terms import number_or_auto
from jobs.runtime.core.presets import HOW, RunPreset, preset_name
from jobs.runtime.core.reuse import ANY_AGE, Reuse
from jobs.runtime.core.text import in_one_line, json_safe, storable
from jobs.runtime.core.units import age, age_text

MOST_BYTES = 2**20
MOST_SAID = 1_000
"""Characters of what is wrong with a preset: its names and values may be of any length."""

NONE = "none"
_KINDS: Mapping[str, tuple[type, str]] = {
    **dict.fromkeys(("name", "job", "on", "column"), (str, "a text")),
    **dict.fromkeys(("params", "run", "fields", "reuse", "budget"), (dict, "a table")),
    **dict.fromkeys(("none", "shown"), (list, "a list of texts")),
}
"""What a preset may say, and what each is."""


def presets_toml(presets: Iterable[RunPreset]) -> str:
    """These presets as TOML; what is not seen in it is written as an escape, which JSON and TOML have in common.

    Raises Refused for a param with a null within it, for which TOML has no sign.
    """
    import tomli_w

    documents = [_document(preset) for preset in presets]
    for document in documents:
        for name, value in document.get("params", {}).items():
            if None in secrets.scalars(value):
                raise Refused(
                    f"preset '{in_one_line(document['name'])}' cannot be written as TOML, which has no null: "
                    f"give {name} without one and save it anew, or name the other presets"
                )
    return json_safe(storable(tomli_w.dumps({"preset": documents})))


def write_presets(presets: Iterable[RunPreset], out: Path) -> None:
    """The same to a file, whole or not at all. Raises Refused."""
    with exports.opened(out) as stream:
        stream.write(presets_toml(presets).encode())


def presets_from(file: Path) -> list[RunPreset]:
    """The presets of a TOML file, none of them saved. Raises BadInput, with the line or the preset, and the remedy."""
    found = _parsed(file)
    entries = found.pop("preset", None)
    if found:
        raise BadInput(f"{file}: {_named(found)} is not known (want [[preset]] for each preset)")
    if not isinstance(entries, list) or not entries:
        raise BadInput(f"{file} holds no preset (want [[preset]], and below it name and job)")
    presets = [_read(entry, f"{file}, preset {number}") for number, entry in enumerate(entries, start=1)]
    names = [preset.name for preset in presets]
    for number, name in enumerate(names, start=1):
        if name in names[: number - 1]:
            first = names.index(name) + 1
            raise BadInput(f"{file}, preset {number}: '{in_one_line(name)}' is the name of preset {first} too")
    return presets


def _document(preset: RunPreset) -> dict[str, Any]:
    plain = preset.plain()
    params: dict[str, Any] = plain.pop("params")
    how: dict[str, Any] = plain.pop("how")
    said = plain | {
        "none": [name for name, value in params.items() if value is None],
        "run": {name: _number(name, value) for name, value in how.items()},
        "params": {name: value for name, value in params.items() if value is not None},
        "reuse": _written_reuse(preset.reuse),
        "budget": _written_budget(preset.budget),
    }
    return {name: value for name, value in said.items() if value or name in ("name", "job")}


def _number(name: str, value: float | None) -> float | str:
    if value is None:
        return NONE
    return number_or_auto(int(value)) if RUN_FIELDS[name].auto else value


def _written_reuse(reuse: Reuse | None) -> dict[str, Any]:
    if not reuse:
        return {}
    fresh = {} if reuse.fresh in (0, ANY_AGE) else {"fresh": age_text(reuse.fresh)}
    return {"new": reuse.fresh > 0, **fresh, "conditional": reuse.conditional}


def _written_budget(budget: Budget) -> dict[str, Any]:
    said = {"requests": budget.requests, "bytes": budget.bytes, "column": budget.column, "sum": budget.total}
    return {name: value for name, value in said.items() if value not in (None, "")}


def _parsed(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror or error}") from None
    if len(content) > MOST_BYTES:
        raise BadInput(f"{file} has more than {MOST_BYTES:,} bytes: it is no file of presets")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadInput(f"{file} is not UTF-8 at line {line}: save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{file} is no TOML: {_one_line(error)}") from None
    except ValueError:  # a number with more digits than Python reads
        long = re.search(rb"=\s*[+-]?[0-9_]{4000,}", content)
        line = content.count(b"\n", 0, long.start()) + 1 if long else 1
        raise BadInput(f"{file}, line {line}: that is no number of a setting") from None
    except RecursionError:
        raise BadInput(f"{file} is no file of presets: it is nested too deeply") from None


def _read(entry: Any, place: str) -> RunPreset:
    """One preset of a file; `place` says where it stands."""
    if not isinstance(entry, dict):
        raise BadInput(f"{place} is no table: write [[preset]], and its settings below")
    try:
        _check(entry)
        name, job = preset_name(entry["name"]), job_named(entry["job"]).name
        preset = RunPreset(
            name=name,
            job=job,
            params=entry.get("params", {}) | dict.fromkeys(entry.get("none", ())),
            how={key: _how(key, value) for key, value in entry.get("run", {}).items()},
            on=entry.get("on", ""),
            column=entry.get("column", ""),
            fields=entry.get("fields", {}),
            shown=tuple(entry.get("shown", ())),
            reuse=_reuse(entry.get("reuse", {})),
            budget=_budget(entry.get("budget", {})),
        )
        return check_preset(preset)
    except Refused as error:
        title = f" ('{in_one_line(entry['name'])[:60]}')" if isinstance(entry.get("name"), str) else ""
        raise BadInput(f"{place}{title}: {in_one_line(str(error))[:MOST_SAID]}") from None


def _check(entry: Mapping[str, Any]) -> None:
    for name in ("name", "job"):
        if name not in entry:
            raise Refused(f'it has no {name}: write {name} = "…"')
    for name, value in entry.items():
        if name not in _KINDS:
            raise Refused(f"{_named([name])} is not known (there are: {', '.join(_KINDS)})")
        kind, words = _KINDS[name]
        texts = value if name in ("none", "shown") else value.values() if name == "fields" else ()
        if not isinstance(value, kind) or not all(isinstance(text, str) for text in texts):
            raise Refused(f"{name} is no {words.removeprefix('a ')}: give {words}")


def _how(name: str, value: Any) -> float | None:
    if name not in HOW:
        raise Refused(f"run has no {_named([name])} (it has {', '.join(HOW)})")
    if value == NONE and HOW[name]:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Refused(f"run: {name} is not a number{RUN_FIELDS[name].wanted}")
    return RUN_FIELDS[name].number(value)


def _reuse(said: Mapping[str, Any]) -> Reuse | None:
    new, fresh, conditional = _kinds("reuse", said, new=(bool,), fresh=(str,), conditional=(bool,))
    try:
        found = age(fresh) if fresh is not None else ANY_AGE
    except ValueError as error:
        raise Refused(f"reuse: {error}") from None
    if fresh is not None and not new:
        raise Refused("reuse: fresh says how old a row may be that new takes: write new = true too")
    return Reuse(fresh=min(ANY_AGE, found) if new else 0.0, conditional=bool(conditional)) or None


def _budget(said: Mapping[str, Any]) -> Budget:
    requests, size, column, total = _kinds(
        "budget", said, requests=(int,), bytes=(int,), column=(str,), sum=(int, float)
    )
    if (column is None) is not (total is None):
        raise Refused("budget: a column is added up until its sum is reached: write both, column and sum")
    return Budget(requests=requests, bytes=size, column=column or "", total=None if total is None else float(total))


def _kinds(what: str, said: Mapping[str, Any], **kinds: tuple[type, ...]) -> list[Any]:
    """The values of a table by these names, None for those that it leaves out."""
    unknown = [name for name in said if name not in kinds]
    if unknown:
        raise Refused(f"{what} has no {_named(unknown)} (it has {', '.join(kinds)})")
    for name, value in said.items():
        if not isinstance(value, kinds[name]) or (isinstance(value, bool) and bool not in kinds[name]):
            raise Refused(f"{what}: {name} is no {' or '.join(_SPOKEN[kind] for kind in kinds[name])}")
    return [said.get(name) for name in kinds]


_SPOKEN: Mapping[type, str] = {bool: "true or false", str: "text", int: "whole number", float: "number"}


def _named(names: Iterable[str]) -> str:
    return ", ".join(in_one_line(name)[:60] for name in names)


def _one_line(error: Exception) -> str:
    return in_one_line(str(error)).replace("(at line", "(line")
