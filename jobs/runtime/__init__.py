"""The machine behind the jobs.

browser ── Streamlit server ──┐                      ┌── worker process: T threads ── job function
                              ├── store (SQLite) ── runner ── private pipe each
python -m jobs … ─────────────┘                      └── worker process: T threads ── job function

core        plain records, errors, settings: what all others stand on
job         the mark, and a job as its signature defines it      catalog    the jobs there are
inputs      any file or text -> items and a report               exports    outcomes -> files
reader      a file read in a process of its own
client      all that page and command line call                  cli        the command line
store       the only SQL                                         home       what lies beside the store
runner      the background process                               worker     inside a worker process
measure     the ways compared                                    compare    two runs, row by row
overview    a run at a glance                                        encodings  which encoding bytes are in
sample      a small site, for samples                            api        the HTTP API
firing      what a schedule begins
"""
