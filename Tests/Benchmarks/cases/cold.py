"""What starting Flower costs: with nothing to do, as a timer would every minute, and for one run."""

import contextlib
import sqlite3

import graphs
from harness import BenchError, Case, Contender, Goal, nothing, run


def drained(bench, folder):
    """A state folder with a flow and a finished run, at rest: no process has it open."""
    state = graphs.registered(bench, folder, graphs.flat(3), "exec: [/bin/true]")
    run([bench.flower, "run", "--state", state])
    graphs.check_succeeded(state, 3)
    return state


def cold(bench):
    def flower(folder):
        return [bench.flower, "run", "--state", str(drained(bench, folder))], nothing

    def sqlite(folder):
        return ["sqlite3", str(drained(bench, folder) / "flower.db"), "select 1"], nothing

    def sqlite_reading(folder):
        query = "select count(*) from task where status = 0"
        return ["sqlite3", str(drained(bench, folder) / "flower.db"), query], nothing

    return Case("cold `flower run` with nothing to do", 1, [
        Contender("flower", flower),
        Contender("sqlite3 select 1", sqlite, [Goal("time", 4, 2)]),
        Contender("sqlite3, same WAL", sqlite_reading, [Goal("time", 2, 5)]),
        Contender("/bin/true", lambda _: (["/bin/true"], nothing)),
    ], rounds=25)


def register(bench):
    def flower(folder):
        state = drained(bench, folder)

        def check():
            with contextlib.closing(sqlite3.connect(state / "flower.db")) as database:
                (count,) = database.execute("SELECT count(*) FROM task").fetchone()
            if count != 6:
                raise BenchError(f"there should be 6 tasks, of two runs, not {count}")

        return [bench.flower, "register", "bench", "--state", str(state)], check

    def sqlite(folder):
        # As much as a transaction that is on the disk when it ends.
        query = "pragma synchronous = full; update flow set id = id"
        return ["sqlite3", str(drained(bench, folder) / "flower.db"), query], nothing

    return Case("cold `flower register` of 3 tasks", 1, [
        Contender("flower", flower),
        Contender("sqlite3, one commit", sqlite),
        Contender("/bin/true", lambda _: (["/bin/true"], nothing)),
    ], rounds=25)
