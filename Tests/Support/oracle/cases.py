"""Random schedules, most of them beside a clock change. The same seed makes the same cases."""

import datetime
import random
import zoneinfo

UTC = datetime.timezone.utc

ZONES = """
UTC Europe/London Europe/Berlin Europe/Dublin Europe/Lisbon Europe/Istanbul Atlantic/Azores
America/New_York America/Chicago America/St_Johns America/Havana America/Sao_Paulo
America/Santiago America/Asuncion America/Caracas America/Nuuk America/Scoresbysund
Africa/Casablanca Africa/Cairo Africa/Windhoek Africa/Juba Asia/Tokyo Asia/Kathmandu Asia/Tehran
Asia/Gaza Asia/Beirut Asia/Amman Asia/Pyongyang Asia/Colombo Asia/Kolkata Asia/Dhaka
Australia/Lord_Howe Australia/Sydney Australia/Adelaide Pacific/Auckland Pacific/Chatham
Pacific/Apia Pacific/Kwajalein Pacific/Easter Pacific/Norfolk Antarctica/Troll Antarctica/Casey
""".split()

FIRST, LAST = 631152000, 2145916800  # 1990 to 2038


def changes(name):
    """(instant, shift in seconds) of each change of a zone's offset."""
    zone = zoneinfo.ZoneInfo(name)

    def offset(instant):
        moment = datetime.datetime.fromtimestamp(instant, zone)
        return int(moment.utcoffset().total_seconds())

    found = []
    before, last = FIRST, offset(FIRST)
    for point in range(FIRST, LAST, 5 * 86400):
        now = offset(point)
        if now != last:
            low, high = before, point
            while high - low > 1:
                middle = (low + high) // 2
                if offset(middle) == last:
                    low = middle
                else:
                    high = middle
            found.append((high, now - last))
            last = now
        before = point
    return found


def values(rng, low, high, likely=None, words=None):
    """A field's list: mostly one or two terms."""
    terms = []
    first, last = likely or (low, high)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        a = rng.randint(first, last)
        b = rng.randint(a, high)
        step = rng.choice([1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 45])
        kind = rng.randrange(9)
        if kind == 0:
            terms.append("*")
        elif kind == 1:
            terms.append(f"*/{step}")
        elif kind == 2:
            terms.append(f"{a}-{b}")
        elif kind == 3:
            terms.append(f"{a}-{b}/{step}")
        elif kind == 4:
            terms.append(f"{a}/{step}")
        elif words and kind == 5:
            terms.append(words[a - low])
        else:
            terms.append(str(a))
    return ",".join(terms)


MONTHS = "JAN feb Mar APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
DAYS = "SUN mon Tue WED THU FRI SAT SUN".split()


def expression(rng, near):
    seconds = rng.random() < 0.15
    hours = (0, 4) if near else None
    fields = [values(rng, 0, 59), values(rng, 0, 23, hours)]
    if near and rng.random() < 0.75:
        fields += ["*", "*", "*"]
    else:
        dom = rng.choice(["*", "*", values(rng, 1, 31), "L", "L,15", "LW"])
        month = rng.choice(["*", "*", "*", values(rng, 1, 12, words=MONTHS)])
        dow = rng.choice([
            "*", "*", values(rng, 0, 7, words=DAYS), f"{rng.randint(0, 6)}L",
            f"{rng.randint(0, 6)}#{rng.randint(1, 5)}",
        ])
        fields += [dom, month, dow]
    if seconds:
        fields.insert(0, values(rng, 0, 59))
    return " ".join(fields)


def cases(seed, count):
    """(expression, zone, start, fires wanted, changes near by)"""
    rng = random.Random(seed)
    known = {name: changes(name) for name in ZONES}
    for _ in range(count):
        name = rng.choice(ZONES)
        near = bool(known[name]) and rng.random() < 0.8
        if near:
            start = rng.choice(known[name])[0] + rng.randint(-36 * 3600, 12 * 3600)
        else:
            start = rng.randint(FIRST, LAST - 40 * 366 * 86400)
        start -= start % rng.choice([1, 60, 1800])
        yield expression(rng, near), name, start, rng.randint(1, 4), known[name]


def line(case):
    text, name, start, wanted, _ = case
    moment = datetime.datetime.fromtimestamp(start, UTC).isoformat()
    return f"{text}\t{name}\t{moment}\t{wanted}"
