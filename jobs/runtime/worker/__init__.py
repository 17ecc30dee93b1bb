"""Inside a worker process: one private pipe to the runner, T slots that perform items, one thread that sends.

pipe ─► main ─► queue ─► slot 1 … slot T ─► queue ─► sender ─► pipe
         │                  │
         └ hooks, pings     └ attempt ── row_encoding; entry in the slot_table (readable after any death)

start           the first call in its process
terms           what it is started with
main            the process, its threads and its sender
slot            one slot, in its thread; the only one of a worker in the main thread
said_queue      what its threads have to say, sent in few frames
messages        what goes over the pipe, as typed records
protocol        its frames: encoded, put together again and checked
slot_table      shared memory: what each slot performs now, and what was revoked
attempt         one item: call the job's function, time it, catch what it raises
hooks           a run's first step: group, key, cost and check of its items
output          what is printed, without secrets
prints          what items print, readable after any death
error_text      an exception in words
run_params      the params of a run as its items get them, secrets looked up
row_encoding    what a function returned, as a row
row_check       whether a text is such a row
row_limit       the most that a row may hold
cell_values     what a cell may hold, and its form
native_values   values of other libraries as Python's own
wear            whether the process is as it was at its start
sandbox         limits a worker sets itself: memory, process group, death with its runner
"""
