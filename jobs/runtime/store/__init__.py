"""The SQLite file that page, command line and runner share; the only room that knows SQL.

    connection    open, migrate, read, write: one way each
    schema        the tables, as numbered migrations
    runs          runs and their moves, counters
    run_row       a row of that table as records, or the reason why it is none
    shares        links to one run
    readers       whose things a statement may find
    history       runs in lists: filtered, counted, a page at a time
    epochs        the runner's row: who took over last
    items         items, their plan (group, turn, duplicates), what waits
    outcomes      outcomes: stored once, read by position
    reuse         rows of earlier runs, found by key, again as another run's
    result_search outcomes found by what is in them, over all rows of a run
    attempts      what was tried before an outcome, and does not count
    printed       what attempts printed
    retries       a person's retry: outcomes become attempts again, some at a time
    snapshot      the store at one moment, as a file; such a file made ready to be one
    presets       settings of a job under a name
    schedules     runs that begin by themselves, and the times at which they did
    schedule_times  whether there are any, and when the first comes
    tellings      whom these tell, and what became of each message
    commands      what page and command line ask of the runner
    events        the log of a run
    tokens        by which programs are known
    quotas        what each owner has

Each function is one thing done with an open connection, given first.
"""
