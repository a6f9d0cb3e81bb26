"""Two programs in the same cases, by turns: what has become of each figure.

Each round runs both, one right after the other, in an order that changes from round to round, and
only the rounds' own ratios count, as `harness` has it for contenders.
"""

import dataclasses
import math
import statistics
import sys

from harness import BenchError, Case, fresh_folder, measure_case

# Below this a figure is marked: what is less is within what the same program differs by from itself.
LIMIT = 0.97
# Of each case twice its own rounds, and an even number, so that either goes first as often.
ROUNDS_TIMES = 2
FEW_ROUNDS = 6

# How a base says that it has no such command, option or key: EX_USAGE and EX_DATAERR of sysexits(3).
LACKS = {64, 65}

# What is told, by name: less of each is better.
MEASURES = {
    "ms": lambda cost: cost.seconds * 1000,
    "CPU ms": lambda cost: cost.cpu_seconds * 1000,
    "RSS MiB": lambda cost: cost.rss_mib,
    "PSS MiB": lambda cost: cost.pss_mib,
    "anonymous MiB": lambda cost: cost.anonymous_mib,
}

BASE, THIS = "base", "this"


@dataclasses.dataclass
class Row:
    """One figure of one case; the ratio is base to this, so that more than 1 is better."""

    case: str
    measure: str
    base: float
    this: float
    ratio: float
    low: float      # the interval of the ratio, see `interval`
    high: float
    rounds: int

    @property
    def mark(self):
        if self.ratio >= LIMIT:
            return ""
        if self.rounds < FEW_ROUNDS:
            return f"below {LIMIT}, of few rounds"
        return f"below {LIMIT}" if self.high < 1 else f"below {LIMIT}, unsure"


@dataclasses.dataclass
class Untold:
    """A case that gave no figures, and why."""

    case: str
    reason: str
    is_failure: bool


def row(case, measure, bases, theses):
    """The figures of pairs of costs, a pair a round."""
    value = MEASURES[measure]
    pairs = [(value(base), value(this)) for base, this in zip(bases, theses, strict=True)]
    # Nothing after nothing is no change.
    ratios = [base / this if this else float("inf") if base else 1.0 for base, this in pairs]
    return Row(case, measure, statistics.median(base for base, _ in pairs),
               statistics.median(this for _, this in pairs), statistics.median(ratios),
               *interval(ratios), len(ratios))


def interval(values):
    """Where the median lies in 19 of 20 cases, whatever the values' distribution: by their ranks, as the
    sign test has it. Of fewer than `FEW_ROUNDS` there is no such interval, and it is their range."""
    ranked, tail, left_out = sorted(values), 0.0, 0
    while True:
        tail += math.comb(len(ranked), left_out) / 2 ** len(ranked)
        if 2 * tail > 0.05:
            break
        left_out += 1
    left_out = max(0, left_out - 1)
    return ranked[left_out], ranked[-1 - left_out]


def paired(make, base, this, root):
    """The case with both programs as its contenders, each with a folder of its own for what it keeps.

    A case may make something with its first round, beside the round's folder: of the two programs'
    databases neither has to be read by the other.
    """
    cases = {BASE: make(base), THIS: make(this)}

    def contender(name):
        return dataclasses.replace(cases[name].contenders[0], name=name, goals=[],
                                   place=fresh_folder(root))

    case = cases[THIS]
    return Case(case.title, case.tasks, [contender(BASE), contender(THIS)], case.rounds,
                case.measures)


def compared(name, make, base, this, rounds, root):
    """The rows of one case, or why it has none."""
    try:
        case = paired(make, base, this, root)
        costs = measure_case(this, case, rounds or case.rounds * ROUNDS_TIMES, root)
    except BenchError as error:
        print(file=sys.stderr)
        return [untold(name, error)]
    return [row(name, measure, costs[BASE], costs[THIS]) for measure in case.measures]


def untold(name, error):
    if error.contender == BASE and error.code in LACKS:
        # The first line is the command, with folders that are gone; what it said comes after.
        said = str(error).partition("\n")[2].strip() or str(error)
        return Untold(name, f"the base cannot do this: {said}", False)
    return Untold(name, f"{error.contender or 'this case'} cannot be measured: {error}", True)


HEADERS = ("case", "", "base", "this", "ratio", "19 of 20", "")


def table(rows):
    """Its lines. Ratios are base to this."""
    cells = [HEADERS]
    for each in rows:
        if isinstance(each, Row):
            cells.append((each.case, each.measure, f"{each.base:.2f}", f"{each.this:.2f}",
                          f"{each.ratio:.2f}", f"{each.low:.2f} to {each.high:.2f}", each.mark))
        else:
            cells.append((each.case, *[""] * 5, "; ".join(each.reason.split("\n")).rstrip("; ")))
    widths = [max(len(line[i]) for line in cells) for i in range(len(HEADERS) - 1)]
    for number, line in enumerate(cells):
        if number == 0 or line[0] != cells[number - 1][0]:
            name = line[0]
            if number:
                yield "  ".join("-" * width for width in widths)
        else:
            name = ""
        left = [name.ljust(widths[0]), line[1].ljust(widths[1])]
        right = [line[i].rjust(widths[i]) for i in range(2, len(widths))]
        yield "  ".join([*left, *right, line[-1]]).rstrip()


def summary(rows):
    """The last line, and the exit code: a figure that is worse is told and no failure."""
    marked = [each for each in rows if isinstance(each, Row) and each.mark]
    lacking = [each.case for each in rows if isinstance(each, Untold) and not each.is_failure]
    failed = [each.case for each in rows if isinstance(each, Untold) and each.is_failure]
    names = sorted({f"{each.case} ({each.measure})" for each in marked})
    parts = [f"below {LIMIT}: {', '.join(names)}" if names else f"nothing is below {LIMIT}"]
    if lacking:
        parts.append(f"not in the base: {', '.join(lacking)}")
    if failed:
        parts.append(f"not measured: {', '.join(failed)}")
    return "; ".join(parts), 1 if failed else 0
