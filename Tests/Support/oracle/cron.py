"""Flower's next fires beside those of cronsim and croniter.

    python cron.py cases SEED COUNT > cases        the input of `flower cron next --batch`
    python cron.py check SEED COUNT < answers      compares its output with the two peers

A difference fails the run unless it is one of those that section 6 of the dialect's page lists,
and only where its cause is present. The number of each is printed.
"""

import collections
import datetime
import re
import signal
import sys
import zoneinfo

from cronsim import CronSim, CronSimError
from croniter import croniter
from croniter.croniter import CroniterError

from cases import UTC, cases, line
from wildcard import matches, plain

HOUR, DAY = 3600, 86400
CRONITER_YEARS = 50
# cronsim 2.8 does not return where a clock goes back to midnight (Asia/Colombo, April 2006).
PATIENCE_SECONDS = 2
SILENT_LIMIT = 0.01


class Silent(Exception):
    """A peer that does not answer."""


class Unread(Exception):
    """A question that a peer's language cannot put."""


def give_up(*_):
    raise Silent


signal.signal(signal.SIGALRM, give_up)


def patiently(search, *question):
    signal.setitimer(signal.ITIMER_REAL, PATIENCE_SECONDS)
    try:
        return search(*question)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def instants(answer):
    return [int(datetime.datetime.fromisoformat(text).timestamp()) for text in answer.split()]


def by_cronsim(text, zone, start, wanted):
    try:
        search = CronSim(text, datetime.datetime.fromtimestamp(start, zone))
        return [int(fire.timestamp()) for _, fire in zip(range(wanted), search)]
    except CronSimError:
        return []


def croniter_reads(dom, dow):
    """croniter has no LW, no L in a list, and no nth weekday beside a day of the month."""
    special = "#" in dow or re.search(r"\dL", dow)
    return "LW" not in dom and "L," not in dom and not (special and dom != "*")


def by_croniter(text, zone, start, wanted):
    fields = text.split()
    if not croniter_reads(fields[-3], fields[-1]):
        raise Unread
    # Our 5L is its L5.
    fields[-1] = re.sub(r"\b(\d)L", r"L\1", fields[-1])
    text = " ".join(fields)
    seconds_first = len(fields) == 6
    try:
        search = croniter(
            text, datetime.datetime.fromtimestamp(start, zone),
            second_at_beginning=seconds_first, max_years_between_matches=CRONITER_YEARS)
        found = []
        for _ in range(wanted):
            found.append(int(search.get_next(datetime.datetime).timestamp()))
        return found
    except CroniterError:
        return None


class Case:
    """What the causes below look at."""

    def __init__(self, case, ours, theirs):
        self.theirs = theirs
        self.text, self.zone, self.start, self.wanted, self.changes = case
        fields = self.text.split()
        self.seconds = len(fields) == 6
        self.fields = fields if self.seconds else ["0"] + fields
        timed = fields[:3] if self.seconds else fields[:2]
        self.fixed = not any(field.startswith("*") for field in timed)
        # Where the two part: the first pair that differs.
        pairs = zip(ours + [None], (theirs or []) + [None])
        parted = next((pair for pair in pairs if pair[0] != pair[1]), (None, None))
        self.ours_at, self.theirs_at = parted
        at = min((instant for instant in parted if instant is not None), default=self.start)
        span = (min(at, self.start), at)
        # Every change that could play a part in the first difference.
        self.near = [
            shift for instant, shift in self.changes
            if span[0] - DAY - HOUR <= instant <= span[1] + DAY + HOUR]

    def proved(self):
        """A wildcard schedule whose earlier answer is ours and matches, or theirs and does not."""
        ours, theirs = self.ours_at, self.theirs_at
        if self.fixed or ours is None and theirs is None:
            return False
        ours_first = theirs is None or (ours is not None and ours < theirs)
        moment = ours if ours_first else theirs
        local = datetime.datetime.fromtimestamp(moment, zoneinfo.ZoneInfo(self.zone))
        is_late = moment > self.start
        return is_late and matches(self.fields, local) == ours_first

    def starry(self):
        """A time field has a star that it does not begin with, or says the same with numbers."""
        limits = ((0, 59), (0, 59), (0, 23))
        return any(
            "*" in field or plain(field, *limit) == plain("*", *limit)
            for field, limit in zip(self.fields, limits))

    def stuck(self):
        """Not each answer is later than the one before it, the first one than the start."""
        answers = [self.start] + (self.theirs or [])
        return any(a >= b for a, b in zip(answers, answers[1:]))

    def back(self):
        return any(-3 * HOUR <= shift < 0 for shift in self.near)

    def forward(self):
        return any(0 < shift < 3 * HOUR for shift in self.near)

    def long(self):
        return any(abs(shift) >= 3 * HOUR for shift in self.near)

    def has(self, pattern):
        return any(re.search(pattern, field) for field in self.fields)


