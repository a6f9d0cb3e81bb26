"""Every zone of the host as Python's zoneinfo sees it: its changes of offset from 1900 to 2400.

One line a zone: NAME, then START:OFFSET for the span that holds 1900-01-01 and for each change
after it. Explicit transitions are read from the file, so that a short span cannot be missed; what
the footer makes is found by looking every ten days and halving.
"""

import datetime
import os
import struct
import sys
import zoneinfo

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
FROM = int(datetime.datetime(1900, 1, 1, tzinfo=UTC).timestamp())
TO = int(datetime.datetime(2400, 1, 1, tzinfo=UTC).timestamp())
STEP = 10 * 86400


def explicit(data):
    """The 64-bit transition times of a TZif file, or the 32-bit ones of version 1."""
    def header(at):
        return struct.unpack(">4sc15x6l", data[at:at + 44])

    _, version, utc, std, leap, times, types, chars = header(0)
    if version == b"\0":
        return list(struct.unpack(f">{times}l", data[44:44 + 4 * times]))
    at = 44 + times * 5 + types * 6 + chars + leap * 8 + std + utc
    times = header(at)[5]
    return list(struct.unpack(f">{times}q", data[at + 44:at + 44 + 8 * times]))


def changes(path, name):
    with open(path, "rb") as file:
        data = file.read()
    with open(path, "rb") as file:
        zone = zoneinfo.ZoneInfo.from_file(file, key=name)

    def offset(instant):
        moment = EPOCH + datetime.timedelta(seconds=instant)
        return int(moment.astimezone(zone).utcoffset().total_seconds())

    known = [t for t in explicit(data) if FROM < t < TO]
    points = sorted(set(range(FROM, TO, STEP)) | set(known) | {t - 1 for t in known})
    found = [(FROM, offset(FROM))]
    before, last = FROM, found[0][1]
    for point in points[1:]:
        now = offset(point)
        if now != last:
            low, high = before, point
            while high - low > 1:
                middle = (low + high) // 2
                if offset(middle) == last:
                    low = middle
                else:
                    high = middle
            found.append((high, now))
            last = now
        before = point
    return data, found


def main():
    root = os.environ.get("TZDIR") or "/usr/share/zoneinfo"
    seen = {}
    for name in sys.stdin.read().split():
        path = os.path.join(root, name)
        with open(path, "rb") as file:
            data = file.read()
        if data not in seen:
            seen[data] = changes(path, name)[1]
        print(name, *(f"{start}:{offset}" for start, offset in seen[data]), sep="\t")


main()
