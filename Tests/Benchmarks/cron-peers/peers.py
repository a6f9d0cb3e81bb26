"""Times cronsim, croniter and croniter-rs as CronBenchmark times Flower.

The same lines on standard output, without allocations. croniter-rs runs in UTC only, and answers
without a zone.
"""

import datetime
import statistics
import sys
import time
import zoneinfo

import croniter_rs
from cronsim import CronSim
from croniter import croniter

STARTS = range(200)
UTC = datetime.timezone.utc


def by_cronsim(line, start):
    search = CronSim(line, start)
    return lambda: next(search)


def by_croniter(line, start):
    search = croniter(line, start, max_years_between_matches=60)
    return lambda: search.get_next(datetime.datetime)


def by_croniter_rs(line, start):
    search = croniter_rs.croniter(line, start)
    return lambda: search.get_next(datetime.datetime)


def once(make, line, zone):
    total, spent, fires = 0, 0, 0
    for index in STARTS:
        start = datetime.datetime.fromtimestamp(1767225600 + index * 157000, zone)
        search = make(line, start)
        before = time.perf_counter_ns()
        found = [search() for _ in range(10)]
        spent += time.perf_counter_ns() - before
        total += sum(int((fire if fire.tzinfo else fire.replace(tzinfo=UTC)).timestamp()) for fire in found)
        fires += 10
    return total, spent / fires


def main():
    with open(sys.argv[1]) as file:
        lines = file.read().splitlines()
    peers = [("cronsim", by_cronsim), ("croniter", by_croniter), ("croniter-rs", by_croniter_rs)]
    for name in ["UTC", "America/New_York"]:
        zone = zoneinfo.ZoneInfo(name)
        for line in lines:
            for peer, make in peers:
                if peer == "croniter-rs" and name != "UTC":
                    continue
                try:
                    rounds = [once(make, line, zone) for _ in range(2)]
                except Exception as error:
                    print(peer, name, line, "nan", type(error).__name__, sep="\t")
                    continue
                ns = statistics.median(each for _, each in rounds)
                print(peer, name, line, f"{ns:.1f}", rounds[0][0], sep="\t")


main()
