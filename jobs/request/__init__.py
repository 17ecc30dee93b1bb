"""Ask an API for each row.

One row of a table in, one HTTP request, one row out: the status, what the rules take out of the answer, and the answer
itself. URL, headers, query and body are templates with the row's columns, `{column}`.

    __init__ ── attempt ─┬─ options ── templates   the request that a row makes
    (the params)         ├─ extraction             what is taken out of the answer
                         └─ codes                  what can go wrong
         ── samples                                what it is tried with
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

import jobs
from jobs import ItemError, Kind, Pace, job
from jobs.request import extraction, templates
from jobs.request.codes import CODES
from jobs.request.samples import SAMPLES
from jobs.web.accepted import check_accept
from jobs.web.request_headers import check_headers
from jobs.web.trust_params import CaFile, Insecure

CELL = Annotated[str, Kind(name="cell", read=str, looks_like=lambda cell: bool(cell.strip()))]
"""A field of a row: any cell, also an empty one."""

AGENT = f"Fanout/{jobs.__version__}"

_ASKED, _ANSWER, _LIMITS = "What is asked", "What comes back", "Limits"
"""The groups of the form."""


def check_url(text: str) -> str:
    """Refuse a template that cannot be a URL's, before the run."""
    first = next(iter(templates.read(text.strip())), None)
    if first is not None and first.column and not first.raw:
        raise ValueError(f"{{{first.column}}} at its beginning would be percent-encoded: write {{{first.column}|raw}}")
    return text.strip()


