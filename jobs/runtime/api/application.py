"""The API as one application, with checks of its own: which names it is asked under, from where, and by whom."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeGuard

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from jobs.runtime.api.endpoint import ROOT, ApiEndpoint
from jobs.runtime.api.handlers import Call
from jobs.runtime.api.problems import Problem, answer_to, problem
from jobs.runtime.api.routes import ENDPOINTS
from jobs.runtime.api.run_request import read_words
from jobs.runtime.api.service import Service
from jobs.runtime.core.access import Caller
from jobs.runtime.core.channel import Channel, acting_through
from jobs.runtime.core.errors import FanoutError
from jobs.runtime.core.people import acting_as
from jobs.runtime.core.web_names import is_allowed_host, is_allowed_origin

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
"""The names that are let through where no others are said."""

HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
"""Of every answer: nobody keeps one, and none is taken for a page."""


class ApiApp:
    """The application. `hosts` says at each request under which names it may be asked: none said are those of this
    machine. Cookies are never looked at, and no answer allows a page of another origin anything."""

    def __init__(self, hosts: Callable[[], Sequence[str]] = lambda: THIS_MACHINE) -> None:
        self.service = Service()
        self._hosts = hosts
        self._routes = Starlette(
            routes=[_route(endpoint, self.service) for endpoint in ENDPOINTS],
            exception_handlers={HTTPException: self._missed, Exception: _failed},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As any ASGI application."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] != "http":
            await self._routes(scope, receive, send)
        else:
            refusal = _refusal(Request(scope), self._hosts())
            app: ASGIApp = problem(403, refusal, "foreign") if refusal else self._routes
            await app(scope, receive, self._noted(scope, send))

    async def _missed(self, request: Request, error: Exception) -> Response:
        """The answer at an address that is none, or that is not asked in this way."""
        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        ways = [way for route in self._routes.routes if _fits(route, path) for way in sorted(route.methods or ())]
        sentence = "this address is not asked in this way" if ways else "there is nothing at this address"
        told = f"{sentence} ({ROOT}/openapi.json tells what there is)"
        return problem(getattr(error, "status_code", 404), told, "missed", {"Allow": ", ".join(ways)} if ways else {})

    def _noted(self, scope: Scope, send: Send) -> Send:
        """What sends an answer with the headers of all, and counts it."""
        began = time.perf_counter()

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = {name for name, _ in message["headers"]}
                own = [(name.encode(), text.encode()) for name, text in HEADERS.items() if name.encode() not in told]
                message["headers"] = [*message["headers"], *own]
                route = getattr(scope.get("route"), "path_format", "")
                if route:
                    seconds = time.perf_counter() - began
                    self.service.count(scope["method"], route, message["status"], seconds)
            await send(message)

        return noted


def _refusal(request: Request, hosts: Sequence[str]) -> str:
    """Why a request is refused whoever asks; empty: it is not."""
    asked, origins = request.headers.getlist("host"), request.headers.getlist("origin")
    if len(asked) != 1 or not is_allowed_host(asked[0], hosts or THIS_MACHINE):
        return "this name for the server is not among those that it answers to"
    if origins and not (len(origins) == 1 and is_allowed_origin(origins[0], asked[0], ())):
        return "a page of another origin may ask nothing here"
    if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return "a page of another site may ask nothing here"
    return ""


def _route(endpoint: ApiEndpoint, service: Service) -> Route:
    async def answer(request: Request) -> Response:
        try:
            call = await _read(request, endpoint, service)
            with acting_as(call.person), acting_through(Channel.API, call.known.name if call.known else ""):
                return await endpoint.call(call)
        except (FanoutError, Problem, OSError, RecursionError) as error:
            return answer_to(error)

    path = endpoint.path.replace("{name}", "{name:path}")  # a name may have a slash
    route = Route(f"{ROOT}{path}", answer, methods=[endpoint.method], name=endpoint.name)
    route.methods = {endpoint.method}  # no HEAD: it would compute the whole answer
    return route


async def _read(request: Request, endpoint: ApiEndpoint, service: Service) -> Call:
    """Who asks, before anything else is looked at; then what stands behind `?`."""
    caller: Caller | None = None
    if endpoint.deed is not None:
        caller = await service.caller(request.headers.getlist("authorization"))
    given = request.query_params
    if len(given.multi_items()) != len(given):
        raise Problem(422, "a name stands behind ? more than once", code="bad_query")
    return Call(request=request, service=service, words=read_words(given, endpoint.words), known=caller)


def _fits(route: BaseRoute, path: str) -> TypeGuard[Route]:
    return isinstance(route, Route) and route.path_regex.match(path) is not None


async def _failed(_request: Request, error: Exception) -> Response:
    """The answer to what nobody foresaw; it is raised again, and the server's log has it."""
    return answer_to(error)
