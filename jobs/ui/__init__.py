"""The pages, the only importers of streamlit. They read the store and write commands, both through the client.

    server ── streamlit_app.py ─┬─ new_run ─┬─ items_source   what the items come from
                                │           └─ preview        what will happen with them
                                ├─ run ─────┬─ actions        pause, cancel, retry, rename, delete
                                │           ├─ results        the table; downloads: its files; item_detail: one row
                                │           ├─ overview_tab   the run at a glance, when it has ended
                                │           ├─ timings        the tables of seconds
                                │           ├─ timeline       a lane for each thread
                                │           └─ failures       by code, with their retry
                                ├─ runs                       what goes on, and history
                                ├─ schedules                  what begins by itself: schedule_card, schedule_form
                                ├─ compare ─┬─ measure_form   the same items each way; measure_source, measure_result
                                │           ├─ side_by_side   two to four runs of one job
                                │           ├─ row_changes    what changed row by row between two of them
                                │           └─ plots          the charts of both
                                └─ lesson ──┬─ process_table    the live processes, their threads and memory
                                            ├─ demonstrations   what each button runs; demonstration_code: its lines
                                            └─ demonstration_results   what it found; switching_costs: of taking turns

Each page is a folder, with a script of its name that is executed anew at every rerun; the other files are modules that
it calls. `shared` is under all of them.
"""
