"""Who sits before the page: whether this server may be reached without signing in, and by what people are known."""

from __future__ import annotations

import functools
import importlib.util
import ipaddress
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import streamlit as st
from starlette.datastructures import MutableHeaders
from streamlit.runtime.scriptrunner import get_script_run_ctx

from jobs.runtime import client
from jobs.runtime.client import LINK
from jobs.runtime.core import settings
from jobs.runtime.core.errors import Refused
from jobs.runtime.core.people import LOCAL_ADMIN, NOBODY, Person, acting, acting_as
from jobs.runtime.core.sign_in import EMAIL, HEADER, OPENID, SignIn, person_known_by
from jobs.runtime.core.web_names import is_loopback
from jobs.ui.server.peer import peer

if TYPE_CHECKING:
    from starlette.types import Scope

Answer = TypeVar("Answer")

MISSING = (
    "signing in needs a package that is not here: "
    "pip install 'fanout-jobs[service]', in a checkout pip install -e '.[service]'"
)
UNKNOWN = (
    "JOBS_SIGN_IN=openid needs the section [auth] in .streamlit/secrets.toml, with redirect_uri, cookie_secret, "
    "client_id, client_secret and server_metadata_url: docs/hosting.md says how"
)
CLOSED = (
    "the page would be reached from elsewhere ({address}) by whoever asks: have people sign in "
    "(JOBS_SIGN_IN=openid, or JOBS_SIGN_IN='header NAME' behind a proxy that does it), or say JOBS_OPEN=1 for a "
    "network of friends"
)


def check_served(address: str | None) -> None:
    """Raises Refused where a page at this address (None: at all of this machine's) would be open to whoever asks, or
    cannot have people sign in as the settings say; BadSetting."""
    way = sign_in().way
    if way == OPENID and importlib.util.find_spec("authlib") is None:
        raise Refused(MISSING)
    if not (way or settings.value("JOBS_OPEN") or _is_here(address)):
        raise Refused(CLOSED.format(address=address or "every address"))
    for name in ("JOBS_ADMINS", "JOBS_PEOPLE", "JOBS_PROXIES"):
        settings.value(name)


def check_provider() -> None:
    """Raises Refused where people sign in by OpenID and no provider is named."""
    if sign_in().way == OPENID and not _has_provider():
        raise Refused(UNKNOWN)


def _has_provider() -> bool:
    try:
        section = st.secrets.get("auth", {})
    except FileNotFoundError:
        return False
    return bool(section.get("redirect_uri") and section.get("cookie_secret"))


def sign_in() -> SignIn:
    """How people sign in here."""
    found: SignIn = settings.value("JOBS_SIGN_IN")
    return found


def who() -> Person:
    """Who sits before the page that is being drawn: on a page without signing in, the local admin; `NOBODY`: who has
    not signed in or may not, or where no page is drawn."""
    way, drawn = sign_in(), get_script_run_ctx(suppress_warning=True) is not None
    if drawn and has_link():
        return client.reader_by_link(st.query_params[LINK])
    if not way.way:
        return LOCAL_ADMIN
    if not drawn:
        return NOBODY
    return person_known_by(_claims(way), people=settings.value("JOBS_PEOPLE"), admins=settings.value("JOBS_ADMINS"))


def has_link() -> bool:
    """Whether the page that is drawn was come to by a link to one run: then that alone says what may be read."""
    return LINK in st.query_params


def later(what: Callable[[], Answer]) -> Callable[[], Answer]:
    """The same, to be done when a button of the page that is being drawn is clicked, as by who sits before it now:
    Streamlit has a download written where no page is drawn. A link is followed again, since it may have ended."""
    drawn, person = get_script_run_ctx(suppress_warning=True) is not None, acting()
    link = st.query_params[LINK] if drawn and has_link() else ""

    @functools.wraps(what)
    def done() -> Answer:
        with acting_as(client.reader_by_link(link) if link else person):
            return what()

    return done


def note_sign_in(person: Person) -> None:
    """Have the audit log hear of who has signed in, once for each time: of those whom a proxy names, once a day. Raises
    StoreError."""
    way = sign_in()
    if not way.way:
        return
    since = st.user.get("iat") if way.way == OPENID else None
    known = (person.owner, str(since or int(time.time() // DAY)))
    if known not in _noted:
        client.note_sign_in()
        _noted.update({known: None})
        for old in list(_noted)[:-MOST_NOTED]:
            del _noted[old]


DAY, MOST_NOTED = 86_400, 10_000
_noted: dict[tuple[str, str], None] = {}


def _claims(way: SignIn) -> dict[str, object]:
    if way.way == HEADER:
        return {EMAIL: st.context.headers.get(way.name, "")}
    return dict(st.user.to_dict()) if st.user.get("is_logged_in") else {}


def drop_claims(scope: Scope) -> None:
    """Take the header that names a person out of a request that no proxy has sent: from this machine, or from one of
    the networks of JOBS_PROXIES; or that has it more than once."""
    way = sign_in()
    if way.way != HEADER:
        return
    headers = MutableHeaders(scope=scope)
    if not _is_proxy(peer(scope)) or len(headers.getlist(way.name)) > 1:
        del headers[way.name]


def _is_proxy(where: str) -> bool:
    try:
        address = ipaddress.ip_address(where.removeprefix("::ffff:"))  # IPv4, at a server that listens on ::
    except ValueError:
        return False
    networks = map(ipaddress.ip_network, settings.value("JOBS_PROXIES"))
    return address.is_loopback or any(address in network for network in networks)


def _is_here(address: str | None) -> bool:
    """Whether only this machine reaches what listens there."""
    return address is not None and (address.startswith("unix://") or is_loopback(address))
