"""The table of routes as an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.0)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

import jobs
from jobs.runtime import exports
from jobs.runtime.api import handlers, operations, problems
from jobs.runtime.api.endpoint import ROOT, ApiEndpoint
from jobs.runtime.core.access import LEAST
from jobs.runtime.core.schedules import MOST_NAME

_REF = "#/components/schemas/{name}"
_PATHS: dict[str, dict[str, Any]] = {
    "id": {"description": "the whole id of a run", "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"}},
    "format": {
        "description": "the ending of the file; a job may have it make others, as in warc.gz",
        "schema": {"type": "string", "enum": [*exports.MIME_TYPES, operations.ZIP]},
    },
    "name": {
        "description": "the name of a schedule",
        "schema": {"type": "string", "minLength": 1, "maxLength": MOST_NAME},
    },
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "the same key with the same request gives the same run",
    "schema": {"type": "string", "minLength": 1, "maxLength": handlers.MOST_KEY, "pattern": "^[!-~]+$"},
}


def document(endpoints: Sequence[ApiEndpoint]) -> dict[str, Any]:
    """All of it."""
    types = [kind for one in endpoints for kind in (one.words, one.body, one.answer) if kind is not None]
    known = list(dict.fromkeys(kind for kind in types if isinstance(kind, type) and kind is not dict))
    found, components = msgspec.json.schema_components(known, ref_template=_REF)
    schemas = dict(zip(known, found, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for one in endpoints:
        paths.setdefault(f"{ROOT}{one.path}", {})[one.method.lower()] = _operation(one, schemas, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Fanout", "version": jobs.__version__, "description": "Runs of jobs, for programs."},
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": _PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


_PROBLEM = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what is wrong, and what to do, in a sentence"},
        "code": {"type": "string", "description": "the same for programs"},
        "faults": {"type": "object", "additionalProperties": {"type": "string"}, "description": "by param"},
    },
    "required": ["type", "title", "status", "detail", "code"],
}


def _operation(one: ApiEndpoint, schemas: dict[Any, Any], components: dict[str, Any]) -> dict[str, Any]:
    named = [
        {"name": name, "in": "path", "required": True, **_PATHS[name]} for name in _PATHS if f"{{{name}}}" in one.path
    ]
    words = components[one.words.__name__]["properties"]
    behind = [{"name": name, "in": "query", "schema": _bare(schema)} for name, schema in words.items()]
    needs = "nobody's token" if one.deed is None else f"a token with the scope {LEAST[one.deed]}"
    return {
        "operationId": one.name,
        "summary": one.summary,
        "description": f"Needs {needs}.",
        **({"security": []} if one.deed is None else {}),
        "parameters": [*named, *behind, *([_KEY] if one.form and one.status == 201 else [])],
        **({"requestBody": _body(one, schemas)} if one.body is not None else {}),
        "responses": {
            str(one.status): _answer(one, schemas),
            "default": {
                "description": "a problem",
                "content": {problems.MEDIA_TYPE: {"schema": {"$ref": _REF.format(name="Problem")}}},
            },
        },
    }


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    """A word behind `?` is a text: null is the same as to leave it out."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    return kinds[0] if kinds else {name: value for name, value in schema.items() if value is not None}


def _body(one: ApiEndpoint, schemas: dict[Any, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": schemas[one.body]}}
    if one.form:
        parts = {"run": schemas[one.body], "file": {"type": "string", "contentMediaType": "application/octet-stream"}}
        schema = {"type": "object", "properties": parts, "required": ["run", "file"], "additionalProperties": False}
        content["multipart/form-data"] = {"schema": schema, "encoding": {"run": {"contentType": "application/json"}}}
    required = any(field.required for field in msgspec.structs.fields(one.body)) if one.body is not None else False
    return {"required": required, "content": content}


def _answer(one: ApiEndpoint, schemas: dict[Any, Any]) -> dict[str, Any]:
    if one.status == 204:
        return {"description": "done"}
    if one.answer is None:
        return {"description": one.summary, "content": {kind: {} for kind in one.media}}
    schema = schemas.get(one.answer, {"type": "object"})
    return {"description": one.summary, "content": {kind: {"schema": schema} for kind in one.media}}
