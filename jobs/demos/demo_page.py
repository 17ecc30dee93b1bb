"""Fetch a page and read its text: waiting first, then parsing."""

import functools
import time
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from jobs import job


class Read(TypedDict):
    """The columns."""

    number: Annotated[int, Field(description="which item this is")]
    characters: Annotated[int, Field(description="characters of the page's text")]
    parse: Annotated[float, Field(description="seconds that parsing took, waiting for the GIL included")]


@functools.cache
def page() -> str:
    """A page of 50 KiB with some 3,600 elements."""
    return f"<title>A page</title>{'<p>A few <b>words</b> and <a>a link</a></p>' * 1_200}"


@job(bound="io", hidden=True)
def demo_page(
    number: int,
    *,
    parser: Annotated[
        Literal["classic", "fast"], Field(description="BeautifulSoup (classic), or lxml (fast)")
    ] = "fast",
) -> Read:
    """Wait 0.06 s, as for the network; then parse: classic (always under the GIL) or fast (C code that frees it)."""
    import lxml.html
    from bs4 import BeautifulSoup

    time.sleep(0.06)
    began = time.perf_counter()
    if parser == "classic":
        text = BeautifulSoup(page(), "html.parser").get_text()
    else:
        text = "".join(map(str, lxml.html.document_fromstring(page()).itertext()))
    return Read(number=number, characters=len(text), parse=time.perf_counter() - began)
