"""What each route does with a request: read what was asked, call the operation in a thread, answer."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from jobs.runtime import exports
from jobs.runtime.api import metrics, operations
from jobs.runtime.api.body import ArrivedBody, read_json, read_run
from jobs.runtime.api.json_answer import JsonAnswer
from jobs.runtime.api.live import SeenRun
from jobs.runtime.api.problems import SOON, Problem, answer_to
from jobs.runtime.api.run_request import Body, ResumeWish, RetryWish, RunRequest, WaitWords
from jobs.runtime.api.run_request import read_body as as_record
from jobs.runtime.api.service import Service
from jobs.runtime.api.streamed_answer import StreamedAnswer
from jobs.runtime.core import access
from jobs.runtime.core.access import Caller, Deed
from jobs.runtime.core.errors import BadToken, DamagedRun, FanoutError, UnknownRun
from jobs.runtime.core.people import NOBODY, Person, acting_as

TICK = 0.5
"""Seconds between two looks of those who wait."""

SILENCE = 15.0
"""Seconds after which a stream says that it is still there."""

PIECE = 256 * 2**10
MOST_KEY = 255


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request whose words were read: who is known to ask (None: nobody, of what anybody may ask), and of what."""

    request: Request
    service: Service
    words: Any
    known: Caller | None = None

    @property
    def caller(self) -> Caller:
        """Who asks, where a token is needed. Raises BadToken."""
        if self.known is None:
            raise BadToken("a token is needed here")
        return self.known

    @property
    def person(self) -> Person:
        """On whose behalf it is answered."""
        return NOBODY if self.known is None else self.known.person

    @property
    def run(self) -> str:
        """The id in the address."""
        return str(self.request.path_params["id"])


async def health(call: Call) -> Response:
    """Whether the server can read its store."""
    try:
        await call.service.look(operations.check_store)
    except (FanoutError, OSError):
        raise Problem(503, "the store cannot be read now", code="store", headers=SOON) from None
    return JsonAnswer({"status": "ok"})


async def list_jobs(call: Call) -> Response:
    """The jobs there are."""
    return JsonAnswer(await call.service.look(partial(operations.list_jobs, call.caller)))


async def check(call: Call) -> Response:
    """What a table holds."""
    access.check(call.caller, Deed.START)
    async with arrived(call, read_run) as body:
        asked = as_record(body.text(), RunRequest)
        return JsonAnswer(await call.service.work(lambda: operations.check_table(call.caller, asked, body.file())))


async def start(call: Call) -> Response:
    """A new run."""
    access.check(call.caller, Deed.START)
    key = _key(call.request)
    async with arrived(call, read_run) as body:
        asked = as_record(body.text(), RunRequest)
        document = await call.service.work(lambda: operations.start_run(call.caller, asked, body.file(), key))
    place = f"{call.request.scope.get('root_path', '')}/api/runs/{document['id']}"
    return JsonAnswer(document, status_code=201, headers={"Location": place})


@asynccontextmanager
async def arrived(call: Call, read: Callable[[Request], Awaitable[ArrivedBody]]) -> AsyncIterator[ArrivedBody]:
    """A body that has come whole, and then a place to do something with it: while it comes, it holds none."""
    with call.service.bodies.take(call.caller), await read(call.request) as body:
        async with call.service.place():
            yield body


async def list_runs(call: Call) -> Response:
    """Runs, a page at a time."""
    return JsonAnswer(await call.service.look(partial(operations.list_runs, call.caller, call.words)))


async def show(call: Call) -> Response:
    """A run, at once or when it has ended."""
    seen = await _seen(call)
    words: WaitWords = call.words
    if words.wait and not seen.run.state.terminal:
        with call.service.streams.take(call.caller):
            seen = await _ended(call, words.wait)
    return JsonAnswer(seen.text)


async def _ended(call: Call, seconds: float) -> SeenRun:
    """The run once it has ended, or as it is after so long."""
    limit = asyncio.get_running_loop().time() + seconds
    while True:
        seen = await _seen(call)
        left = limit - asyncio.get_running_loop().time()
        if seen.run.state.terminal or left <= 0 or call.service.stopping:
            return seen
        await asyncio.sleep(min(TICK, left))
        if await call.request.is_disconnected():
            return seen


async def _seen(call: Call) -> SeenRun:
    access.check(call.caller, Deed.SEE)
    try:
        seen = await call.service.live.see(operations.whole_id(call.run))
        with acting_as(call.person):
            operations.check_seen(call.run, seen.run)
    except (UnknownRun, DamagedRun):  # what was looked up for all says more than may be told to each
        await call.service.look(partial(_refused, call))
        raise
    return seen


def _refused(call: Call) -> None:
    """Raises what is said of a run to who asks, who sees their own alone. Raises UnknownRun, DamagedRun."""
    with acting_as(call.person):
        operations.find_run(call.caller, Deed.SEE, call.run)


