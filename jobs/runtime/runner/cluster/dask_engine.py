"""Agents as long tasks of a Dask cluster: each has one thread of a Dask worker for as long as its worker lives.

The tasks are text and plain data, so that the machines may have another Python than this one. What items are, do and
answer passes the scheduler by.
"""

from __future__ import annotations

import importlib
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

CONNECT_SECONDS = 10.0
LAST_WORDS = """
import distributed
security = distributed.get_worker().security
given["agent"]["tls"] = {
    "authority": security.tls_ca_file, "certificate": security.tls_worker_cert, "key": security.tls_worker_key,
}
"""
"""The certificates that a Dask worker has are those of its agents."""


class DaskEngine:
    """A client of the scheduler at `address`; `tls`: the certificates that it shows. Raises OSError: none answers."""

    def __init__(self, address: str, tls: dict[str, str] | None) -> None:
        sys.modules["numpy"] = None  # type: ignore[assignment]  # Dask does without: a quarter of its start
        distributed: Any = importlib.import_module("distributed")  # an extra, without types
        shown = {"tls_ca_file": "authority", "tls_client_cert": "certificate", "tls_client_key": "key"}
        security = (
            distributed.Security(require_encryption=True, **{name: tls[file] for name, file in shown.items()})
            if tls
            else None
        )
        self._tls = bool(tls)
        self._client = distributed.Client(address, security=security, timeout=CONNECT_SECONDS, set_as_default=False)
        self._dashboard = ""
        self._client.loop.add_callback(self._ask_dashboard)
        self._futures: dict[int, Any] = {}
        self._starter = (Path(__file__).parent / "starter.py").read_text("utf-8")

    def start(self, number: int, given: dict[str, Any]) -> None:
        """Give the scheduler a task for it."""
        words = f"\ngiven = json.loads({json.dumps(given)!r})\n"
        text = self._starter + words + LAST_WORDS * self._tls + "run(given)\n"
        key = f"fanout-agent-{number}-{given['agent']['token'][:8]}"
        self._futures[number] = self._client.submit(exec, text, {}, key=key, pure=False, priority=-number)

    def stop(self, number: int) -> None:
        """Take the task back where it has not started."""
        future = self._futures.pop(number, None)
        if future is not None:
            future.cancel()

    def ended(self) -> list[tuple[int, str]]:
        """The tasks that are done or lost. Raises OSError: the scheduler is gone."""
        if self._client.status in ("closing", "closed", "connecting"):
            raise OSError("the scheduler is gone")
        gone = [number for number, future in self._futures.items() if future.done()]
        if any(self._futures[number].status not in ("finished", "error") for number in gone):
            raise OSError("the scheduler is gone, or has dropped what it was asked for")  # before the client says so
        return [(number, _words(self._futures.pop(number))) for number in gone]

    def facts(self) -> dict[str, Any]:
        """Where the dashboard is, and the threads of all Dask workers: each is a place."""
        return {"dashboard": self._dashboard, "places": sum(self._client.nthreads().values())}

    async def _ask_dashboard(self) -> None:
        """Beside all else: it may be long in not answering."""
        link = str(self._client.dashboard_link or "")
        self._dashboard = await self._client.loop.run_in_executor(None, _answering, link)

    def close(self) -> None:
        """Take back what has not started, and leave."""
        self._client.cancel(list(self._futures.values()))
        self._client.close(timeout=2)


def _answering(link: str) -> str:
    """A dashboard that answers: the client names one that may not be there."""
    import urllib.request  # 60 ms, which no agent is to wait for

    with suppress(OSError, ValueError), urllib.request.urlopen(link, timeout=2):
        return link
    return ""


def _words(future: Any) -> str:
    """Why a task has ended; empty: as it should."""
    if future.status == "finished":
        return ""
    return f"{future.exception(timeout=5)}".strip()[-500:] or "it failed"
