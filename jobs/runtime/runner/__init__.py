"""The background process: one loop that claims runs, feeds workers and stores what they answer.

    loop ─┬─ staff ──────── blame        what workers say; who is at fault when one dies or hangs
          ├─ claims ─────── orders       queued runs, and what people ask of runs
          │  ├─ preparation, closing     a run's first step (the hooks), and its last (cancel, delete)
          │  └─ site                     the sample site, for the runs that need it
          ├─ dispatch ───── feed         items from the store to the schedule, from there to free slots
          └─ ledger                      group commits of what the runs in work have to store

Between them lies the desk: the runs in work (`active`, with their `outlook`, `holds` and `refusals`) and the workers.
It holds nothing that could not be rebuilt from the store.
"""

from jobs.runtime.runner.loop import main

__all__ = ["main"]