def check_pairs(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse a line that is no pair."""
    for line in lines:
        templates.split(line)
    return lines


def check_rules(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse a wrong rule, with its number."""
    if lines:
        columns = {rule.column for rule in extraction.read(lines)}
        taken = sorted(columns & {"status", "response_seconds", "answer", "request", "code"})
        if taken:
            raise ValueError(f"column {taken[0]} is there already: give the rule another name")
    return lines


def fields_of(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The columns that the templates name, as the fields of a row. Raises ItemError where they make no request."""
    if not params["url"]:
        raise ItemError("invalid_url", "url: give the address to ask, as in https://api.example.org/search?q={city}")
    body, kind = str(params["body"]), params["body_type"]
    try:
        if body.strip() and kind == "json":
            templates.check_json(body)
        if kind == "form":
            check_pairs(tuple(line for line in body.splitlines() if line.strip()))
    except ValueError as error:
        raise ItemError("invalid_item", f"body: {error}") from None
    if body.strip() and params["method"] in ("GET", "HEAD"):
        raise ItemError("invalid_item", f"body: a {params['method']} has none: choose another method, or leave it out")
    pairs = [templates.split(line)[1] for line in params["query"]]
    named = templates.columns([params["url"], *pairs, *params["headers"], body])
    key = params["idempotency_key"]
    return dict.fromkeys([*named, *([key] if key and key not in named else [])], CELL)


def columns_of(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The status, what the rules take out, and the answer."""
    rules = tuple(params.get("extract") or ())
    found: dict[str, Any] = {
        "status": Annotated[int | None, Field(description="the status that the server answered")],
        "response_seconds": Annotated[float | None, Field(description="from the request to the head of the answer")],
        **(extraction.hints(extraction.read(rules)) if rules else {}),
    }
    if params.get("answer_chars"):
        found["answer"] = Annotated[str | None, Field(description="the body of the answer, as text, up to the cap")]
    if params.get("show_request"):
        found["request"] = Annotated[str | None, Field(description="the request as it was sent")]
    return found


def host_of(row: Mapping[str, str], params: Mapping[str, Any]) -> str:
    """The host that a row is asked of: the group in which it is gentle."""
    return str(_options(params).target(row).host)


def key_of(row: Mapping[str, str], params: Mapping[str, Any]) -> str | None:
    """Equal rows are asked for once, where asking changes nothing."""
    return str(sorted(row.items())) if params["method"] in ("GET", "HEAD") else None


def _options(params: Mapping[str, Any]) -> Any:
    from jobs.request.options import RequestOptions  # likewise

    names = RequestOptions.__dataclass_fields__
    return RequestOptions(**{name: value for name, value in params.items() if name in names})


def ready() -> None:
    """Load what asks: it counts as nobody's seconds."""
    from jobs.web import item_attempt

    item_attempt.shared_fetcher()


@job(
    bound="io",
    group=host_of,
    key=key_of,
    pace=Pace(at_once=2, pause=0.25),
    columns=columns_of,
    fields=fields_of,
    ready=ready,
    codes=CODES,
    conditional=True,
    asks=True,
    dry_run={"show_request": True},
    sample=SAMPLES,
)
def request(
    row: dict[str, str],
    *,
    url: Annotated[
        str,
        Field(
            title="Address",
            max_length=8_000,
            description="the address to ask, with columns in it, as in https://a.org/?q={city}",
            json_schema_extra={"group": _ASKED},
        ),
        AfterValidator(check_url),
    ] = "",
    method: Annotated[
        Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"],
        Field(title="Method", description="how it is asked", json_schema_extra={"group": _ASKED}),
    ] = "GET",
    query: Annotated[
        tuple[str, ...],
        Field(
            title="More of the query",
            description="more of the query, as in q = {city}, percent-encoded",
            json_schema_extra={"group": _ASKED},
        ),
        AfterValidator(check_pairs),
    ] = (),
    headers: Annotated[
        tuple[str, ...],
        Field(
            title="More headers",
            description="more headers, as in Authorization: Bearer {secret:KEY}, sent to the URL's own origin only; "
            "shown nowhere",
            json_schema_extra={"group": _ASKED, "secret": True},
        ),
        AfterValidator(check_headers),
    ] = (),
    body: Annotated[
        str,
        Field(
            title="What is sent",
            max_length=200_000,
            description='what is sent, with columns in it, as in {"text": "{review}"}',
            json_schema_extra={"group": _ASKED, "multiline": True},
        ),
    ] = "",
    body_type: Annotated[
        Literal["json", "form", "text"],
        Field(
            title="What that is",
            description="what the body is: JSON, lines of name = {column} sent as a form, or text",
            json_schema_extra={"group": _ASKED},
        ),
    ] = "json",
    extract: Annotated[
        tuple[str, ...],
        Field(
            title="Columns out of the answer",
            description="columns out of a JSON answer, as in price: float = $.usage.cost",
            json_schema_extra={"group": _ANSWER},
        ),
        AfterValidator(check_rules),
    ] = (),
    answer_chars: Annotated[
        int,
        Field(
            title="Most of the answer kept",
            ge=0,
            le=500_000,
            description="characters of the answer that are kept; 0: no column for it",
            json_schema_extra={"group": _ANSWER, "unit": "characters"},
        ),
    ] = 20_000,
    repeatable: Annotated[
        bool,
        Field(
            title="May be sent again",
            description="a POST or PATCH may be sent again though it may have been received",
            json_schema_extra={"group": _ASKED},
        ),
    ] = False,
    idempotency_key: Annotated[
        str,
        Field(
            title="Column sent as Idempotency-Key",
            max_length=200,
            description="a column that is sent as Idempotency-Key; then it may be repeated",
            json_schema_extra={"group": _ASKED},
        ),
    ] = "",
    timeout: Annotated[
        float,
        Field(
            title="Longest time for a row",
            ge=0.5,
            le=600,
            description="seconds for a row, redirects included",
            json_schema_extra={"group": _LIMITS, "unit": "seconds"},
        ),
    ] = 30.0,
    max_bytes: Annotated[
        int,
        Field(
            title="Most bytes of an answer",
            ge=1_024,
            le=50_000_000,
            description="bytes of an answer that are read, decompressed",
            json_schema_extra={"group": _LIMITS, "unit": "MB", "scale": 1_000_000},
        ),
    ] = 1_000_000,
    user_agent: Annotated[
        str,
        Field(
            title="Who asks (User-Agent)",
            max_length=300,
            pattern=r"^[\x20-\x7e]*$",
            description="who asks",
            json_schema_extra={"group": _ASKED},
        ),
    ] = AGENT,
    accept: Annotated[
        str,
        Field(
            title="Statuses that are ok",
            description="statuses that are ok, as in 200..299,404",
            json_schema_extra={"group": _ANSWER},
        ),
        AfterValidator(check_accept),
    ] = "",
    ca_file: CaFile = "",
    insecure: Insecure = False,
    show_request: Annotated[
        bool,
        Field(
            title="Show the request as it was sent",
            description="a column with the request as it was sent",
            json_schema_extra={"group": _ANSWER},
        ),
    ] = False,
) -> dict[str, Any]:
    """One request: what its server answered."""
    params = tuple(pair for pair in locals().items() if pair[0] != "row")
    from jobs.request.attempt import ask  # requests costs 270 ms: not where jobs are only listed

    return ask(row, _wishes(params), extract, answer_chars, show=show_request)


@functools.lru_cache(maxsize=16)
def _wishes(params: tuple[tuple[str, Any], ...]) -> Any:
    return _options(dict(params))
