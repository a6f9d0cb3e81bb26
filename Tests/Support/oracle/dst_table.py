"""Writes the table of clock changes in CronTests: section 4 played through, minute by minute.

It knows zoneinfo and the rule in the dialect's words, and nothing of Flower.
"""

import datetime
import zoneinfo

from cases import UTC
from wildcard import matches

MINUTE, HOUR = 60, 3600

# Zone and day of a change (UTC), and what to ask there.
CHANGES = """
Europe/London         2026-03-29  30 1 * * *; 0 1 * * *; 15 * * * *
Europe/London         2026-10-25  30 1 * * *; 15 * * * *
America/New_York      2026-03-08  30 2 * * *; */20 2 * * *; 30 */2 * * *
America/New_York      2026-11-01  30 1 * * *; 0 */1 * * *
America/St_Johns      2007-11-04  30 0 * * *; 30 23 * * *; */30 * * * *
America/Havana        2026-03-08  0 0 * * *; 0 0 8 * *
America/Havana        2026-11-01  0 0 * * *; 59 0 * * *
America/Sao_Paulo     2018-11-04  0 0 * * *; 0 0 * * 0
Australia/Lord_Howe   2026-10-03  10 2 * * *; 29,30 2 * * *; */10 2 * * *
Australia/Lord_Howe   2026-04-04  45 1 * * *; */15 1 * * *
Antarctica/Troll      2026-03-29  0,30 1-2 * * *; 0 * * * *
Antarctica/Troll      2026-10-25  0,30 1-2 * * *; 0 * * * *
Africa/Casablanca     2026-02-15  30 2 * * *; 30 * * * *
Africa/Casablanca     2026-03-22  30 2 * * *; 30 * * * *
Europe/Dublin         2026-03-29  30 1 * * *; 30 1 * * 0
Asia/Gaza             2026-03-28  30 2 * * *; 0 2 * * *
Asia/Tehran           2022-03-21  30 0 * * *; 0 0 * * *
Asia/Tehran           2022-09-21  30 23 * * *; 30 */1 * * *
Pacific/Chatham       2026-09-26  50 2 * * *; 45 3 * * *
Pacific/Chatham       2026-04-04  50 2 * * *; 50 * * * *
Pacific/Apia          2011-12-30  0 12 * * *; 0 0 30 12 *; 0 */8 * * *
America/Caracas       2016-05-01  45 2 * * *; 45 * * * *
America/Caracas       2007-12-09  45 2 * * *; */15 2 * * *
Asia/Pyongyang        2018-05-04  45 23 * * *; 45 * * * *
Asia/Kathmandu        1985-12-31  5 0 * * *; */5 0 * * *
Pacific/Kwajalein     1993-08-20  0 12 * * *; 0 */6 * * *
"""


def fires(text, zone, start, wanted):
    """The first fires after `start`, which lies in a quiet time before the change."""
    fields = ["0"] + text.split()
    fixed = not (fields[1].startswith("*") or fields[2].startswith("*"))
    found = []
    now = start
    naive = datetime.datetime.fromtimestamp(now, zone).replace(tzinfo=None)
    expected = naive  # one minute after the end of the local time that has passed
    while len(found) < wanted:
        local = datetime.datetime.fromtimestamp(now, zone).replace(tzinfo=None)
        due = matches(fields, local)
        shift = (local - expected).total_seconds()
        if fixed and 0 < shift < 3 * HOUR:
            skipped = expected
            while skipped < local:
                due = due or matches(fields, skipped)
                skipped += datetime.timedelta(minutes=1)
        if fixed and -3 * HOUR <= shift < 0:
            due = False
        else:
            expected = local + datetime.timedelta(minutes=1)
        if due and now > start:
            found.append(datetime.datetime.fromtimestamp(now, zone).isoformat())
        now += MINUTE
    return found


for line in CHANGES.strip().splitlines():
    name, day, texts = line.split(maxsplit=2)
    zone = zoneinfo.ZoneInfo(name)
    midnight = datetime.datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    start = int(midnight) - 14 * HOUR
    for text in texts.split("; "):
        often = text.startswith("*/") or text.split()[1].startswith("*")
        after = start + (10 * HOUR if often else 0)
        shown = datetime.datetime.fromtimestamp(after, zone).isoformat()
        print(f"        {text} | {name} | {shown}")
        answers = fires(text, zone, after, 12 if often else 3)
        for index in range(0, len(answers), 3):
            print("          " + " ".join(answers[index:index + 3]))