async def events(call: Call) -> Response:
    """The progress of a run as server-sent events."""
    seen = await _seen(call)
    held = ExitStack()
    held.enter_context(call.service.streams.take(call.caller))
    headers = {"X-Accel-Buffering": "no"}
    return StreamedAnswer(_events(call, seen), held, media_type="text/event-stream", headers=headers)


async def _events(call: Call, seen: SeenRun) -> AsyncGenerator[str, None]:
    told, silent = "", 0.0
    try:
        while True:
            ended = seen.run.state.terminal
            if seen.mark != told or ended:
                yield f"event: {'end' if ended else 'progress'}\ndata: {seen.text}\n\n"
                told, silent = seen.mark, 0.0
            elif silent >= SILENCE:
                yield ": still here\n\n"
                silent = 0.0
            if ended or call.service.stopping:
                return
            await asyncio.sleep(TICK)
            silent += TICK
            await call.service.caller(call.request.headers.getlist("authorization"))
            seen = await _seen(call)
    except (FanoutError, Problem) as error:
        yield f"event: problem\ndata: {bytes(answer_to(error).body).decode()}\n\n"


async def rows(call: Call) -> Response:
    """Rows of a run, a page at a time."""
    return JsonAnswer(await call.service.look(partial(operations.list_rows, call.caller, call.run, call.words)))


async def steer(verb: str, call: Call) -> Response:
    """Cancel or pause a run."""
    return await _steered(call, partial(operations.steer_run, call.caller, call.run, verb))


async def resume(call: Call) -> Response:
    """Go on with a run."""
    wish = await _wish(call, ResumeWish)
    return await _steered(call, partial(operations.resume_run, call.caller, call.run, wish))


async def retry(call: Call) -> Response:
    """Try items of a run again."""
    wish = await _wish(call, RetryWish)
    return await _steered(call, partial(operations.retry_run, call.caller, call.run, wish))


async def _wish(call: Call, kind: type[Body]) -> Body:
    """The body of a request that may have none."""
    access.check(call.caller, Deed.STEER)
    headers = call.request.headers
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return kind()
    with call.service.bodies.take(call.caller), await read_json(call.request) as body:
        return as_record(body.text(), kind)


async def _steered(call: Call, ask: Callable[[], Any]) -> Response:
    try:
        return JsonAnswer(await call.service.look(ask))
    finally:
        call.service.live.forget(call.run)


async def delete(call: Call) -> Response:
    """Delete a run."""
    try:
        await call.service.look(partial(operations.delete_run, call.caller, call.run))
    finally:
        call.service.live.forget(call.run)
    return Response(status_code=204)


async def share(call: Call) -> Response:
    """A link to a run."""
    return JsonAnswer(await call.service.look(partial(operations.share_run, call.caller, call.run)), status_code=201)


async def links(call: Call) -> Response:
    """The links that there are to a run."""
    return JsonAnswer(await call.service.look(partial(operations.list_links, call.caller, call.run)))


async def unshare(call: Call) -> Response:
    """No link to a run any more."""
    await call.service.look(partial(operations.unshare_run, call.caller, call.run))
    return Response(status_code=204)


async def export(call: Call) -> Response:
    """A run as a file, from the disk in pieces: the server's memory never holds it."""
    access.check(call.caller, Deed.SEE)
    format = str(call.request.path_params["format"])
    with ExitStack() as stack:
        stack.enter_context(call.service.downloads.take(call.caller))
        out = stack.enter_context(tempfile.TemporaryFile())
        async with call.service.place():
            write = partial(operations.write_export, call.caller, call.run, format, call.words, out)
            name = await call.service.work(write)
        size = out.seek(0, 2)
        out.seek(0)
        held = stack.pop_all()
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}", "Content-Length": str(size)}
    kind = {operations.ZIP: "application/zip", **exports.MIME_TYPES}.get(format, "application/octet-stream")
    return StreamedAnswer(_pieces(call.service, out), held, media_type=kind, headers=headers)


async def _pieces(service: Service, out: IO[bytes]) -> AsyncGenerator[bytes, None]:
    while piece := await service.look(partial(out.read, PIECE)):
        yield piece


async def tell_metrics(call: Call) -> Response:
    """Figures for Prometheus."""
    status, tallies = await call.service.look(partial(operations.metric_facts, call.caller))
    return Response(metrics.text(call.service, status, tallies), media_type=metrics.MEDIA_TYPE)


def _key(request: Request) -> str:
    """The Idempotency-Key. Raises Problem for one that cannot be kept apart from others."""
    given = request.headers.getlist("idempotency-key")
    key = (given or [""])[0]
    if len(given) > 1 or len(key) > MOST_KEY or (given and not (key.isascii() and key.isprintable() and key.strip())):
        raise Problem(400, f"Idempotency-Key is one text of 1 to {MOST_KEY} ASCII characters", code="bad_key")
    return key
