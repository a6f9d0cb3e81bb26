"""What is kept of runs that are pruned or deleted, so that they are accounted for with all others.

A trigger in the trial's own database copies a run as it goes, in the transaction that deletes it. What is
copied has numbers of its own, below zero: the database may give those of a deleted task to another.
"""

import sqlite3

# What numbers a task in each table, and which rows of it are those of the run that goes.
ROWS = {
    "run": ((), "id = OLD.id"),
    "task": (("id",), "run_id = OLD.id"),
    "attempt": (("task_id",), "task_id IN ({tasks})"),
    "task_need": (("need_id", "task_id"), "task_id IN ({tasks})"),
}
TASKS = "SELECT id FROM task WHERE run_id = OLD.id"


def number(column):
    return f"-(OLD.id * 1000000 + {column})"


def install(path):
    """Begins to keep what is deleted from the database at `path`."""
    database = sqlite3.connect(path, timeout=30, isolation_level=None)
    copies = []
    for table, (numbers, rows) in ROWS.items():
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        values = [number(column) if column in numbers else column for column in columns]
        database.execute(f"CREATE TABLE kept_{table} AS SELECT * FROM {table} WHERE 0")
        copies.append(
            f"INSERT INTO kept_{table} SELECT {', '.join(values)} FROM {table}"
            f" WHERE {rows.format(tasks=TASKS)};"
        )
    # By the tasks of a run that has gone: which runs they had started.
    database.execute("CREATE TABLE kept_child (run_id INTEGER PRIMARY KEY, parent_task_id INTEGER)")
    database.execute(
        f"""
        CREATE TRIGGER keep_run BEFORE DELETE ON run BEGIN
          {' '.join(copies)}
          UPDATE kept_run SET parent_task_id = {number('parent_task_id')} WHERE parent_task_id IN ({TASKS});
          INSERT INTO kept_child SELECT id, {number('parent_task_id')} FROM run
            WHERE parent_task_id IN ({TASKS});
        END
        """
    )
    database.close()


def merge(live, path):
    """A database of what there is and what there was; it is never one of Flower's again."""
    source = sqlite3.connect(f"file:{live}?mode=ro", uri=True, timeout=30)
    whole = sqlite3.connect(path, isolation_level=None)
    source.backup(whole)
    source.close()
    triggers = whole.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        whole.execute(f"DROP TRIGGER {name}")
    whole.execute("BEGIN")
    for table in ROWS:
        whole.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}")
    whole.execute(
        "UPDATE run SET parent_task_id = (SELECT parent_task_id FROM kept_child WHERE run_id = run.id)"
        " WHERE id IN (SELECT run_id FROM kept_child)"
    )
    whole.execute("COMMIT")
    whole.close()
