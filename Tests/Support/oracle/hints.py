"""croniter's fires of other dialects' expressions, as croniter itself reads them (seconds last).

    python hints.py < cases      lines of EXPR<tab>START<tab>COUNT, START in seconds since 1970

A line of instants, in seconds since 1970, for each case; all in UTC.
"""

import datetime
import sys

from croniter import croniter

for line in sys.stdin.read().splitlines():
    text, start, count = line.split("\t")
    begin = datetime.datetime.fromtimestamp(int(start), datetime.timezone.utc)
    search = croniter(text, begin)
    print(*[int(search.get_next(float)) for _ in range(int(count))])
