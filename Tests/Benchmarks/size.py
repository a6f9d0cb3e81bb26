#!/usr/bin/env python3
"""What Flower weighs: bytes by section and module, and the seconds of a build from nothing.

Of this tree as it is now, and with --base-commit of that commit too, built in the same run: the base first.
Either is built from nothing in a folder of its own below `.build/base`, with the versions of the
dependencies that this tree has (Package.resolved), and its compilers are timed.

`ratio` is this to base: less than 1 is lighter. What is loaded is exact, by the linker's map; what
strip(1) takes away is told by section. Seconds by module are of the processor. `until the first
compiler` fetches the dependencies: from SwiftPM's cache, or, where that is empty, from the network.

Ctrl-C prints what is known by then. Exit code 66: there is no such commit; 1: a build has failed, and what
is known is printed; 130: Ctrl-C.
"""

import argparse
import dataclasses
import json
import pathlib
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import commits
import compilers
import harness
import linkmap

MB = 1_000_000
# Smaller ones are added up.
LEAST_BYTES = 50_000
LEAST_SECONDS = 0.5
OTHERS = "others"
RESULT = "size.json"


@dataclasses.dataclass
class Side:
    """All that is known of one tree; what is not known yet is empty."""

    title: str = ""
    # By what is told: "make build, wall" and its parts.
    build: dict[str, float] = dataclasses.field(default_factory=dict)
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)
    program: dict[str, int] = dataclasses.field(default_factory=dict)
    sections: dict[str, int] = dataclasses.field(default_factory=dict)
    unloaded: dict[str, int] = dataclasses.field(default_factory=dict)
    # By "origin: module".
    modules: dict[str, int] = dataclasses.field(default_factory=dict)

    def save(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(dataclasses.asdict(self), indent=1) + "\n"
        (folder / RESULT).write_text(text, encoding="utf-8")

    @staticmethod
    def load(folder):
        try:
            return Side(**json.loads((folder / RESULT).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None


# Measuring


def measure(side, tree, folder, label, swift):
    """Builds a tree and fills in the side, part by part: a build that is ended tells what it has."""
    with tempfile.TemporaryDirectory(prefix="flower-bench-") as place:
        stand_ins = compilers.Compilers(pathlib.Path(place), swift)
        begun = time.monotonic()
        whole = "until it was ended"
        try:
            commits.build(tree, folder / "build.log", label, swift, stand_ins.environment())
            whole = "make build, wall"
        finally:
            side.build[whole] = time.monotonic() - begun
            timed(side, stand_ins.steps(), begun)
        weigh(side, tree, stand_ins.map, pathlib.Path(place))


def timed(side, steps, begun):
    span = compilers.span(steps)
    if span:
        side.build["until the first compiler"] = span[0] - begun
        side.build["from the first to the last"] = span[1] - span[0]
    side.seconds = dict(compilers.seconds_by_module(steps))


def weigh(side, tree, linker_map, place):
    program = tree / commits.PROGRAM
    if not program.is_file():
        raise commits.BuildFailed(f"make build has made no {commits.PROGRAM} in {tree}")
    stripped = place / "stripped"
    harness.run(["strip", "-o", stripped, program])
    side.program = {"as built": program.stat().st_size, "stripped": stripped.stat().st_size}
    try:
        with open(linker_map, encoding="utf-8", errors="replace") as lines:
            sizes = linkmap.parsed(lines)
    except (OSError, linkmap.NoMap) as error:
        raise commits.BuildFailed(f"what the program consists of is not known: {error}") from error
    side.sections, side.unloaded = dict(sizes.sections), dict(sizes.unloaded)
    own = {folder.name for folder in (tree / "Sources").iterdir()}
    side.modules = {": ".join(key): size
                    for key, size in linkmap.by_module(sizes.objects, own).items()}


def measure_base(name, sides, arguments, root):
    sha = commits.commit_of(name, root)
    folder = commits.folder_of(sha, root)
    earlier = Side.load(folder) if arguments.reuse else None
    if earlier:
        print(f"base {sha[:12]}: the figures of an earlier run, as --reuse has it", file=sys.stderr)
        earlier.title += "; of an earlier run, whose seconds are another hour's"
        sides["base"] = earlier
        return
    side = sides["base"] = Side(commits.titled(sha, root))
    with commits.locked(folder), commits.worktree(sha, folder / "tree", root, arguments.keep) as tree:
        measure(side, tree, folder, f"base {sha[:12]}", arguments.swift)
        commits.keep_program(tree, folder, arguments.swift)
        side.save(folder)


def measure_this(sides, arguments, root):
    folder = root / ".build" / "base" / "this"
    side = sides["this"] = Side(commits.described(root))
    with commits.locked(folder), commits.copied(folder / "tree", root, arguments.keep) as tree:
        measure(side, tree, folder, "this tree", arguments.swift)
        side.save(folder)


# The table


@dataclasses.dataclass
class Row:
    group: str
    name: str
    values: dict[str, float]    # by side; none where there is no such thing

    def ratio(self):
        base, this = self.values.get("base"), self.values.get("this")
        if base is None and this is None:
            return ""
        if base is None:
            return "new"
        if this is None:
            return "gone"
        return f"{this / base:.2f}" if base else ""


def rows_of(group, sides, key, unit=1, least=0):
    """A row a name, the largest first; those that are small on every side are one row."""
    found, names = {side: key(values) for side, values in sides.items()}, []
    for values in found.values():
        names += [name for name in values if name not in names]
    shown, few = [], []
    for name in names:
        values = {side: found[side][name] / unit for side in sides if name in found[side]}
        large = max(values.values()) * unit >= least
        (shown if large else few).append(Row(group, name, values))
    if least:
        shown.sort(key=lambda row: -max(row.values.values()))
    if few:
        # Where a side has none at all of a group it is not measured, and has no others either.
        sums = {side: sum(row.values.get(side, 0) for row in few) for side in sides if found[side]}
        shown.append(Row(group, f"{OTHERS} ({len(few)})", sums))
    return shown


def total(group, name, sides, key, unit=1):
    values = {side: sum(key(value).values()) / unit for side, value in sides.items() if key(value)}
    return [Row(group, name, values)] if values else []


def origins(side):
    sums = {}
    for name, size in side.modules.items():
        origin = name.partition(": ")[0]
        sums[origin] = sums.get(origin, 0) + size
    return sums


def table_rows(sides, everything=False):
    least_bytes, least_seconds = (0, 0) if everything else (LEAST_BYTES, LEAST_SECONDS)
    bytes_, loaded = "MB", "MB, loaded"
    return [
        *rows_of("s", sides, lambda side: side.build),
        *rows_of("s, processor", sides, lambda side: side.seconds, 1, least_seconds),
        *total("s, processor", "all compilers", sides, lambda side: side.seconds),
        *rows_of(bytes_, sides, lambda side: side.program, MB),
        *rows_of("MB, gone when stripped", sides, lambda side: side.unloaded, MB, least_bytes),
        *total("MB, gone when stripped", "all", sides, lambda side: side.unloaded, MB),
        *rows_of("MB by section", sides, lambda side: side.sections, MB, least_bytes),
        *total("MB by section", "all sections", sides, lambda side: side.sections, MB),
        *rows_of("MB by origin", sides, origins, MB),
        *rows_of("MB by module", sides, lambda side: side.modules, MB, least_bytes),
        *total("MB by module", "all modules", sides, lambda side: side.modules, MB),
    ]


def table(rows, sides):
    """Its lines, a column a side; the ratio is this to base, where both are measured to the end."""
    whole = all(side.program for side in sides.values())
    columns = [name for name in ("base", "this") if name in sides]
    heads = ["", "", *columns, *(["ratio"] if len(columns) == 2 else [])]
    cells = [heads]
    for row in rows:
        numbers = [f"{row.values[name]:.2f}" if name in row.values else "-" for name in columns]
        cells.append([row.group, row.name, *numbers, row.ratio() if whole else ""][:len(heads)])
    widths = [max(len(line[i]) for line in cells) for i in range(len(heads))]
    group = None
    for number, line in enumerate(cells):
        if number and line[0] != group:
            yield "  ".join("-" * width for width in widths)
        first = "" if number and line[0] == group else line[0]
        group = line[0] if number else None
        left = [first.ljust(widths[0]), line[1].ljust(widths[1])]
        yield "  ".join(left + [line[i].rjust(widths[i]) for i in range(2, len(heads))]).rstrip()


def show(sides, everything):
    for name, side in sides.items():
        print(f"{name}: {side.title}")
    print(*table(table_rows(sides, everything), sides), sep="\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--base-commit", help="what this tree is compared with")
    parser.add_argument("--reuse", action="store_true",
                        help="take the base's figures of an earlier run, if there are any")
    parser.add_argument("--keep", action="store_true",
                        help="leave what was built, below .build/base/*/tree, for a closer look")
    parser.add_argument("--all", action="store_true", help="show what is small too")
    parser.add_argument("--swift", default="swift", help="the compiler")
    parser.add_argument("--root", default=commits.ROOT, help="the repository")
    arguments = parser.parse_args()
    root = pathlib.Path(arguments.root).resolve()

    print(f"before: {harness.machine()}")
    sides = {}

    def measured():
        if arguments.base_commit:
            measure_base(arguments.base_commit, sides, arguments, root)
        measure_this(sides, arguments, root)
        return 0

    code = commits.exit_code(measured, "interrupted: this is what is known by now")
    if sides:
        show(sides, arguments.all)
    print(f"after:  {harness.machine()}")
    sys.exit(code)


if __name__ == "__main__":
    main()
