"""The command line.

    python -m jobs …  ──  entry      the group, errors as sentences, exit codes
                            ├── catalog    list, check
                            ├── run        run, sample          ── options   params as options of the command line
                            ├── measure    measure; compare: compare
                            ├── history    status, runs, show, export, digits
                            └── control    cancel, pause, resume, delete, retry, rename, runner
                                  all of them  ──  report     a run as text and as JSON
                                                     └── terminal   streams in UTF-8, closed pipes, units

Exit codes: 0 every item is ok · 1 some failed · 2 nothing was run · 3 the run itself failed · 130 cancelled.
"""
