"""The machine behind the jobs.

browser ── Streamlit server ──┐                      ┌── worker process: T threads ── job function
                              ├── store (SQLite) ── runner ── private pipe each
python -m jobs … ─────────────┘                      └── worker process: T threads ── job function
"""
