"""The tables of the store, as numbered migrations: `user_version` says how many have been applied."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE runner (
            only INTEGER PRIMARY KEY CHECK (only = 1),
            epoch INTEGER NOT NULL, pid INTEGER, started_at REAL, clock_offset REAL, code_hash TEXT, allow_nets TEXT
            )""",
        "INSERT INTO runner (only, epoch) VALUES (1, 0)",
        """CREATE TABLE runs (
            number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, nonce TEXT UNIQUE,
            job TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL,
            items INTEGER NOT NULL DEFAULT 0, ok INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
            cancelled INTEGER NOT NULL DEFAULT 0,
            params TEXT NOT NULL, processes INTEGER NOT NULL, threads INTEGER NOT NULL,
            attempts INTEGER NOT NULL, deadline REAL, at_once INTEGER, pause REAL NOT NULL,
            source TEXT NOT NULL, source_columns TEXT NOT NULL, columns TEXT NOT NULL, traits TEXT NOT NULL,
            submitted_at REAL NOT NULL, touched_at REAL NOT NULL, started_at REAL, ended_at REAL,
            paused_since REAL, paused_seconds REAL NOT NULL DEFAULT 0, cancel_asked_at REAL, cancel_seconds REAL,
            item_seconds REAL NOT NULL DEFAULT 0, cpu_seconds REAL NOT NULL DEFAULT 0,
            prepared INTEGER NOT NULL DEFAULT 0,
            error TEXT NOT NULL DEFAULT '', code_hash TEXT NOT NULL DEFAULT '', sample INTEGER NOT NULL DEFAULT 0,
            live TEXT NOT NULL DEFAULT '')""",
        "CREATE INDEX runs_by_state ON runs (state, number)",
        """CREATE TABLE items (
            run INTEGER NOT NULL REFERENCES runs (number), position INTEGER NOT NULL, cell TEXT NOT NULL,
            others TEXT NOT NULL, PRIMARY KEY (run, position)) WITHOUT ROWID""",
        """CREATE TABLE plans (
            run INTEGER NOT NULL REFERENCES runs (number), position INTEGER NOT NULL, grp TEXT NOT NULL, turn REAL,
            duplicate_of INTEGER, PRIMARY KEY (run, position)) WITHOUT ROWID""",
        "CREATE INDEX plans_by_turn ON plans (run, turn, position) WHERE turn IS NOT NULL",
        "CREATE INDEX plans_by_group ON plans (run, grp, position) WHERE grp <> ''",
        "CREATE INDEX plans_of_duplicates ON plans (run, duplicate_of) WHERE duplicate_of IS NOT NULL",
        """CREATE TABLE keys (
            run INTEGER NOT NULL, key BLOB NOT NULL, position INTEGER NOT NULL,
            PRIMARY KEY (run, key)) WITHOUT ROWID""",
        """CREATE TABLE outcomes (
            seq INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs (number), position INTEGER NOT NULL,
            state TEXT NOT NULL, code TEXT NOT NULL, error TEXT NOT NULL, detail TEXT NOT NULL, row TEXT,
            attempts INTEGER NOT NULL, worker INTEGER, slot INTEGER, waited REAL, started_at REAL, seconds REAL,
            cpu REAL, duplicate_of INTEGER, UNIQUE (run, position))""",
        "CREATE INDEX outcomes_failed ON outcomes (run, code, position) WHERE state <> 'ok'",
        """CREATE TABLE codes (
            run INTEGER NOT NULL, state TEXT NOT NULL, code TEXT NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (run, state, code)) WITHOUT ROWID""",
        """CREATE TABLE attempts (
            seq INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs (number), position INTEGER NOT NULL,
            number INTEGER NOT NULL, kind TEXT NOT NULL, code TEXT NOT NULL, error TEXT NOT NULL, worker INTEGER,
            slot INTEGER, started_at REAL, seconds REAL, cpu REAL, not_before REAL)""",
        "CREATE INDEX attempts_by_item ON attempts (run, position)",
        """CREATE TABLE commands (
            seq INTEGER PRIMARY KEY, run INTEGER, verb TEXT NOT NULL, body TEXT NOT NULL, asked_at REAL NOT NULL,
            done_at REAL, answer TEXT)""",
        "CREATE INDEX commands_waiting ON commands (seq) WHERE done_at IS NULL",
        """CREATE TABLE events (
            seq INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs (number), at REAL NOT NULL,
            kind TEXT NOT NULL, text TEXT NOT NULL, facts TEXT NOT NULL)""",
        "CREATE INDEX events_by_run ON events (run)",
    ),
    ("ALTER TABLE runs ADD COLUMN secrets TEXT NOT NULL DEFAULT '{}'",),
    ("CREATE INDEX outcomes_failed_in_order ON outcomes (run, position) WHERE state <> 'ok'",),
    ("ALTER TABLE runner RENAME COLUMN allow_nets TO settings",),
    ("ALTER TABLE runs ADD COLUMN reopening TEXT NOT NULL DEFAULT ''",),
    ("ALTER TABLE runs DROP COLUMN secrets",),
    (
        """CREATE TABLE printed (
            seq INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES runs (number), position INTEGER NOT NULL,
            attempt INTEGER NOT NULL, lost INTEGER NOT NULL, kept BLOB NOT NULL, size INTEGER NOT NULL)""",
        "CREATE INDEX printed_by_item ON printed (run, position)",
    ),
    (
        "ALTER TABLE runs ADD COLUMN peak_processes INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE runs ADD COLUMN peak_threads INTEGER NOT NULL DEFAULT 0",
    ),
    ("ALTER TABLE runs ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0",),
    (
        """CREATE TABLE tokens (
            name TEXT PRIMARY KEY, owner TEXT NOT NULL, scope TEXT NOT NULL, digest BLOB NOT NULL UNIQUE,
            made_at REAL NOT NULL, used_at REAL) WITHOUT ROWID""",
    ),
    (
        """CREATE TABLE presets (
            name TEXT PRIMARY KEY, job TEXT NOT NULL, body TEXT NOT NULL, saved_at REAL NOT NULL) WITHOUT ROWID""",
        "ALTER TABLE runs ADD COLUMN preset TEXT NOT NULL DEFAULT ''",
    ),
    (
        "ALTER TABLE runs ADD COLUMN reuse TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN reused INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE runs ADD COLUMN coded_at REAL NOT NULL DEFAULT 0",
        "ALTER TABLE runs ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE outcomes ADD COLUMN reused_from TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE outcomes ADD COLUMN kept TEXT NOT NULL DEFAULT ''",
    ),
    (
        "ALTER TABLE plans ADD COLUMN source INTEGER",
        "ALTER TABLE plans ADD COLUMN place INTEGER",
    ),
    (
        "ALTER TABLE runs ADD COLUMN budget TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN spent_requests INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE runs ADD COLUMN spent_bytes INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE runs ADD COLUMN spent_total REAL NOT NULL DEFAULT 0",
        "ALTER TABLE runs ADD COLUMN numbered INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE runs ADD COLUMN unnumbered INTEGER NOT NULL DEFAULT 0",
    ),
    (
        """CREATE TABLE schedules (
            number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, owner TEXT NOT NULL DEFAULT 'admin',
            job TEXT NOT NULL, enabled INTEGER NOT NULL, made_at REAL NOT NULL, next_at REAL, body TEXT NOT NULL)""",
        "CREATE INDEX schedules_by_time ON schedules (next_at) WHERE enabled = 1",
        """CREATE TABLE firings (
            schedule INTEGER NOT NULL REFERENCES schedules (number), due REAL NOT NULL, at REAL NOT NULL,
            state TEXT NOT NULL, run TEXT NOT NULL, said TEXT NOT NULL, tries INTEGER NOT NULL,
            PRIMARY KEY (schedule, due)) WITHOUT ROWID""",
        "CREATE INDEX firings_waiting ON firings (at) WHERE state = 'due'",
        "ALTER TABLE runs ADD COLUMN schedule TEXT NOT NULL DEFAULT ''",
    ),
    ("ALTER TABLE runs ADD COLUMN place TEXT NOT NULL DEFAULT 'local'",),
    (
        "ALTER TABLE firings ADD COLUMN told TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE firings ADD COLUMN tell_at REAL NOT NULL DEFAULT 0",
        "ALTER TABLE firings ADD COLUMN tellings INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE firings ADD COLUMN untold TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX firings_to_tell ON firings (tell_at) WHERE told = 'due'",
    ),
    (
        "ALTER TABLE runs ADD COLUMN clustered INTEGER NOT NULL DEFAULT 0",
        "UPDATE runs SET clustered = 1 WHERE place = 'cluster'",
    ),
    (
        """CREATE TABLE receivers (
            schedule INTEGER NOT NULL REFERENCES schedules (number) ON DELETE CASCADE, place INTEGER NOT NULL,
            kind TEXT NOT NULL, target TEXT NOT NULL, rule TEXT NOT NULL, watched TEXT NOT NULL, key TEXT NOT NULL,
            PRIMARY KEY (schedule, place)) WITHOUT ROWID""",
        """INSERT INTO receivers
            SELECT number, 0, 'webhook', json_extract(body, '$.webhook.url'),
                coalesce(json_extract(body, '$.webhook.rule'), ''),
                coalesce(json_extract(body, '$.webhook.column'), ''),
                coalesce(json_extract(body, '$.webhook.key'), '')
            FROM schedules
            WHERE CASE WHEN json_valid(body) THEN json_extract(body, '$.webhook.url') IS NOT NULL ELSE 0 END""",
        """CREATE TABLE tellings (
            schedule INTEGER NOT NULL, due REAL NOT NULL, place INTEGER NOT NULL, told TEXT NOT NULL,
            tell_at REAL NOT NULL DEFAULT 0, attempts TEXT NOT NULL DEFAULT '[]', PRIMARY KEY (schedule, due, place),
            FOREIGN KEY (schedule, due) REFERENCES firings (schedule, due) ON DELETE CASCADE) WITHOUT ROWID""",
        """INSERT INTO tellings
            SELECT schedule, due, 0, told, tell_at,
                CASE WHEN untold = '' THEN '[]' ELSE json_array(json_array(max(0, tell_at - 30), untold)) END
            FROM firings WHERE told <> ''""",
        "CREATE INDEX tellings_due ON tellings (tell_at) WHERE told = 'due'",
        "DROP INDEX firings_to_tell",
        "ALTER TABLE firings DROP COLUMN told",
        "ALTER TABLE firings DROP COLUMN tell_at",
        "ALTER TABLE firings DROP COLUMN tellings",
        "ALTER TABLE firings DROP COLUMN untold",
    ),
    (
        "ALTER TABLE runs ADD COLUMN owner TEXT NOT NULL DEFAULT 'admin'",
        "CREATE INDEX runs_by_owner ON runs (owner, number)",
        """CREATE TABLE owned_presets (
            owner TEXT NOT NULL, name TEXT NOT NULL, job TEXT NOT NULL, body TEXT NOT NULL, saved_at REAL NOT NULL,
            PRIMARY KEY (owner, name)) WITHOUT ROWID""",
        "INSERT INTO owned_presets SELECT 'admin', name, job, body, saved_at FROM presets",
        "DROP TABLE presets",
        "ALTER TABLE owned_presets RENAME TO presets",
        """CREATE TABLE owned_tokens (
            owner TEXT NOT NULL, name TEXT NOT NULL, scope TEXT NOT NULL, digest BLOB NOT NULL UNIQUE,
            made_at REAL NOT NULL, used_at REAL, PRIMARY KEY (owner, name)) WITHOUT ROWID""",
        "INSERT INTO owned_tokens SELECT owner, name, scope, digest, made_at, used_at FROM tokens",
        "DROP TABLE tokens",
        "ALTER TABLE owned_tokens RENAME TO tokens",
        """CREATE TABLE owned_schedules (
            number INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, name TEXT NOT NULL, job TEXT NOT NULL,
            enabled INTEGER NOT NULL, made_at REAL NOT NULL, next_at REAL, body TEXT NOT NULL, UNIQUE (owner, name))""",
        """INSERT INTO owned_schedules (number, owner, name, job, enabled, made_at, next_at, body)
           SELECT number, owner, name, job, enabled, made_at, next_at, body FROM schedules""",
        """CREATE TABLE owned_firings (
            schedule INTEGER NOT NULL REFERENCES owned_schedules (number), due REAL NOT NULL, at REAL NOT NULL,
            state TEXT NOT NULL, run TEXT NOT NULL, said TEXT NOT NULL, tries INTEGER NOT NULL,
            PRIMARY KEY (schedule, due)) WITHOUT ROWID""",
        """INSERT INTO owned_firings (schedule, due, at, state, run, said, tries)
           SELECT schedule, due, at, state, run, said, tries FROM firings""",
        """CREATE TABLE owned_receivers (
            schedule INTEGER NOT NULL REFERENCES owned_schedules (number) ON DELETE CASCADE, place INTEGER NOT NULL,
            kind TEXT NOT NULL, target TEXT NOT NULL, rule TEXT NOT NULL, watched TEXT NOT NULL, key TEXT NOT NULL,
            PRIMARY KEY (schedule, place)) WITHOUT ROWID""",
        """INSERT INTO owned_receivers (schedule, place, kind, target, rule, watched, key)
           SELECT schedule, place, kind, target, rule, watched, key FROM receivers""",
        """CREATE TABLE owned_tellings (
            schedule INTEGER NOT NULL, due REAL NOT NULL, place INTEGER NOT NULL, told TEXT NOT NULL,
            tell_at REAL NOT NULL DEFAULT 0, attempts TEXT NOT NULL DEFAULT '[]', PRIMARY KEY (schedule, due, place),
            FOREIGN KEY (schedule, due) REFERENCES owned_firings (schedule, due) ON DELETE CASCADE) WITHOUT ROWID""",
        """INSERT INTO owned_tellings (schedule, due, place, told, tell_at, attempts)
           SELECT schedule, due, place, told, tell_at, attempts FROM tellings""",
        *(f"DROP TABLE {table}" for table in ("tellings", "receivers", "firings", "schedules")),
        *(
            f"ALTER TABLE owned_{table} RENAME TO {table}"
            for table in ("schedules", "firings", "receivers", "tellings")
        ),
        "CREATE INDEX schedules_by_time ON schedules (next_at) WHERE enabled = 1",
        "CREATE INDEX firings_waiting ON firings (at) WHERE state = 'due'",
        "CREATE INDEX tellings_due ON tellings (tell_at) WHERE told = 'due'",
    ),
    ("ALTER TABLE firings ADD COLUMN try_at REAL NOT NULL DEFAULT 0",),
    (
        """CREATE TABLE item_days (
            owner TEXT NOT NULL, day INTEGER NOT NULL, items INTEGER NOT NULL,
            PRIMARY KEY (owner, day)) WITHOUT ROWID""",
    ),
    (
        "CREATE INDEX firings_due ON firings (schedule) WHERE state = 'due'",
        "CREATE INDEX firings_by_run ON firings (run) WHERE run <> ''",
    ),
    (
        """CREATE TABLE shares (
            digest BLOB PRIMARY KEY, run INTEGER NOT NULL, made_at REAL NOT NULL, ends_at REAL NOT NULL
            ) WITHOUT ROWID""",
        "CREATE INDEX shares_by_run ON shares (run)",
    ),
)
"""Each migration is a list of statements, applied in one transaction. Append; never change one that was released."""
