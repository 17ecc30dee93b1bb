"""The pages, the only importers of streamlit. They read the store and write commands, both through the client.

    streamlit_app.py ─┬─ new_run ─┬─ source     what the items come from
                      │           ├─ preview    what will happen with them
                      │           └─ forms      a job's options, and how to run it
                      ├─ run ─────┬─ actions    pause, cancel, retry, rename, delete
                      │           ├─ results    the table; downloads: its files; detail: everything about one item
                      │           ├─ timings    the tables of seconds
                      │           ├─ charts     the timeline
                      │           └─ failures   by code, with their retry
                      ├─ runs                   what goes on, and history
                      ├─ compare ─┬─ measuring     the same items each way; measure_source, measured
                      │           ├─ side_by_side  two to four runs of one job
                      │           ├─ row_changes   what changed row by row between two of them
                      │           └─ plots         the charts of both
                      └─ lesson ──┬─ anatomy       the live processes, their threads and memory
                                  ├─ demonstrations  what each button runs
                                  └─ findings      what it found; switches: what taking turns costs

Under all of them: `words` (how numbers, times and states are said), `states` and `widths` (the coloured states and the
columns of tables), `frame` (what every page has). A page is a script, executed anew at every rerun; the other files
are modules that it calls.
"""
