"""Read web pages.

One URL in, one row out: what the server answered, what the page says, and where the time went. Gentle with every host,
by its robots.txt; nothing private is reached; every failure has a code and a sentence.

    __init__ ── journey ── robots ── fetch ── connections ── guard ── resolver
        │       redirects    │         │           └── deadline: one watchdog shuts what is late
        │                    └─────────┴── body: capped, inflated
        └── verdict ── page ── decode, fields: what the page says
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

import jobs
from jobs import Pace, job
from jobs.scrape import columns as named
from jobs.scrape import urls
from jobs.scrape.codes import CODES
from jobs.scrape.headers import check_headers

AGENT = f"Fanout/{jobs.__version__}"
"""Who asks, unless a run says otherwise; robots.txt is read for the part before the slash."""

_ONE_LINE = r"^[\x20-\x7e]*$"


def check_fields(text: str) -> str:
    """Refuse a wrong selector before the run, with its line and place."""
    if text.strip():
        from jobs.scrape.fields import read_fields  # 200 ms: only where there are fields

        read_fields(text)
    return text


def columns_of(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The columns of a run: those of its preset, the file of the page where pages are kept, the user's own fields."""
    text = str(params.get("fields") or "")
    preset = params.get("columns", "everything")
    chosen = named.of_preset(preset)
    if params.get("save_pages") and preset != "status":
        chosen = {**chosen, **named.SAVED}
    if not text.strip():
        return chosen
    from jobs.scrape.fields import read_fields

    return {**chosen, **{field.column: field.annotation for field in read_fields(text)}}


def ready() -> None:
    """Load what asks and reads: half a second of a worker's start, and not of its first item's time."""
    from jobs.scrape import page, visit

    visit.shared_tools()
    jobs.compute(page.read, b"<title>caf\xe9</title>", "text/html", "http://example.org/")


@job(
    bound="io",
    group=urls.host,
    key=urls.key,
    pace=Pace(at_once=2, pause=0.25),
    columns=columns_of,
    ready=ready,
    codes=CODES,
)
def scrape(
    url: Annotated[str, urls.PAGE_URL],
    *,
    columns: Annotated[
        named.Preset, Field(description="everything, facts of the page, its text, or only whether it is there (HEAD)")
    ] = "everything",
    fields: Annotated[
        str,
        Field(description="own columns, one a line: name = CSS selector", json_schema_extra={"multiline": True}),
        AfterValidator(check_fields),
    ] = "",
    reader: Annotated[
        named.Reader,
        Field(description="fast (lxml), or the classic BeautifulSoup, ten times slower, for comparison"),
    ] = "fast",
    save_pages: Annotated[
        bool, Field(description="keep the pages, to be had as one WARC file, which web archives read")
    ] = False,
    robots: Annotated[bool, Field(description="respect robots.txt; turn off for your own sites only")] = True,
    timeout: Annotated[
        float, Field(ge=0.5, le=300, description="seconds for a URL, redirects included and waiting not")
    ] = 30.0,
    max_bytes: Annotated[
        int, Field(ge=1_024, le=50_000_000, description="bytes of a page that are read, decompressed; the rest is cut")
    ] = 5_000_000,
    user_agent: Annotated[
        str, Field(max_length=300, pattern=_ONE_LINE, description="who asks: a name, and best how to reach you")
    ] = AGENT,
    accept_language: Annotated[
        str, Field(max_length=200, pattern=_ONE_LINE, description="languages wanted, as a browser says it")
    ] = "en-US,en;q=0.9",
    headers: Annotated[
        tuple[str, ...],
        Field(
            description="more headers, as in X-Key: 123; sent to the URL's own origin only, and shown nowhere",
            json_schema_extra={"secret": True},
        ),
        AfterValidator(check_headers),
    ] = (),
) -> named.Page:
    """One page: what its server answered and what it says."""
    from jobs.scrape.visit import Wishes, visit  # requests costs 270 ms: not where jobs are only listed

    wishes = Wishes(
        columns=columns,
        fields=fields,
        reader=reader,
        save_pages=save_pages,
        robots=robots,
        timeout=timeout,
        max_bytes=max_bytes,
        user_agent=user_agent or AGENT,
        accept_language=accept_language,
        headers=headers,
    )
    return visit(url, wishes)
