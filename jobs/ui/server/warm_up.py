"""What the first page, table and chart need, loaded as soon as the server starts, not when the first is asked for."""

from __future__ import annotations

from importlib import import_module

from jobs.runtime import client

PAGES = ("jobs.ui.run.run", "jobs.ui.new_run.new_run", "jobs.ui.run.overview_tab")
"""By name: nothing below the pages imports one. The last loads what draws charts, which no table needs."""


def load() -> None:
    """Load the pages and the jobs."""
    import_module(PAGES[0])
    client.catalog()
    for page in PAGES[1:]:
        import_module(page)
