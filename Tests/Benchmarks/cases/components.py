"""Tasks that run inside the runner: what remains is Flower's own work."""

import shlex

import graphs
from harness import Case, Contender, Goal, fsyncs, nothing, run

NOOP = "component: noop"
# Of each task of the 20,000, by issue 5.
FSYNCS = 0.012


def noop(bench):
    """20,000 no-ops from registration to last commit, as F3 makes its rows within its time.

    The issue's own F3 wrote 634 bytes a task, 480 in one transaction, with 0.011 fdatasyncs. This one
    writes 590 and 480 with 0.011, and 316 where it keeps no attempts.
    """
    graph = graphs.flat(bench.scaled(20_000))

    def flower(folder):
        state = folder / "state"
        graphs.write_flow(folder / "bench.yaml", graph, NOOP)
        run([bench.flower, "apply", folder / "bench.yaml", "--state", state])
        return shell(bench, state, 1), lambda: graphs.check_succeeded(state, len(graph))

    def turns(*words):
        program = bench.programs["turns"]
        return lambda folder: (
            [program, str(folder / "floor.db"), str(len(graph)), "200", *words], nothing,
        )

    def synced(folder):
        command, check = flower(folder)
        count = fsyncs(command, folder) / len(graph)
        check()
        verdict = "met" if count <= FSYNCS else "MISSED"
        return [f"<= {FSYNCS} fsyncs a task (issue 5): {count:.4f} {verdict}"]

    return Case(f"{len(graph)} no-op components, registered and drained", len(graph), [
        Contender("flower", flower, [Goal("bytes", 1024, 5)]),
        Contender("F3 turns of 200", turns(), [Goal("rate", 0.5, 5)]),
        Contender("F3, one transaction", turns("together")),
        Contender("F3, and no attempts", turns("together", "bare")),
    ], probe=synced)


def register(bench):
    """20 commands that register three no-ops each, then the drain, all from a cold start."""
    graph = graphs.chain(3)

    def flower(folder):
        state = folder / "state"
        graphs.write_flow(folder / "bench.yaml", graph, NOOP)
        run([bench.flower, "apply", folder / "bench.yaml", "--state", state])
        return shell(bench, state, 20), lambda: graphs.check_succeeded(state, 60)

    def starts(_):
        loop = "i=0; while [ $i -lt 21 ]; do sqlite3 :memory: 'select 1'; i=$((i + 1)); done"
        return ["sh", "-c", loop], nothing

    return Case("20 registrations of 3 no-ops, then the drain", 60, [
        Contender("flower", flower, [Goal("seconds", 0.1, 5)]),
        Contender("21 x sqlite3", starts),
    ], rounds=9)


def shell(bench, state, registrations):
    """One command line for several commands, so that they are timed as one."""
    program, folder = shlex.quote(bench.flower), shlex.quote(str(state))
    lines = ["set -e", f"for i in $(seq {registrations})",
             f"do {program} register bench --state {folder}", "done",
             f"{program} run --workers 8 --state {folder}"]
    return ["sh", "-c", "\n".join(lines)]
