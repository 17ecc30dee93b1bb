"""The OpenAPI document and the routes are one table, and what is answered is what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from starlette.routing import Route

import jobs
from jobs.runtime import client
from jobs.runtime.api.application import ApiApp
from tests.api.conftest import Program
from tests.support.pages import blocks
from tests.support.pages import rows as rows_told

METHODS = {"get", "post", "delete", "put", "patch", "head", "options"}


def described(program: Program) -> Any:
    return program("GET", "/openapi.json").json()


def test_the_document_tells_the_routes_there_are(program: Program) -> None:
    routes = [route for route in ApiApp()._routes.routes if isinstance(route, Route)]

    told = {(path, method.upper()) for path, ways in described(program)["paths"].items() for method in ways}

    assert told == {(route.path_format, method) for route in routes for method in route.methods or ()}
    assert len(told) > 12


def test_the_document_can_be_used(program: Program) -> None:
    document = described(program)

    assert (document["openapi"], document["info"]["version"]) == ("3.1.0", jobs.__version__)
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    refs = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert refs <= document["components"]["schemas"].keys()
    for path, ways in document["paths"].items():
        assert set(ways) <= METHODS
        for operation in ways.values():
            named = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))
            assert operation["summary"]
            assert {"default"} < set(operation["responses"])


def test_what_is_answered_is_what_the_document_says(program: Program) -> None:
    document = described(program)
    run = program.end(job="factorial", items=[5, "x"])["id"]

    def check(method: str, path: str, words: str = "", *, status: str = "200") -> None:
        answer = program(method, path.format(id=run) + words)
        operation = document["paths"][f"/api{path}"][method.lower()]
        content = operation["responses"][status]["content"]
        kind = answer.headers["Content-Type"].partition(";")[0]
        jsonschema.validate(answer.json(), {**content[kind]["schema"], "components": document["components"]})

    check("GET", "/health")
    check("GET", "/jobs")
    check("GET", "/runs")
    check("GET", "/runs/{id}")
    check("GET", "/runs/{id}/rows")
    check("POST", "/runs/{id}/links", status="201")
    check("GET", "/runs/{id}/links")
    check("POST", "/runs/{id}/cancel", status="default")
    check("GET", "/runs/{id}/rows", "?limit=0", status="default")


def test_the_params_of_a_job_are_told_as_json_schema(program: Program) -> None:
    found = {job["name"]: job for job in program("GET", "/jobs").json()["jobs"]}

    for name, job in found.items():
        jsonschema.Draft202012Validator.check_schema(job["params_schema"])
        defaults = {key: value for key, value in job["params"].items() if value is not None}
        told = {
            key for key, schema in job["params_schema"]["properties"].items() if "default" in schema and key in defaults
        }
        jsonschema.validate({key: defaults[key] for key in told}, job["params_schema"] | {"required": []})
        assert set(job["params_schema"]["properties"]) == {field.name for field in client.form_fields(name)}
    timeout = found["scrape"]["params_schema"]["properties"]["timeout"]
    assert (timeout["type"], timeout["minimum"] > 0) == ("number", True)
    assert found["confide"]["params_schema"]["properties"]["pin"]["writeOnly"] is True


def test_the_routes_are_told_in_the_page(program: Program) -> None:
    told = rows_told("docs/api.md", "What can be asked")
    paths = described(program)["paths"]

    assert {f"{method.upper()} {path}" for path, ways in paths.items() for method in ways} == set(told)


def test_the_program_that_the_page_shows_runs(program: Program, capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = [block.text for block in blocks("docs/api.md") if block.language == "python"]
    (address,) = re.findall(r'API = "([^"]+)"', code)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOKEN", program.token)
        exec(compile(code.replace(address, program.server.address), "docs/api.md", "exec"), {})

    assert capsys.readouterr().out == "finished [3, 3, 23878]\n"


@pytest.mark.slow
def test_a_fuzzer_meets_no_error_of_ours(program: Program, tmp_path: Path) -> None:
    """Schemathesis makes requests from the document, wrong ones too, for some 25 s."""
    program.end(job="factorial", items=[5, "x"])
    command = [Path(sys.executable).with_name("schemathesis"), "run", f"{program.server.address}/openapi.json"]
    checks = "not_a_server_error,content_type_conformance,response_schema_conformance"
    limits = ["--max-time", "25", "--max-examples", "25", "--request-timeout", "20", "--generation-deterministic"]
    done = subprocess.run(
        [*command, "-H", f"Authorization: Bearer {program.token}", "--checks", checks, *limits, "--no-color"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-2_000:]
    assert program("GET", "/health").status_code == 200
