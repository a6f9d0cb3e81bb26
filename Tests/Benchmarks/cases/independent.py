"""2,000 processes that wait for nothing but a worker."""

import contenders as who
import graphs
from harness import Case, Goal


def faster():
    return [Goal("rate", 1, 5, strict=True)]


def flat8(bench):
    graph = graphs.flat(bench.scaled(2000))
    return Case(f"{len(graph)} x /bin/true, 8 workers", len(graph), who.installed([
        who.flower(bench, graph, 8, [Goal("rss", 32, 5)]),
        who.xargs(graph, 8, [Goal("rate", 0.8, 2), *faster()]),
        who.floor_spawn(bench, graph, 8, [Goal("rate", 0.85, 5)]),
        who.floor_spawn(bench, graph, 8, clean=True),
        who.floor_durable(bench, graph, 8),
        who.make(graph, 8, faster()),
        who.ninja(graph, 8, faster()),
    ]))


def flat2(bench):
    graph = graphs.flat(bench.scaled(2000))
    return Case(f"{len(graph)} x /bin/true, 2 workers", len(graph), who.installed([
        who.flower(bench, graph, 2),
        who.floor_spawn(bench, graph, 2, [Goal("rate", 0.8, 5)]),
        who.floor_durable(bench, graph, 2),
        who.xargs(graph, 2),
        who.make(graph, 2),
        who.ninja(graph, 2),
    ]))
