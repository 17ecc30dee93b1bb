"""Jobs as programs read them: what each takes, as JSON Schema, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import TypedDict

from jobs.runtime.client.jobs import columns, form_fields, job_named
from jobs.runtime.job.form_fields import FormField

_TYPES: Mapping[str, dict[str, Any]] = {
    "switch": {"type": "boolean"},
    "whole": {"type": "integer"},
    "number": {"type": "number"},
    "lines": {"type": "array", "items": {"type": "string"}},
}


class JobDocument(TypedDict):
    """A job, as `list --json` prints it."""

    name: str
    title: str
    bound: str
    item: str
    kind: str
    params: dict[str, Any]
    columns: list[str]
    codes: dict[str, str]


def job_document(name: str) -> JobDocument:
    """A job of the catalog, with the defaults of its params and its columns with these."""
    job = job_named(name)
    return {
        "name": name,
        "title": job.title,
        "bound": job.bound,
        "item": job.item_name,
        "kind": job.kind.name,
        "params": {field.name: _plain(field.default) for field in form_fields(name)},
        "columns": [column.name for column in columns(name, {})],
        "codes": dict(job.codes),
    }


def params_schema(name: str) -> dict[str, Any]:
    """The params of a job as JSON Schema."""
    fields = form_fields(name)
    required = [field.name for field in fields if field.default is None and not field.optional and not field.standing]
    return {
        "type": "object",
        "properties": {field.name: _schema(field) for field in fields},
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


def _schema(field: FormField) -> dict[str, Any]:
    """One param; what a secret is goes in and never out."""
    found: dict[str, Any] = dict(_TYPES.get(field.input, {"type": "string"}))
    if field.choices:
        found["enum"] = list(field.choices)
    if field.least is not None:
        found["minimum"] = field.least
    if field.most is not None:
        found["maximum"] = field.most
    if field.secret:
        found |= {"writeOnly": True, "format": "password"}
    if field.optional:
        found = {"anyOf": [found, {"type": "null"}]}
    if not (field.standing or field.secret) and field.default is not None:
        found["default"] = _plain(field.default)
    return {"title": field.label, **({"description": field.help} if field.help else {}), **found}


def _plain(default: Any) -> Any:
    return getattr(default, "value", default)
