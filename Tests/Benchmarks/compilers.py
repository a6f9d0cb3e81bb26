"""What each compiler of a build takes: SwiftPM starts those that SWIFT_EXEC and CC name, and these are ours.

They run the toolchain's own with the same words, and note the time of each. The one word that is added
asks the linker for a map (`linkmap`), which changes nothing of the program.
"""

import collections
import json
import pathlib
import subprocess

import harness

LINKING = "linking"
ASKING = "asking the compiler for its version"


class Compilers:
    """Stand-ins in a folder, with `log` for what they note and `map` for the linker's."""

    def __init__(self, folder, swift):
        self.folder = folder
        self.log, self.map = folder / "compilers.log", folder / "linker.map"
        timed = folder / "timed"
        harness.run([harness.compiler(), "-O2", "-o", timed, harness.FLOORS / "timed.c"])
        tools = toolchain_folder(swift)
        self.swiftc = tools / "swiftc"
        # Of the program alone, not of tools that a package may build for itself.
        link = (f'case " $* " in *" -emit-executable "*) case " $* " in *"/flower "*)'
                f' set -- "$@" -Xlinker "-Map={self.map}";; esac;; esac\n')
        for name, before in (("swiftc", link), ("clang", "")):
            script = folder / name
            script.write_text(f'#!/bin/sh\n{before}exec "{timed}" "{self.log}" "{tools / name}" "$@"\n',
                              encoding="utf-8")
            script.chmod(0o755)

    def environment(self):
        """The manifest is compiled by the toolchain's own: its libraries are looked for beside it."""
        return {"SWIFT_EXEC": str(self.folder / "swiftc"), "CC": str(self.folder / "clang"),
                "SWIFT_EXEC_MANIFEST": str(self.swiftc)}

    def steps(self):
        if not self.log.exists():
            return []
        return [step(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


def toolchain_folder(swift):
    """Where the compilers are; `swift` itself may be a starter elsewhere, as swiftly's is."""
    told = harness.run([swift, "-print-target-info"])
    resources = json.loads(told)["paths"]["runtimeResourcePath"]
    return pathlib.Path(resources).parents[1] / "bin"


Step = collections.namedtuple("Step", "module began ended cpu_seconds")


def step(line):
    """One line of timed.c."""
    numbers, *words = line.split("\t")
    began, ended, user, system = map(float, numbers.split())
    return Step(module_of(words), began, ended, user + system)


def module_of(words):
    """Whose source a compiler was given: Swift's says it, C's writes to a folder of that name."""
    if "-emit-executable" in words or "-emit-library" in words:
        return LINKING
    if "-module-name" in words[:-1]:
        return words[words.index("-module-name") + 1]
    if "-o" in words[:-1]:
        parts = pathlib.PurePosixPath(words[words.index("-o") + 1]).parts
        for part in parts:
            if part.endswith(".build") and part != ".build":
                return part.removesuffix(".build")
    return ASKING


def seconds_by_module(steps):
    """Seconds of processor: where two compile at once, the wall has no shares."""
    modules = collections.Counter()
    for each in steps:
        modules[each.module] += each.cpu_seconds
    return modules


def span(steps):
    """(the first compiling's begin, the last one's end) on the monotonic clock, or None."""
    steps = [each for each in steps if each.module != ASKING]
    return (min(s.began for s in steps), max(s.ended for s in steps)) if steps else None
