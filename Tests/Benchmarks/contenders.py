"""Everything that a drain of a graph is compared with, as contenders."""

import shutil

import graphs
from harness import Contender, nothing, run


def flower(bench, graph, workers, goals=(), body="exec: [/bin/true]"):
    def prepare(folder):
        state = graphs.registered(bench, folder, graph, body)
        command = [bench.flower, "run", "--workers", str(workers), "--state", str(state)]
        return command, lambda: graphs.check_succeeded(state, len(graph))

    return Contender("flower", prepare, list(goals))


def floor_spawn(bench, graph, width, goals=(), clean=False):
    def prepare(_):
        command = [bench.programs["spawn"], str(width), str(len(graph))]
        return command + (["clean"] if clean else []), nothing

    return Contender("F1 spawn, clean" if clean else "F1 spawn", prepare, list(goals))


def floor_durable(bench, graph, width, goals=()):
    def prepare(folder):
        file = str(folder / "floor.db")
        run([bench.programs["durable"], "create", file, str(len(graph))])
        return [bench.programs["durable"], "drain", file, str(width)], nothing

    return Contender("F2 durable", prepare, list(goals))


def xargs(graph, width, goals=()):
    def prepare(folder):
        (folder / "names").write_text("\n".join(name for name, _ in graph) + "\n")
        return ["xargs", "-a", "names", "-P", str(width), "-n", "1", "/bin/true"], nothing

    return Contender("xargs", prepare, list(goals))


def make(graph, width, goals=()):
    def prepare(folder):
        graphs.write_makefile(folder / "Makefile", graph)
        return ["make", "-j", str(width)], nothing

    return Contender("make", prepare, list(goals))


def ninja(graph, width, goals=()):
    def prepare(folder):
        graphs.write_ninja(folder / "build.ninja", graph)
        return ["ninja", "--quiet", "-j", str(width)], nothing

    return Contender("ninja", prepare, list(goals))


def installed(contenders):
    """Those whose program is there; each name is the program's, floors and Flower excepted."""
    optional = {"xargs", "make", "ninja"}
    return [c for c in contenders if c.name not in optional or shutil.which(c.name)]
