"""What it takes to look at 100,000 tasks or runs, as programs do: time, and the most memory.

With --base an older binary looks at the like of it beside: each in a state folder that it has made itself.
"""

import json
import sqlite3
import subprocess

import graphs
from harness import BenchError, Case, Contender, Goal, run
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

    def made(binary, folder):
        state = drained(binary, folder, 3)
        copy_run(state / "flower.db", count - 1)
        return state

    return case(bench, f"runs -n {count} -o json", count, made,
                ["runs", "-n", str(count), "-o", "json"])


def tasks(bench, title, words):
    count = bench.scaled(100_000)
    return case(bench, f"{title}, of {count} tasks", count,
                lambda binary, folder: drained(binary, folder, count), words)


def drained(binary, folder, count):
    flow = folder / "bench.yaml"
    graphs.write_flow(flow, graphs.flat(count), BODY)
    state = folder / "state"
    run([binary, "apply", flow, "--state", state])
    run([binary, "register", "bench", "--state", state])
    run([binary, "run", "--state", state])
    graphs.check_succeeded(state, count)
    return state


def case(bench, title, count, made, words):
    states = {}

    def contender(name, binary, goals):
        def prepare(folder):
            # Made with the first round; looking changes nothing.
            if binary not in states:
                place = folder.parent / f"looked-at-{len(states)}-{words[0]}-{'-o' in words}"
                place.mkdir()
                states[binary] = made(binary, place)
            command = [binary, *words, "--state", str(states[binary])]
            # Into a pipe, as a program reads it; the most memory is that of the larger of both.
            return ["sh", "-c", 'exec "$@" | exec wc -c > /dev/null', "sh", *command], check(command)
        return Contender(name, prepare, goals)

    def check(command):
        def look():
            if "json" not in command:
                return
            text = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
            rows = json.loads(text)
            rows = rows["tasks"] if isinstance(rows, dict) else rows
            if len(rows) != count:
                raise BenchError(f"{count} rows should have been printed, not {len(rows)}")
        return look

    contenders = [contender("flower", bench.flower, [])]
    if bench.base:
        goals = [Goal("rate", 3, 14), Goal("memory", 0.1, 14)] if "json" in words else []
        contenders.append(contender("flower, as it was", bench.base, goals))
    return Case(title, count, contenders)
