"""What is done when a schedule has come, in a process of its own: its source is read, and its run submitted.

    runner ──starts──► main ── source ──► reader (a file), jobs/web (a URL), results of a run
                         │
                         └── submits ──► store ──► runner

main      that process
source    the items of a schedule, read anew
webhook   who is told of a run, and of what changed since the one before
"""

from jobs.runtime.firing.source import read_source

__all__ = ["read_source"]
