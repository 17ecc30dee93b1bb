"""The background process: one loop that claims runs, feeds workers and stores what they answer.

    loop ─┬─ supervisor ─── blame              what workers say; who is at fault when one dies or hangs
          ├─ claims ─────── command_handler    queued runs, and what people ask of runs
          │  └─ preparation, cancellation      a run's first step (the hooks), and its last (cancel, delete)
          ├─ dispatch ───── feed               items from the store to the schedule, from there to free slots
          └─ group_commit                      group commits of what the runs in work have to store

    pool          worker processes            schedule      which item may start next, and when
    state         what the rooms above share  active_run    one run in work, with its live_progress
    earlier_rows  what a run finds in earlier ones, as it is prepared
    sizing        the size of a pool that finds its own
    caution       runs at which runners have died: one item at a time
    run_buffers   what waits to be stored of a run, with its print_buffer: what items have printed
    file_sync     waits for the disk until the files of items are there to stay
    expiry        runs whose time is over                  places             of a cluster, shared by runs
    firings       schedules that have come, and the processes that begin their runs
    log           the runner's own words      circuit_breaker    hosts that refuse
    vacancies     workers that may have room for more

It holds nothing that could not be rebuilt from the store.
"""


def main(arguments: list[str] | None = None) -> int:
    """`python -m jobs runner [--idle S] [--patience S]`: be the runner, unless there is one already."""
    from jobs.runtime.runner import loop  # not where only its pool is needed, as on the machines of a cluster

    return loop.main(arguments)
