/// The tables, as one text a migration. `SCHEMA.md`, beside this file, says what each column means.
///
/// Rules that all of it follows:
/// - STRICT tables; every instant is `…_at_ms`, milliseconds since 1970 UTC.
/// - What a person may change in a plain `sqlite3` shell is kept true by triggers, because such a shell
///   runs no code of ours and has foreign keys switched off.
/// - `task` holds nothing that `UPDATE task SET status = 0` would make false.
enum Schema {
    /// How many migrations there are: told apart from them, whose texts are not made at a start that needs
    /// none.
    static let version = 15

    /// Migrations in order; the schema's version is how many were applied (`PRAGMA user_version`).
    /// One that has landed is never edited.
    static let migrations: [String] = [
        master + scheduling + execution + triggers + views,
        schedulerEvents,
        pauses,
        control,
        graph,
        economy,
        runState,
        guarded,
        mailLimits,
        outputs,
        losses,
        stalled,
        scheduleRules,
        values,
        compact,
    ]

    /// "FLWR": tells a Flower database from anybody else's (`PRAGMA application_id`).
    static let applicationID: Int64 = 0x464C_5752

    /// The master: what the flow files declare, readable and changeable with plain SQL.
    private static let master = """
        CREATE TABLE instance (
          id INTEGER PRIMARY KEY CHECK (id = 1),
          name TEXT NOT NULL CHECK (length(name) = 8),
          created_at_ms INTEGER NOT NULL,
          schedule_version INTEGER NOT NULL DEFAULT 0
        ) STRICT;

        CREATE TABLE flow (
          id INTEGER PRIMARY KEY,
          name TEXT NOT NULL UNIQUE,
          description TEXT NOT NULL DEFAULT '',
          overlap TEXT NOT NULL DEFAULT 'skip'
            CHECK (overlap IN ('skip', 'queue', 'allow', 'replace')),
          queue_limit INTEGER NOT NULL DEFAULT 100 CHECK (queue_limit >= 1),
          concurrency INTEGER CHECK (concurrency >= 1),
          priority INTEGER NOT NULL DEFAULT 0 CHECK (priority BETWEEN -20 AND 19),
          working_directory TEXT NOT NULL CHECK (working_directory LIKE '/%'),
          shell TEXT NOT NULL DEFAULT '["sh","-eu"]' CHECK (json_array_length(shell) >= 1),
          source_path TEXT,
          source_digest TEXT,
          applied_at_ms INTEGER NOT NULL,
          edited_at_ms INTEGER,
          removed_at_ms INTEGER,
          paused_at_ms INTEGER,
          paused_until_ms INTEGER,
          pause_reason TEXT
        ) STRICT;

        CREATE TABLE flow_parameter (
          flow_id INTEGER NOT NULL REFERENCES flow ON DELETE CASCADE,
          name TEXT NOT NULL,
          position INTEGER NOT NULL,
          value TEXT NOT NULL,
          PRIMARY KEY (flow_id, name)
        ) STRICT, WITHOUT ROWID;

        -- task = '' is the flow's own environment; a task's variables win over it.
        CREATE TABLE flow_environment (
          flow_id INTEGER NOT NULL REFERENCES flow ON DELETE CASCADE,
          task TEXT NOT NULL DEFAULT '',
          name TEXT NOT NULL,
          position INTEGER NOT NULL,
          value TEXT NOT NULL,
          PRIMARY KEY (flow_id, task, name)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE flow_task (
          flow_id INTEGER NOT NULL REFERENCES flow ON DELETE CASCADE,
          name TEXT NOT NULL,
          position INTEGER NOT NULL,
          kind TEXT NOT NULL CHECK (kind IN ('run', 'exec', 'component')),
          command TEXT NOT NULL CHECK (kind <> 'exec' OR json_array_length(command) >= 1),
          arguments TEXT CHECK ((kind = 'component') = (arguments IS NOT NULL)
            AND (arguments IS NULL OR json_valid(arguments))),
          priority INTEGER CHECK (priority BETWEEN -20 AND 19),
          timeout_ms INTEGER CHECK (timeout_ms > 0),
          retry_limit INTEGER NOT NULL DEFAULT 0 CHECK (retry_limit >= 0),
          retry_delay_ms INTEGER NOT NULL DEFAULT 1000 CHECK (retry_delay_ms >= 0),
          retry_backoff REAL NOT NULL DEFAULT 2 CHECK (retry_backoff BETWEEN 1 AND 100),
          retry_max_delay_ms INTEGER NOT NULL DEFAULT 3600000 CHECK (retry_max_delay_ms >= 0),
          PRIMARY KEY (flow_id, name)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE flow_need (
          flow_id INTEGER NOT NULL,
          task TEXT NOT NULL,
          need TEXT NOT NULL,
          position INTEGER NOT NULL,
          PRIMARY KEY (flow_id, task, need),
          FOREIGN KEY (flow_id, task) REFERENCES flow_task (flow_id, name)
            ON DELETE CASCADE ON UPDATE CASCADE,
          FOREIGN KEY (flow_id, need) REFERENCES flow_task (flow_id, name)
            ON DELETE CASCADE ON UPDATE CASCADE
        ) STRICT, WITHOUT ROWID;

        """

