#!/usr/bin/env python3
"""Recomputes package-history's mart from dpkg's own files and compares every row.

usage: check_package_history.py MART [--log /var/log/dpkg.log] [--status /var/lib/dpkg/status]

Shares nothing with the flow but the meaning of the files: dpkg(1) for the log, deb822(5) for the
status file. Prints the differences and exits 1, or one line and exits 0.
"""

import argparse
import collections
import glob
import gzip
import re
import sqlite3
import sys

CHANGE = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d) (?P<time>\d\d:\d\d:\d\d) "
    r"(?P<action>install|upgrade|remove|purge) (?P<package>\S+) (?P<old>\S+) (?P<new>\S+)"
)
ACTIONS = ("install", "upgrade", "remove", "purge")


def log_lines(path):
    """Every line of the log and of its rotated files, compressed or not."""
    names = set(glob.glob(path) + glob.glob(path + ".[0-9]*") + glob.glob(path + "-[0-9]*"))
    for name in sorted(names):
        opener = gzip.open if name.endswith(".gz") else open
        with opener(name, "rt", encoding="utf-8", errors="replace", newline="\n") as file:
            yield from file


def read_changes(path):
    found = []
    for line in log_lines(path):
        match = CHANGE.fullmatch(line.rstrip("\n"))
        if match:
            name, _, architecture = match["package"].partition(":")
            versions = [match[key].replace("<none>", "") for key in ("old", "new")]
            at = f"{match['day']} {match['time']}"
            found.append((at, match["action"], name, architecture, *versions))
    return found


def read_packages(path):
    """The stanzas of the status file as (name, architecture, section, state, version, KiB)."""
    with open(path, encoding="utf-8", errors="replace", newline="\n") as file:
        stanzas = file.read().split("\n\n")
    found = []
    for stanza in stanzas:
        fields = dict(
            line.split(": ", 1) for line in stanza.split("\n") if re.match(r"[A-Z][\w-]*: ", line)
        )
        if "Package" in fields:
            found.append((
                fields["Package"],
                fields.get("Architecture", ""),
                fields.get("Section", "(none)"),
                fields.get("Status", "").split(" ")[-1],
                fields.get("Version", ""),
                int(fields.get("Installed-Size", 0)),
            ))
    return found


def expected_tables(changes, packages):
    exact = {(name, architecture): section for name, architecture, section, *_ in packages}
    by_name = collections.defaultdict(set)
    sizes = collections.defaultdict(lambda: [0, 0])
    for name, _, section, state, _, kib in packages:
        by_name[name].add(section)
        if state == "installed":
            sizes[section][0] += 1
            sizes[section][1] += kib

    days = collections.defaultdict(collections.Counter)
    for at, action, name, architecture, *_ in changes:
        section = exact.get((name, architecture)) or min(by_name.get(name, {"(gone)"}))
        days[at[:10], section][action] += 1
    return {
        "package": packages,
        "change": changes,
        "day_section": [(*key, *(count[a] for a in ACTIONS)) for key, count in days.items()],
        "section_size": [(section, *pair) for section, pair in sizes.items()],
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mart")
    parser.add_argument("--log", default="/var/log/dpkg.log")
    parser.add_argument("--status", default="/var/lib/dpkg/status")
    arguments = parser.parse_args()

    changes = read_changes(arguments.log)
    expected = expected_tables(changes, read_packages(arguments.status))
    mart = sqlite3.connect(f"file:{arguments.mart}?mode=ro", uri=True)
    differences = 0
    for table, rows in expected.items():
        want = collections.Counter(rows)
        have = collections.Counter(mart.execute(f"SELECT * FROM {table}"))
        for mark, left in (("missing", want - have), ("too much", have - want)):
            for row in list(left.elements())[:5]:
                print(f"{table}: {mark}: {row}")
            differences += left.total()
    if differences:
        sys.exit(f"{differences} rows of the mart differ from dpkg's files")
    print(", ".join(f"{len(rows)} {table}" for table, rows in expected.items()) + ": all agree")


if __name__ == "__main__":
    main()
