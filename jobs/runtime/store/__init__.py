"""The SQLite file that page, command line and runner share; the only room that knows SQL.

    connection    open, migrate, read, write: one door each
    schema        the tables, as numbered migrations
    runs          runs and their moves, counters
    history       runs in lists: filtered, counted, a page at a time
    epochs        the runner's row: who took over last
    items         items, their plan (group, turn, duplicates), what waits
    outcomes      outcomes: stored once, read by position
    attempts      what was tried before an outcome, and does not count
    reopening     a person's retry: outcomes become attempts again, some at a time
    commands      what page and command line ask of the runner; events, the log of a run

Each function is one thing done with an open connection, given first.
"""