    /// Schedules belong to the master; fires are what became of each due instant.
    private static let scheduling = """
        CREATE TABLE schedule (
          id INTEGER PRIMARY KEY,
          flow_id INTEGER NOT NULL REFERENCES flow ON DELETE CASCADE,
          identity TEXT NOT NULL,
          position INTEGER NOT NULL,
          cron TEXT NOT NULL,
          timezone TEXT,
          catchup TEXT NOT NULL DEFAULT 'latest' CHECK (catchup IN ('skip', 'latest', 'all')),
          catchup_window_ms INTEGER NOT NULL DEFAULT 86400000 CHECK (catchup_window_ms > 0),
          deadline_ms INTEGER CHECK (deadline_ms > 0),
          jitter_ms INTEGER NOT NULL DEFAULT 0 CHECK (jitter_ms >= 0),
          anchor_at_ms INTEGER NOT NULL,
          begun_at_ms INTEGER NOT NULL,
          considered_until_ms INTEGER NOT NULL,
          removed_at_ms INTEGER,
          UNIQUE (flow_id, identity)
        ) STRICT;

        CREATE TABLE schedule_parameter (
          schedule_id INTEGER NOT NULL REFERENCES schedule ON DELETE CASCADE,
          name TEXT NOT NULL,
          position INTEGER NOT NULL,
          value TEXT NOT NULL,
          PRIMARY KEY (schedule_id, name)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE schedule_except (
          schedule_id INTEGER NOT NULL REFERENCES schedule ON DELETE CASCADE,
          position INTEGER NOT NULL,
          text TEXT NOT NULL,
          PRIMARY KEY (schedule_id, position)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE fire (
          id INTEGER PRIMARY KEY,
          schedule_id INTEGER NOT NULL REFERENCES schedule ON DELETE CASCADE,
          due_at_ms INTEGER NOT NULL,
          boot_id TEXT,
          outcome TEXT NOT NULL CHECK (outcome IN
            ('registered', 'missed', 'overlap', 'deadline', 'paused', 'except', 'faulty')),
          note TEXT,
          recorded_at_ms INTEGER NOT NULL,
          last_due_at_ms INTEGER CHECK (last_due_at_ms >= due_at_ms),
          count INTEGER NOT NULL DEFAULT 1 CHECK (count >= 1)
        ) STRICT;
        CREATE UNIQUE INDEX fire_due ON fire (schedule_id, due_at_ms) WHERE boot_id IS NULL;
        CREATE UNIQUE INDEX fire_boot ON fire (schedule_id, boot_id) WHERE boot_id IS NOT NULL;

        """

