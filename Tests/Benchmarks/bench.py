#!/usr/bin/env python3
"""Flower beside its floors and peers, or beside an older Flower, on this machine, now.

Prints the machine and one table. A goal that is missed is marked MISSED and is no failure: the
exit code is 1 only where something could not be measured. What the columns mean: `ms` is the median
of the rounds, `RSS MiB` the largest, `flower's rate` the median of the rounds' ratios to the
contender.

With a base each case is run by both programs in turns, without floors and peers. `ratio` is the
median of the rounds' ratios, base to this: more than 1 is better, less than 0.97 is marked, and no
failure either. A case with a command that the base has not is told, and the others go on. Exit code
66: there is no such commit; 1: it cannot be built, or a case could not be measured; 130: Ctrl-C,
after the table of what had been measured.
"""

import argparse
import os
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True

import commits
import compare
import harness
from cases import CASES


def beside_floors(arguments, flower, root):
    bench = harness.Bench(str(flower), harness.build_floors(root), arguments.scale)
    rows = []
    for name in arguments.case or CASES:
        case = CASES[name](bench)
        costs = harness.measure_case(bench, case, arguments.rounds or case.rounds, root)
        verdicts = case.probe(harness.fresh_folder(root)) if case.probe else ()
        rows += harness.case_rows(name, case, costs, verdicts)
    harness.print_table(rows)
    return 0


def beside_base(arguments, flower, base, root):
    floors = harness.build_floors(root)
    benches = [harness.Bench(str(program), floors, arguments.scale) for program in (base, flower)]
    rows, interrupted = [], False
    try:
        for name in arguments.case or CASES:
            rows += compare.compared(name, CASES[name], *benches, arguments.rounds, root)
    except KeyboardInterrupt:
        interrupted = True
        print("\ninterrupted: this is what had been measured", file=sys.stderr)
    last, code = compare.summary(rows)
    print(*compare.table(rows), "", last, sep="\n")
    return commits.INTERRUPTED if interrupted else code


def base_program(arguments):
    """The program to compare with, and what it is called; a commit's is built if it is not there."""
    if arguments.base:
        return executable(arguments.base), arguments.base
    root = pathlib.Path(arguments.root).resolve()
    sha = commits.commit_of(arguments.base_commit, root)
    program = commits.program_of(sha, root, arguments.swift)
    return program, f"{commits.titled(sha, root)}\nthis:   {commits.described(root)}"


def executable(name):
    program = pathlib.Path(name).resolve()
    if not (program.is_file() and os.access(program, os.X_OK)):
        print(f"{program} is not there: make build", file=sys.stderr)
        sys.exit(commits.NO_INPUT)
    return program


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--flower", default=".build/release/flower", help="the binary to measure")
    base = parser.add_mutually_exclusive_group()
    base.add_argument("--base", help="another binary, to compare with in place of floors and peers")
    base.add_argument("--base-commit", help="the like, of this commit: built if it is not there")
    parser.add_argument("--case", action="append", choices=list(CASES), help="may be repeated")
    parser.add_argument("--rounds", type=int, help="rounds of each case (default: the case's own;"
                        f" with a base {compare.ROUNDS_TIMES} times as many)")
    parser.add_argument("--scale", type=float, default=1, help="multiplies the numbers of tasks")
    parser.add_argument("--swift", default="swift", help="the compiler, of a base commit")
    parser.add_argument("--root", default=commits.ROOT, help="the repository, of a base commit")
    arguments = parser.parse_args()
    if arguments.rounds is not None and arguments.rounds < 1:
        parser.error("--rounds: at least one")

    sys.exit(commits.exit_code(lambda: measured(arguments)))


def measured(arguments):
    """The exit code, all having been told."""
    flower = executable(arguments.flower)
    compares = arguments.base or arguments.base_commit
    base, title = base_program(arguments) if compares else (None, "")
    print(f"before: {harness.machine()}" + (f"\nbase:   {title}" if compares else ""))
    with tempfile.TemporaryDirectory(prefix="flower-bench-") as folder:
        root = pathlib.Path(folder)
        if compares:
            code = beside_base(arguments, flower, base, root)
        else:
            code = beside_floors(arguments, flower, root)
    print(f"after:  {harness.machine()}")
    return code


if __name__ == "__main__":
    main()
