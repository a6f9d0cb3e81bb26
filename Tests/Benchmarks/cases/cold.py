"""What starting Flower costs when there is nothing to do, as a timer would every minute."""

import graphs
from harness import Case, Contender, Goal, nothing, run


def cold(bench):
    def drained(folder):
        """A state folder with a flow and a finished run, at rest: no process has it open."""
        state = graphs.registered(bench, folder, graphs.flat(3), "exec: [/bin/true]")
        run([bench.flower, "run", "--state", state])
        graphs.check_succeeded(state, 3)
        return state

    def flower(folder):
        return [bench.flower, "run", "--state", str(drained(folder))], nothing

    def sqlite(folder):
        return ["sqlite3", str(drained(folder) / "flower.db"), "select 1"], nothing

    def sqlite_reading(folder):
        query = "select count(*) from task where status = 0"
        return ["sqlite3", str(drained(folder) / "flower.db"), query], nothing

    return Case("cold `flower run` with nothing to do", 1, [
        Contender("flower", flower),
        Contender("sqlite3 select 1", sqlite, [Goal("time", 4, 2)]),
        Contender("sqlite3, same WAL", sqlite_reading, [Goal("time", 2, 5)]),
        Contender("/bin/true", lambda _: (["/bin/true"], nothing)),
    ], rounds=25)