    /// Runs, their tasks (with the definition as it was at registration) and attempts.
    private static let execution = """
        CREATE TABLE run (
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          flow_id INTEGER NOT NULL REFERENCES flow,
          fire_id INTEGER REFERENCES fire ON DELETE SET NULL,
          origin TEXT NOT NULL CHECK (origin IN ('schedule', 'manual', 'backfill', 'api')),
          due_at_ms INTEGER,
          registered_at_ms INTEGER NOT NULL,
          start_by_ms INTEGER,
          queued INTEGER NOT NULL DEFAULT 0 CHECK (queued IN (0, 1)),
          queue_width INTEGER NOT NULL DEFAULT 1 CHECK (queue_width >= 1),
          timezone TEXT NOT NULL,
          parameters TEXT NOT NULL CHECK (json_valid(parameters)),
          environment TEXT NOT NULL CHECK (json_valid(environment)),
          working_directory TEXT NOT NULL,
          shell TEXT NOT NULL CHECK (json_valid(shell))
        ) STRICT;
        CREATE INDEX run_flow ON run (flow_id, id);
        CREATE INDEX run_fire ON run (fire_id) WHERE fire_id IS NOT NULL;
        CREATE INDEX run_queued ON run (flow_id, id) WHERE queued = 1;
        CREATE INDEX run_start_by ON run (start_by_ms) WHERE start_by_ms IS NOT NULL;

        CREATE TABLE runner (
          id INTEGER PRIMARY KEY,
          pid INTEGER NOT NULL,
          boot_id TEXT NOT NULL,
          workers INTEGER NOT NULL,
          started_at_ms INTEGER NOT NULL,
          ended_at_ms INTEGER
        ) STRICT;
        CREATE INDEX runner_alive ON runner (id) WHERE ended_at_ms IS NULL;

        CREATE TABLE task (
          id INTEGER PRIMARY KEY,
          run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
          position INTEGER NOT NULL,
          name TEXT NOT NULL,
          item INTEGER NOT NULL DEFAULT 0,
          status INTEGER NOT NULL DEFAULT 0 CHECK (status IN (0, 1, 2, 3, 4, 8, 9)),
          unmet INTEGER NOT NULL DEFAULT 0 CHECK (unmet >= 0),
          rank_ms INTEGER,
          retry_at_ms INTEGER,
          retry_base INTEGER NOT NULL DEFAULT 0,
          runner_id INTEGER REFERENCES runner,
          cancel_at_ms INTEGER,
          lane INTEGER NOT NULL DEFAULT 0,
          priority INTEGER NOT NULL DEFAULT 0,
          kind TEXT NOT NULL CHECK (kind IN ('run', 'exec', 'component')),
          command TEXT NOT NULL CHECK (kind <> 'exec' OR json_array_length(command) >= 1),
          arguments TEXT CHECK (arguments IS NULL OR json_valid(arguments)),
          environment TEXT CHECK (environment IS NULL OR json_valid(environment)),
          timeout_ms INTEGER,
          retry_limit INTEGER NOT NULL DEFAULT 0,
          retry_delay_ms INTEGER NOT NULL DEFAULT 0,
          retry_backoff REAL NOT NULL DEFAULT 1,
          retry_max_delay_ms INTEGER NOT NULL DEFAULT 0,
          UNIQUE (run_id, name, item),
          CHECK ((status = 1) = (runner_id IS NOT NULL))
        ) STRICT;
        CREATE INDEX task_ready ON task (lane, rank_ms) WHERE rank_ms IS NOT NULL;
        CREATE INDEX task_retry ON task (retry_at_ms) WHERE retry_at_ms IS NOT NULL;
        CREATE INDEX task_claimed ON task (lane, runner_id) WHERE status = 1;
        CREATE INDEX task_cancel ON task (runner_id) WHERE cancel_at_ms IS NOT NULL;
        CREATE INDEX task_open ON task (run_id, status) WHERE status <> 3;

        -- In the order of its key: elsewise SQLite 3.40.1 (Debian 12) has "PRAGMA quick_check" tell
        -- of a NULL in every row of such a table, though none is there.
        CREATE TABLE task_need (
          need_id INTEGER NOT NULL REFERENCES task ON DELETE CASCADE,
          task_id INTEGER NOT NULL REFERENCES task ON DELETE CASCADE,
          PRIMARY KEY (need_id, task_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX task_need_task ON task_need (task_id);

        CREATE TABLE attempt (
          task_id INTEGER NOT NULL REFERENCES task ON DELETE CASCADE,
          number INTEGER NOT NULL CHECK (number >= 1),
          runner_id INTEGER NOT NULL,
          started_at_ms INTEGER NOT NULL,
          pid INTEGER,
          ended_at_ms INTEGER,
          duration_ms INTEGER,
          outcome TEXT CHECK (outcome IN ('succeeded', 'failed', 'signalled', 'timed-out',
            'not-started', 'interrupted', 'cancelled')),
          exit_code INTEGER,
          signal INTEGER,
          user_cpu_ms INTEGER,
          system_cpu_ms INTEGER,
          max_rss_kib INTEGER,
          lines INTEGER NOT NULL DEFAULT 0,
          sink TEXT,
          note TEXT,
          tail BLOB,
          PRIMARY KEY (task_id, number),
          CHECK ((ended_at_ms IS NULL) = (outcome IS NULL))
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE action (
          id INTEGER PRIMARY KEY,
          at_ms INTEGER NOT NULL,
          actor TEXT NOT NULL,
          verb TEXT NOT NULL,
          flow_id INTEGER,
          run_id INTEGER,
          detail TEXT
        ) STRICT;

        """
}
