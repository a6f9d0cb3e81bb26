"""Measures contenders side by side and says who was how fast: nothing here knows what they run.

A machine drifts by a factor of two within minutes, so only ratios within one round count: each
round runs every contender once, in an order rotated from round to round, and a goal is judged by
the median of the rounds' own ratios, never by the ratio of two medians.
"""

import contextlib
import dataclasses
import functools
import os
import pathlib
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from typing import Callable

FLOORS = pathlib.Path(__file__).resolve().parent / "floors"
PROGRAMS = {
    "measure": ["measure.c"],
    "spawn": ["spawn.c"],
    "durable": ["durable.c", "store.c", "-lsqlite3"],
    "turns": ["turns.c", "store.c", "-lsqlite3"],
    "stamp": ["stamp.c", "-static"],
    "punctual": ["punctual.c"],
    "journal": ["journal.c", "-ldl"],
}

Command = list[str]
Prepared = tuple[Command, Callable[[], None]]


@dataclasses.dataclass
class Cost:
    """What one command took, its waited-for children included.

    What is looked at while it goes on, as a scheduler at rest, has its memory told in more ways:
    by proportion (pages that others have too are divided), and what no file stands behind.
    """

    seconds: float
    cpu_seconds: float
    rss_mib: float
    written_bytes: int
    pss_mib: float = 0
    anonymous_mib: float = 0


@dataclasses.dataclass
class Goal:
    """`limit` bounds what `of` names: our rate as a multiple of the contender's, our time or most
    memory likewise, or our own seconds, resident memory or bytes written a task."""

    of: str                # "rate", "time", "memory", "seconds", "rss", "bytes"
    limit: float
    issue: int
    strict: bool = False   # "faster than", not "at least"

    def met(self, value):
        if self.of == "rate":
            return value > self.limit if self.strict else value >= self.limit
        return value <= self.limit

    def __str__(self):
        sign = (">" if self.strict else ">=") if self.of == "rate" else "<="
        unit = {"rate": "x", "time": "x time", "memory": "x memory", "seconds": " s", "rss": " MiB",
                "bytes": " bytes a task"}[self.of]
        return f"{sign} {self.limit:g}{unit} (issue {self.issue})"


@dataclasses.dataclass
class Contender:
    """`prepare` is not timed: it makes what one round needs in the folder that it is given and
    returns the command to time, with a check of the command's work to make afterwards. `look` is in
    the place of the timing where a command does not end by itself."""

    name: str
    prepare: Callable[[pathlib.Path], Prepared]
    goals: list[Goal] = dataclasses.field(default_factory=list)
    look: Callable[[Command, pathlib.Path], Cost] | None = None
    # Where its rounds have their folders, if not where all have.
    place: pathlib.Path | None = None


@dataclasses.dataclass
class Case:
    """The first contender is Flower; the others are what it is compared with."""

    title: str
    tasks: int
    contenders: list[Contender]
    rounds: int = 5
    # What a comparison of two programs tells: keys of `compare.MEASURES`.
    measures: tuple[str, ...] = ("ms", "RSS MiB")
    # Looks once, untimed, at what Flower does, and gives its verdicts.
    probe: Callable[[pathlib.Path], list[str]] | None = None


@dataclasses.dataclass
class Bench:
    """What a case needs to know of this invocation."""

    flower: str
    programs: dict[str, str]
    scale: float

    def scaled(self, count):
        return max(2, int(count * self.scale))


class BenchError(Exception):
    """Something could not be measured: with the exit code of what failed, and whose round it was."""

    def __init__(self, text, code=None):
        super().__init__(text)
        self.code, self.contender = code, None


def nothing():
    pass


