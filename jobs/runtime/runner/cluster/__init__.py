"""Workers on the machines of a cluster, as the pool sees its own.

    runner ─ ClusterLauncher ─ EngineProcess ─ engine ─ … a task of the cluster … ─ starter
      │                                                                               │
      └ RemoteProcess ══════════════════ connection (TLS) ═════════════════════════ agent ─ pipe ─ worker process

launcher         has agents started, and expects them
entrance         hears who comes, and lets in those that are expected
machines         which machines are set aside
remote_process   the process of a worker on another machine, as its agent tells of it
remote_prints    what its items have printed so far
received_file    a file of an item on its way from there
connection       one end of a connection, which never blocks
envelopes        what the runner and an agent say to each other
agent            on the machine: starts the worker there, relays its bytes and tells of it
boot             the first words of an agent: it is given its code
starter          starts it, as text, in a process of the cluster
code_archive     the code as it is sent there
engine_process   the process that knows the engine, as the runner sees it
engine           that process, and what an engine is
dask_engine      agents as long tasks of a Dask cluster
process_engine   agents as plain processes of this machine
"""
