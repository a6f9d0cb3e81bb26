#!/usr/bin/env python3
"""Flower beside its floors and peers, on this machine, now.

Prints the machine and one table. A goal that is missed is marked MISSED and is no failure: the
exit code is 1 only where something could not be measured. What the columns mean: `ms` is the median
of the rounds, `RSS MiB` the largest, `flower's rate` the median of the rounds' ratios to the
contender.
"""

import argparse
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True

import harness
from cases import CASES


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flower", default=".build/release/flower", help="the binary to measure")
    parser.add_argument("--base", help="an older binary, measured beside where a case looks at it")
    parser.add_argument("--case", action="append", choices=list(CASES), help="may be repeated")
    parser.add_argument("--rounds", type=int, help="rounds of each case (default: the case's own)")
    parser.add_argument("--scale", type=float, default=1, help="multiplies the numbers of tasks")
    arguments = parser.parse_args()

    flower = pathlib.Path(arguments.flower).resolve()
    if not flower.is_file():
        sys.exit(f"{flower} is not there: make build")

    before = harness.machine()
    rows = []
    with tempfile.TemporaryDirectory(prefix="flower-bench-") as folder:
        root = pathlib.Path(folder)
        try:
            floors = harness.build_floors(root)
            base = arguments.base and str(pathlib.Path(arguments.base).resolve())
            bench = harness.Bench(str(flower), floors, arguments.scale, base)
            for name in arguments.case or CASES:
                case = CASES[name](bench)
                rounds = arguments.rounds or case.rounds
                costs = harness.measure_case(bench, case, rounds, root)
                verdicts = case.probe(harness.fresh_folder(root)) if case.probe else ()
                rows += harness.case_rows(name, case, costs, verdicts)
        except harness.BenchError as error:
            sys.exit(f"cannot measure: {error}")
    print(f"before: {before}\nafter:  {harness.machine()}\n")
    harness.print_table(rows)


if __name__ == "__main__":
    main()
