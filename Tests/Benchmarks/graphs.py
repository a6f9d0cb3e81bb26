"""Graphs of tasks, and the same graph written for each program that can drain it."""

import json
import sqlite3

from harness import BenchError, run

# A graph is a list of (task, needs) in an order in which it can run.


def flat(count):
    return [(f"t{i}", []) for i in range(count)]


def chain(count):
    return [(f"t{i}", [f"t{i - 1}"] if i else []) for i in range(count)]


def fan(width):
    middle = [(f"m{i}", ["first"]) for i in range(width)]
    return [("first", []), *middle, ("last", [name for name, _ in middle])]


def layers(depth, width, needs):
    def above(layer, i):
        return [f"l{layer - 1}-{(i + k) % width}" for k in range(needs)] if layer else []

    return [(f"l{layer}-{i}", above(layer, i)) for layer in range(depth) for i in range(width)]


def write_flow(path, graph, body):
    """A flow file in which every task does `body`, one YAML line such as `exec: [/bin/true]`."""
    lines = ["flow: bench", "overlap: allow", "tasks:"]
    for name, needs in graph:
        need = f"needs: {json.dumps(needs)}, " if needs else ""
        lines.append(f"  {name}: {{{need}{body}}}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_makefile(path, graph):
    lines = [f".PHONY: all {' '.join(name for name, _ in graph)}",
             f"all: {' '.join(name for name, _ in graph)}"]
    for name, needs in graph:
        lines += [f"{name}: {' '.join(needs)}", "\t@/bin/true"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_ninja(path, graph):
    lines = ["rule true", "  command = /bin/true"]
    for name, needs in graph:
        lines.append(f"build {name}: true {' '.join(needs)}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def registered(bench, folder, graph, body):
    """A fresh state folder in which one run of the graph waits."""
    state = folder / "state"
    flow = folder / "bench.yaml"
    write_flow(flow, graph, body)
    run([bench.flower, "apply", flow, "--state", state])
    run([bench.flower, "register", "bench", "--state", state])
    return state


def check_succeeded(state, count):
    """A drain that left a task behind, or did one that failed, is no figure."""
    database = sqlite3.connect(f"file:{state}/flower.db?mode=ro", uri=True)
    found = dict(database.execute("SELECT status, count(*) FROM task GROUP BY status"))
    database.close()
    if found != {3: count}:
        raise BenchError(f"{count} tasks should have succeeded (status 3), but there are {found}")