def run(command, **options):
    """Runs a command that is not timed; its output is shown only if it fails."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, **options,
    )
    if done.returncode != 0:
        raise BenchError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}",
                         done.returncode)
    return done.stdout


def fresh_folder(root):
    return pathlib.Path(tempfile.mkdtemp(dir=root))


def compiler():
    return os.environ.get("CC", "cc")


def build_floors(folder):
    built = {}
    for name, parts in PROGRAMS.items():
        sources = [str(FLOORS / part) if part.endswith(".c") else part for part in parts]
        built[name] = str(folder / name)
        run([compiler(), "-O2", "-o", built[name], *sources])
    return built


def measure(bench, command, folder):
    done = subprocess.run(
        [bench.programs["measure"], *command], cwd=folder, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    fields = done.stdout.split()
    if done.returncode != 0:
        raise BenchError(f"{' '.join(command)}: {done.stderr}")
    if fields[4] != "0":
        raise BenchError(f"{' '.join(command)}: exit {fields[4]}\n{done.stderr}", int(fields[4]))
    wall, user, system, rss = map(int, fields[:4])
    return Cost(wall / 1e9, (user + system) / 1e6, rss / 1024, int(fields[5]))


def fsyncs(command, folder):
    """How often a command and its children have the disk take what was written."""
    log = folder / "strace"
    # Only these calls are stopped at: with all that writes, a run of threads is another one.
    calls = ["--seccomp-bpf", "-e", "signal=none", "-e", "trace=fsync,fdatasync"]
    run(["strace", "-f", "-qq", *calls, "-o", log, *command], cwd=folder)
    # What another thread interrupts has a second line: "<... fdatasync resumed>) = 0".
    lines = log.read_text(errors="replace").splitlines()
    return sum("sync(" in line for line in lines)


def measure_round(bench, contender, root):
    folder = fresh_folder(contender.place or root)
    try:
        command, check = contender.prepare(folder)
        look = contender.look or functools.partial(measure, bench)
        cost = look(command, folder)
        check()
    except sqlite3.Error as error:
        raise BenchError(f"the database is another one than this case knows: {error}") from error
    shutil.rmtree(folder)
    return cost


def measure_case(bench, case, rounds, root):
    """The costs by contender, one for each round."""
    costs = {contender.name: [] for contender in case.contenders}
    for number in range(rounds):
        shift = number % len(case.contenders)
        for contender in case.contenders[shift:] + case.contenders[:shift]:
            try:
                costs[contender.name].append(measure_round(bench, contender, root))
            except BenchError as error:
                error.contender = contender.name
                raise
        print(f"\r{case.title}: round {number + 1} of {rounds}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return costs


def goal_value(goal, ours, theirs, tasks=1):
    """The median that the goal bounds."""
    if goal.of == "bytes":
        return statistics.median(cost.written_bytes for cost in ours) / tasks
    if goal.of == "rss":
        return max(cost.rss_mib for cost in ours)
    if goal.of == "seconds":
        return statistics.median(cost.seconds for cost in ours)
    pairs = zip(ours, theirs)
    if goal.of == "memory":
        return statistics.median(our.rss_mib / their.rss_mib for our, their in pairs)
    if goal.of == "rate":
        return statistics.median(their.seconds / our.seconds for our, their in pairs)
    return statistics.median(our.seconds / their.seconds for our, their in pairs)


def case_rows(name, case, costs, verdicts=()):
    """The case's part of the table: a row for each contender, and one for what the probe found."""
    ours = costs[case.contenders[0].name]
    for contender in case.contenders:
        theirs = costs[contender.name]
        seconds = statistics.median(cost.seconds for cost in theirs)
        cpu = statistics.median(cost.cpu_seconds for cost in theirs)
        ratio = goal_value(Goal("rate", 0, 0), ours, theirs)
        judged = []
        for goal in contender.goals:
            value = goal_value(goal, ours, theirs, case.tasks)
            judged.append(f"{goal}: {value:.2f} {'met' if goal.met(value) else 'MISSED'}")
        yield (
            name, contender.name, f"{seconds * 1000:.2f}", f"{case.tasks / seconds:.0f}",
            f"{cpu * 1000 / case.tasks:.2f}", f"{max(c.rss_mib for c in theirs):.1f}",
            "" if theirs is ours else f"{ratio:.2f}", "; ".join(judged),
        )
    if verdicts:
        yield name, "flower, under strace", *[""] * 5, "; ".join(verdicts)


HEADERS = ("case", "contender", "ms", "per s", "CPU ms each", "RSS MiB", "flower's rate", "goal")


def print_table(rows):
    table = [HEADERS, *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(HEADERS))]
    for number, row in enumerate(table):
        if number and row[0] != table[number - 1][0]:
            print("  ".join("-" * width for width in widths[:-1]))
        left = [row[0].ljust(widths[0]), row[1].ljust(widths[1])]
        right = [row[i].rjust(widths[i]) for i in range(2, len(HEADERS) - 1)]
        print("  ".join([*left, *right, row[-1]]).rstrip())


def machine():
    model = platform.machine()
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
        model = names[0] if names else model
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}, load {load}"
