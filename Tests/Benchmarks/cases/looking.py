"""What it takes to look at 100,000 tasks or runs, as programs do: time, and the most memory."""

import json
import subprocess

import graphs
from harness import BenchError, Case, Contender, fresh_folder, run
from cases.history import copy_run

BODY = "component: noop"


def status(bench):
    return tasks(bench, "status 1 -o json", ["status", "1", "-o", "json"])


def show(bench):
    return tasks(bench, "show bench -o json", ["show", "bench", "-o", "json"])


def status_text(bench):
    return tasks(bench, "status 1", ["status", "1"])


def runs(bench):
    count = bench.scaled(100_000)

    def made(folder):
        state = drained(bench, folder, 3)
        copy_run(state / "flower.db", count - 1)
        return state

    return case(bench, f"runs -n {count} -o json", count, made,
                ["runs", "-n", str(count), "-o", "json"])


def tasks(bench, title, words):
    count = bench.scaled(100_000)
    return case(bench, f"{title}, of {count} tasks", count,
                lambda folder: drained(bench, folder, count), words)


def drained(bench, folder, count):
    state = graphs.registered(bench, folder, graphs.flat(count), BODY)
    run([bench.flower, "run", "--state", state])
    graphs.check_succeeded(state, count)
    return state


def case(bench, title, count, made, words):
    states = []

    def prepare(folder):
        # Made with the first round; looking changes nothing.
        if not states:
            states.append(made(fresh_folder(folder.parent)))
        command = [bench.flower, *words, "--state", str(states[0])]
        # Into a pipe, as a program reads it; the most memory is that of the larger of both.
        return (["sh", "-c", 'exec "$@" | exec wc -c > /dev/null', "sh", *command],
                lambda: check(command, count))

    return Case(title, count, [Contender("flower", prepare)])


def check(command, count):
    """What a pipe hides: that the command failed, or told another number of rows."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise BenchError(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}",
                         done.returncode)
    if "json" not in command:
        return
    rows = json.loads(done.stdout)
    rows = rows["tasks"] if isinstance(rows, dict) else rows
    if len(rows) != count:
        raise BenchError(f"{count} rows should have been printed, not {len(rows)}")