# What differs, as the dialect's page names it, and whether its cause is present. All are rows of
# section 6 but these: a star within a list is none (section 3), croniter takes it for one; a
# wildcard schedule fires at every real instant whose local time matches (section 4), which is
# looked up here; cronsim, asked within the second pass of an hour, can answer with an instant
# that is not after the start (section 5); and croniter moves a fire of six fields out of a gap
# together with its second (section 4: it is at the instant of the change).
PROVED = ("wildcard, proved", lambda c: c.proved())
CRONSIM = [
    PROVED,
    ("an instant that has passed", lambda c: c.stuck() and c.back()),
    ("n-n/s is n", lambda c: c.has(r"\b(\d+)-\1/")),
    ("six fields and DST", lambda c: c.seconds and c.fixed and (c.back() or c.forward())),
    ("day-long jump", lambda c: c.long()),
]
CRONITER = [
    PROVED,
    ("dom/dow with */n", lambda c: any("*" in c.fields[i] != "*" for i in (3, 5))),
    ("n-n/s is n", lambda c: c.has(r"\b(\d+)-\1\b")),
    ("1/2 in dow", lambda c: re.search(r"\d/", c.fields[5])),
    ("overlap, daily 01:30", lambda c: c.fixed and c.back()),
    ("a star within a list", lambda c: c.fixed and c.near and c.starry()),
    ("gap, its second", lambda c: c.seconds and c.fixed and c.forward()),
    ("day-long jump", lambda c: c.long()),
]


def check(seed, count, answers):
    counts = collections.Counter()
    failures = 0
    for case, answer in zip(cases(seed, count), answers, strict=True):
        text, name, start, wanted, _ = case
        if answer.startswith("error"):
            print("refused:", line(case), answer)
            failures += 1
            continue
        zone = zoneinfo.ZoneInfo(name)
        ours = instants(answer)
        peers = [("cronsim", by_cronsim, CRONSIM), ("croniter", by_croniter, CRONITER)]
        for peer, search, allowed in peers:
            try:
                theirs = patiently(search, text, zone, start, wanted)
            except Unread:
                counts[peer, "cannot be asked"] += 1
                continue
            except Silent:
                counts[peer, "does not answer"] += 1
                continue
            if theirs is None and not ours:
                theirs = []
            if ours == theirs:
                counts[peer, "agrees"] += 1
                continue
            facts = Case(case, ours, theirs)
            reason = next((row for row, cause in allowed if cause(facts)), None)
            if reason:
                counts[peer, "differs: " + reason] += 1
                continue
            failures += 1
            if failures <= 20:
                shown = [datetime.datetime.fromtimestamp(t, zone).isoformat()
                         for t in (theirs or [])]
                print(f"{line(case)}\n  flower   {answer}\n  {peer:8} {' '.join(shown)}")
    for (peer, what), number in sorted(counts.items()):
        print(f"{peer:8} {number:6} {what}")
    silent = sum(number for (_, what), number in counts.items() if what == "does not answer")
    if silent > SILENT_LIMIT * count:
        print(f"{silent} cases without an answer are too many")
        failures += 1
    print(f"{failures} differences without a reason, of {count} cases, seed {seed}")
    return failures == 0


def main():
    command, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    if command == "cases":
        for case in cases(seed, count):
            print(line(case))
    elif not check(seed, count, sys.stdin.read().splitlines()):
        sys.exit(1)


main()
