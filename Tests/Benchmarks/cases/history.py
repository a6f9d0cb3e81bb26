"""A drain in a file that remembers a million tasks, beside one in a file that remembers none."""

import shutil
import sqlite3

import graphs
from harness import Case, Contender, Goal, fresh_folder, run

BODY = "exec: [/bin/true]"
OLD_TASKS = 1_000_000


def history(bench):
    graph = graphs.flat(bench.scaled(2000))
    made = []

    def full(folder):
        # Made with the first round, and copied for each. Its flow's folder is where tasks are started.
        if not made:
            made.append(fresh_folder(folder.parent))
            state = graphs.registered(bench, made[0], graph, BODY)
            run([bench.flower, "run", "--state", state])
            remember(state / "flower.db")
        state = folder / "state"
        state.mkdir(mode=0o700)
        shutil.copy(made[0] / "state" / "flower.db", state)
        run([bench.flower, "register", "bench", "--state", state])
        return command(state, OLD_TASKS // len(graph) * len(graph))

    def empty(folder):
        return command(graphs.registered(bench, folder, graph, BODY), 0)

    def command(state, old):
        words = [bench.flower, "run", "--workers", "8", "--state", str(state)]
        return words, lambda: graphs.check_succeeded(state, old + len(graph))

    return Case(f"{len(graph)} x /bin/true beside {OLD_TASKS} finished tasks", len(graph), [
        Contender("flower, a million", full),
        Contender("flower, an empty file", empty, [Goal("rate", 0.9, 5)]),
    ])


def remember(database):
    """Copies the one run of a database until there are OLD_TASKS tasks, attempts included."""
    connection = sqlite3.connect(database)
    (tasks,) = connection.execute("SELECT count(*) FROM task").fetchone()
    connection.close()
    copy_run(database, OLD_TASKS // tasks - 1)


def copy_run(database, copies):
    """Copies the one run of a database, attempts included."""
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA synchronous = OFF")
    (tasks,) = connection.execute("SELECT count(*) FROM task").fetchone()
    connection.execute("CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
                       f" SELECT i + 1 FROM n WHERE i < {copies}) SELECT i FROM n")
    # The run that is copied has the number 1, and its tasks those from 1 on.
    for table, moved in [("run", {"id": "id + i"}),
                         ("task", {"id": f"id + i * {tasks}", "run_id": "run_id + i"}),
                         ("attempt", {"task_id": f"task_id + i * {tasks}"})]:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        values = ", ".join(moved.get(column, column) for column in columns)
        connection.execute(f"INSERT INTO {table} ({', '.join(columns)})"
                           f" SELECT {values} FROM n, {table} ORDER BY i, {columns[0]}")
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
