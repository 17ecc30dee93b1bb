"""Read web pages.

One URL in, one row out: what the server answered, what the page says, and where the time went. Gentle with every host,
by its robots.txt; nothing private is reached; every failure has a code and a sentence.

    __init__ ── attempt ─┬─ redirects ── urls        where it leads, and whose turn that is
    (options,            ├─ asker ──┬─── robots      may it be fetched? robots_txt says so; product: to whom
     columns)            │          ├─── cookies, cookie_file, request_headers: what is said to whom
                         │          └─── fetch       how a page is asked for
                         ├─ media_types, encoding    what a body is, and its text
                         ├─ page                     what the page says, as columns
                         ├─ fields                   the user's own columns
                         ├─ outcome ── codes         what an answer means; accepted: to this run; challenges: to robots
                         ├─ retry_policy             what is worth trying again, and when
                         ├─ pdf                      a PDF, read in a process of its own
                         └─ warc, content_file       the page as it is kept, and its main content
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

import jobs
from jobs import Files, Pace, Sample, job
from jobs.scrape import columns as named
from jobs.scrape.codes import CODES
from jobs.scrape.cookie_file import check_cookies
from jobs.scrape.fields.own_field import TAKES, WAYS
from jobs.web import urls
from jobs.web.accepted import check_accept
from jobs.web.request_headers import check_headers
from jobs.web.trust_params import CaFile, Insecure

AGENT = f"Fanout/{jobs.__version__}"
"""Who asks, unless a run says otherwise; robots.txt is read for the part before the slash."""

_ONE_LINE = r"^[\x20-\x7e]*$"

_RESULT, _LIMITS, _ASKING = "What comes back", "Limits", "How pages are asked for"
"""The groups of the form."""


def fetch(url: str) -> bytes:
    """A sitemap that an index names."""
    from jobs.web import linked_list

    return linked_list.fetch(url)


def ready() -> None:
    """Load what asks and reads: half a second of a worker's start, and not of its first item's time."""
    from jobs.scrape import attempt
    from jobs.scrape.page import reader as page_reader

    attempt.shared_tools()
    jobs.compute(page_reader.read, b"<title>caf\xe9</title>", "text/html", "http://example.org/")


def _server_seconds(title: str, description: str) -> Any:
    """How long a server may take for a part of its answer."""
    extra: Any = {"group": _LIMITS, "unit": "seconds"}
    return Field(title=title, ge=0.1, le=300, description=description, json_schema_extra=extra)


@job(
    bound="io",
    group=urls.host,
    key=named.key_of,
    pace=Pace(at_once=2, pause=0.25),
    columns=named.columns_of,
    ready=ready,
    fetch=fetch,
    codes=CODES,
    conditional=True,
    asks=True,
    dry_run={},
    sample=Sample(file="sample_urls.csv", measured="measure_urls.csv", words="urls.csv"),
    files=Files(joined={".warc.gz": "--save-pages", ".content.jsonl": "--save-content"}),
)
def scrape(
    url: Annotated[str, urls.PAGE_URL],
    *,
    columns: Annotated[
        str,
        Field(
            title="Columns",
            json_schema_extra={"group": _RESULT},
            max_length=2_000,
            examples=list(named.LEFT_OUT),
            description="everything, facts of the page, its text, its main content, contacts, seo, or only whether "
            "it is there (status, by HEAD); or names of columns, and header:NAME for a header of the answer, parted by "
            "commas",
        ),
        AfterValidator(named.check_columns),
    ] = "everything",
    fields: Annotated[
        str,
        Field(
            title="Own columns",
            description="own columns, one a line: name = CSS selector; or json, xpath, regex, markdown or table "
            "before what is looked for, as in price = json Product.offers.price",
            json_schema_extra={
                "group": _RESULT,
                "multiline": True,
                "line": "{name} = {which} {by} {looked_for}",
                "words": {"which": list(TAKES), "by": list(WAYS)},
            },
        ),
        AfterValidator(named.check_fields),
    ] = "",
    reader: Annotated[
        named.Reader,
        Field(
            description="fast (lxml), or the classic BeautifulSoup, ten times slower, for comparison",
            json_schema_extra={"group": _RESULT},
        ),
    ] = "fast",
    save_pages: Annotated[
        bool,
        Field(
            title="Keep the pages",
            description="keep the pages, to be had as one WARC file, which web archives read",
            json_schema_extra={"group": _RESULT},
        ),
    ] = False,
    save_content: Annotated[
        bool,
        Field(
            title="Keep the main content",
            description="keep the main content of each page as a Markdown file, to be had as a ZIP, or as JSON Lines "
            "for language models",
            json_schema_extra={"group": _RESULT},
        ),
        AfterValidator(named.check_save_content),
    ] = False,
    pdf: Annotated[
        bool,
        Field(
            title="Read PDFs",
            description="read PDFs too: their text, title, author and number of pages",
            json_schema_extra={"group": _RESULT},
        ),
        AfterValidator(named.check_pdf),
    ] = False,
    follow_refresh: Annotated[
        bool,
        Field(
            title="Follow refreshes",
            description="go on where a page sends to within ten seconds by a refresh (tag or header), as by a redirect",
            json_schema_extra={"group": _ASKING},
        ),
    ] = False,
    robots: Annotated[
        bool,
        Field(
            title="Respect robots.txt",
            description="respect robots.txt; turn off for your own sites only",
            json_schema_extra={"group": _LIMITS},
        ),
    ] = True,
    timeout: Annotated[
        float,
        Field(
            title="Longest time for a URL",
            ge=0.5,
            le=300,
            description="seconds for a URL, redirects included and waiting not",
            json_schema_extra={"group": _LIMITS, "unit": "seconds"},
        ),
    ] = 30.0,
    connect_timeout: Annotated[
        float, _server_seconds("Longest time to connect", "seconds to accept a connection, TLS included")
    ] = 10.0,
    first_byte_timeout: Annotated[
        float, _server_seconds("Longest time until an answer begins", "seconds to begin to answer")
    ] = 10.0,
    read_timeout: Annotated[
        float, _server_seconds("Longest pause within an answer", "seconds between two parts of an answer")
    ] = 10.0,
    max_bytes: Annotated[
        int,
        Field(
            title="Most bytes of a page",
            ge=1_024,
            le=50_000_000,
            description="bytes of a page that are read, decompressed; the rest is cut",
            json_schema_extra={"group": _LIMITS, "unit": "MB", "scale": 1_000_000},
        ),
    ] = 5_000_000,
    user_agent: Annotated[
        str,
        Field(
            title="Who asks (User-Agent)",
            max_length=300,
            pattern=_ONE_LINE,
            description="who asks: a name, and best how to reach you",
            json_schema_extra={"group": _ASKING},
        ),
    ] = AGENT,
    accept_language: Annotated[
        str,
        Field(
            title="Languages wanted",
            max_length=200,
            pattern=_ONE_LINE,
            description="languages wanted, as a browser says it",
            json_schema_extra={"group": _ASKING},
        ),
    ] = "en-US,en;q=0.9",
    headers: Annotated[
        tuple[str, ...],
        Field(
            title="More headers",
            description="more headers, as in X-Key: 123, sent to the URL's own origin only, or to a host that is named "
            "before, as in api.example.org: X-Key: 123; shown nowhere",
            json_schema_extra={"group": _ASKING, "secret": True},
        ),
        AfterValidator(check_headers),
    ] = (),
    cookies: Annotated[
        str,
        Field(
            title="Cookies",
            description="a file of cookies for your own sites: {secret:NAME}, or the text of a cookies.txt",
            json_schema_extra={"group": _ASKING, "secret": True, "multiline": True},
        ),
        AfterValidator(check_cookies),
    ] = "",
    ca_file: CaFile = "",
    insecure: Insecure = False,
    accept: Annotated[
        str,
        Field(
            title="Statuses that are ok",
            description="statuses that are ok, as in 200..299,404; no-incomplete: a page that broke off is not",
            json_schema_extra={"group": _RESULT},
        ),
        AfterValidator(check_accept),
    ] = "",
) -> named.Page:
    """One page: what its server answered and what it says."""
    from jobs.scrape.attempt import scrape_page  # requests costs 270 ms: not where jobs are only listed
    from jobs.scrape.options import ScrapeOptions

    wishes = ScrapeOptions(
        columns=columns,
        fields=fields,
        reader=reader,
        save_pages=save_pages,
        save_content=save_content,
        pdf=pdf,
        follow_refresh=follow_refresh,
        robots=robots,
        timeout=timeout,
        max_bytes=max_bytes,
        user_agent=user_agent or AGENT,
        accept_language=accept_language,
        headers=headers,
        cookies=cookies,
        accept=accept,
        ca_file=ca_file,
        insecure=insecure,
        connect_timeout=connect_timeout,
        first_byte_timeout=first_byte_timeout,
        read_timeout=read_timeout,
    )
    return scrape_page(url, wishes)
