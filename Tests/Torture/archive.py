"""What is kept of runs that are pruned or deleted, so that they are accounted for with all others."""

import sqlite3

# The rows of a run, in SQL, where `runs` gives its number.
ROWS = {
    "run": "id IN ({runs})",
    "task": "run_id IN ({runs})",
    "attempt": "task_id IN (SELECT id FROM {schema}.task WHERE run_id IN ({runs}))",
    "task_need": "task_id IN (SELECT id FROM {schema}.task WHERE run_id IN ({runs}))",
}
SETTLED = (
    "SELECT run_id FROM live.run_state WHERE state IN ('succeeded', 'failed', 'cancelled')"
)


class Archive:
    def __init__(self, path, live):
        self.path, self.live = path, live
        self.whole = None

    def open(self):
        archive = sqlite3.connect(f"file:{self.path}", uri=True, timeout=30, isolation_level=None)
        archive.execute("ATTACH ? AS live", (f"file:{self.live}?mode=ro",))
        for table in ROWS:
            archive.execute(f"CREATE TABLE IF NOT EXISTS {table} AS SELECT * FROM live.{table} WHERE 0")
        return archive

    def take(self):
        """All that has settled, as it is now: one snapshot."""
        archive = self.open()
        archive.execute("BEGIN")
        archive.execute(f"CREATE TEMP TABLE taken AS {SETTLED}")
        for table in reversed(ROWS):
            rows = ROWS[table].format(runs="SELECT run_id FROM taken", schema="main")
            archive.execute(f"DELETE FROM main.{table} WHERE {rows}")
        for table, rows in ROWS.items():
            rows = rows.format(runs="SELECT run_id FROM taken", schema="live")
            archive.execute(f"INSERT INTO main.{table} SELECT * FROM live.{table} WHERE {rows}")
        archive.execute("COMMIT")
        archive.close()

    def settled(self):
        """Numbers of runs that were taken, and are there."""
        archive = self.open()
        runs = archive.execute("SELECT id FROM main.run WHERE id IN (SELECT id FROM live.run)").fetchall()
        archive.close()
        return [run for (run,) in runs]

    def merge(self, path):
        """A database of what there is and what there was; it is never one of Flower's again."""
        archive = self.open()
        archive.close()
        live = sqlite3.connect(f"file:{self.live}?mode=ro", uri=True, timeout=30)
        whole = sqlite3.connect(path, isolation_level=None)
        live.backup(whole)
        live.close()
        triggers = whole.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            whole.execute(f"DROP TRIGGER {name}")
        whole.execute("ATTACH ? AS kept", (str(self.path),))
        whole.execute("BEGIN")
        for table in ROWS:
            whole.execute(f"INSERT OR IGNORE INTO main.{table} SELECT * FROM kept.{table}")
        # Of a run whose parent has gone.
        whole.execute(
            "UPDATE main.run SET parent_task_id = (SELECT parent_task_id FROM kept.run k WHERE k.id = run.id)"
            " WHERE parent_task_id IS NULL AND id IN (SELECT id FROM kept.run)"
        )
        whole.execute("COMMIT")
        whole.close()
        self.whole = path

    def merged(self):
        return sqlite3.connect(f"file:{self.whole}?mode=ro", uri=True, timeout=30)
