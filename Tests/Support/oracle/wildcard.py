"""Whether a local time matches a schedule: section 3 of the dialect's page, read naively.

For a wildcard schedule this is the whole rule of section 4 (it fires at every real instant whose
local time matches), so it settles who is right where a peer differs.
"""

import calendar

from cases import DAYS, MONTHS


def number(text, words, first):
    names = [word.upper() for word in words]
    return names.index(text.upper()) + first if text.upper() in names else int(text)


def plain(field, low, high, words=()):
    found = set()
    for term in field.split(","):
        span, _, step = term.partition("/")
        if span == "*":
            first, last = low, high
        elif "-" in span:
            first, last = (number(part, words, low) for part in span.split("-"))
        else:
            first = number(span, words, low)
            last = high if step else first
        found |= set(range(first, last + 1, int(step or 1)))
    return found


def last_workday(year, month):
    day = calendar.monthrange(year, month)[1]
    while calendar.weekday(year, month, day) > 4:
        day -= 1
    return day


def dom_matches(field, local):
    length = calendar.monthrange(local.year, local.month)[1]
    special = {"L": length, "LW": last_workday(local.year, local.month)}
    return any(
        local.day == special[term] if term in special else local.day in plain(term, 1, 31)
        for term in field.split(","))


def dow_matches(field, local):
    weekday = local.isoweekday() % 7
    if field.endswith("L"):
        length = calendar.monthrange(local.year, local.month)[1]
        return weekday == int(field[0]) and local.day > length - 7
    if "#" in field:
        return weekday == int(field[0]) and (local.day - 1) // 7 + 1 == int(field[2])
    return weekday in {value % 7 for value in plain(field, 0, 7, DAYS)}


def matches(fields, local):
    """`fields` has six, second first."""
    second, minute, hour, dom, month, dow = fields
    if local.second not in plain(second, 0, 59) or local.minute not in plain(minute, 0, 59):
        return False
    if local.hour not in plain(hour, 0, 23) or local.month not in plain(month, 1, 12, MONTHS):
        return False
    by_day, by_weekday = dom_matches(dom, local), dow_matches(dow, local)
    if dom.startswith("*") or dow.startswith("*"):
        return by_day and by_weekday
    return by_day or by_weekday
