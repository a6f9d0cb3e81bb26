"""Processes that wait for each other."""

import contenders as who
import graphs
from harness import Case, Goal


def chain(bench):
    graph = graphs.chain(bench.scaled(500))
    return Case(f"chain of {len(graph)} x /bin/true", len(graph), who.installed([
        who.flower(bench, graph, 8),
        who.floor_durable(bench, graph, 1, [Goal("rate", 0.85, 5)]),
        who.floor_spawn(bench, graph, 1),
        who.make(graph, 8),
        who.ninja(graph, 8),
    ]))


def wide(bench, title, graph):
    return Case(f"{title}, 8 workers", len(graph), who.installed([
        who.flower(bench, graph, 8),
        who.floor_spawn(bench, graph, 8, [Goal("rate", 0.75, 5)]),
        who.make(graph, 8),
        who.ninja(graph, 8, [Goal("rate", 1.7, 5)]),
    ]))


def fan(bench):
    width = bench.scaled(1000)
    return wide(bench, f"fan 1 -> {width} -> 1", graphs.fan(width))


def layers(bench):
    width = bench.scaled(100)
    return wide(bench, f"10 layers x {width} x 3 needs", graphs.layers(10, width, min(3, width)))
