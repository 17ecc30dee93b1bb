"""The command line.

    python -m jobs …  ──  main        the group of verbs; errors as sentences, exit codes
                            ├── jobs      list, check, new
                            ├── run       run, sample     ── watch         until a run is over; Ctrl-C
                            │                             ── dry_run       the first item alone
                            │                             ── run_options   how to run
                            ├── measure   measure         ── job_options   params as options of the command line
                            │                             ── argv          secrets among this process's arguments
                            ├── compare   compare
                            ├── runs      status, runs, show  ── item       one item of a run
                            ├── export    export, files
                            ├── backup    backup, restore
                            ├── presets   presets list, show, save, rename, delete, export, import
                            ├── page      page        ── api           api
                            │                 ── mcp           mcp
                            ├── schedule  schedule add, list, show, pause, resume, run-now, remove
                            ├── token     token       ── audit         audit
                            ├── cluster   cluster certificates
                            └── control   cancel, pause, resume, delete, retry, rename, pin, share, runner
                              several of them  ──  input_options   where items come from, and how their file is written
                                               ──  table_options   where a table is written, and how
                                               ──  budget_options  at what a run is paused
                                               ──  reuse_options   what is taken from earlier runs
                                               ──  receiver_options  whom a schedule tells
                                               ──  options         options as one record
                                  all of them  ──  verb       help that ends with examples
                                               ──  report     a run as text and as JSON
                                               ──  terminal   streams in UTF-8, closed pipes, units

Exit codes: 0 every item is ok · 1 some failed · 2 nothing was run · 3 the run itself failed · 130 cancelled.
"""
