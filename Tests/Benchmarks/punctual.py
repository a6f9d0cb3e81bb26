#!/usr/bin/env python3
"""The scheduler on time and at scale, beside a floor in C, Debian's cron and a systemd timer.

Three tables and a figure, of one run on this machine:

  on time      due instant -> first statement of the child, in milliseconds, over --seconds fires a
               second apart. All contenders at once, each at an offset of its own within the second,
               so that they have the same machine. cron has a fire a minute.
  many         CPU until the schedules are read and the next is waited for, resident memory, and CPU
               in a minute in which nothing is due.
  a thousand   1,000 fires due in the same second: the last child's first statement.
  registered   fires a second that one `flower tick` registers, each with its run and its task.

A goal that is missed is marked MISSED and is no failure. Needs root for cron and systemd, each in a
mount namespace of its own; elsewhere those two are left out, and said so.
"""

import argparse
import contextlib
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import harness
from schedulers import Scheduler, cpu_seconds, cpu_until_idle, memory_mib

BOX = pathlib.Path(__file__).resolve().parent.parent / "Support" / "systemd-box.sh"
CRON = "/usr/sbin/cron"
FLOOR_OFFSET_MS = 500
DURABLE_OFFSET_MS = 750
TIMER_OFFSET_MS = 250


# What is measured


def percentile(values, part):
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * part))]


def stamps(path):
    """(seconds, word) of each line that stamp wrote."""
    if not path.exists():
        return []
    lines = [line.split() for line in path.read_text().splitlines()]
    return [(float(line[0]), line[1]) for line in lines if len(line) == 2]


def delays(path, offset_ms, period=1):
    """Milliseconds after the due instant before each stamp."""
    result = []
    for instant, _ in stamps(path):
        past = (instant - offset_ms / 1000) % period
        result.append(past * 1000)
    return result


# Who is measured


def cron_command(crontab, folder):
    """cron -f with these lines and nothing else of this host's, in a namespace of its own.

    In files of /etc/cron.d, because cron passes over a user's crontab of more than 10,000 lines.
    """
    parts = folder / "cron.d"
    parts.mkdir(exist_ok=True)
    lines = crontab.read_text().splitlines(keepends=True)
    for start in range(0, len(lines), 5_000):
        system = []
        for line in lines[start:start + 5_000]:
            *times, command = line.split(" ", 5)
            system.append(" ".join([*times, "root", command]))
        (parts / f"part{start:06}").write_text("".join(system))
    script = folder / "cron.sh"
    script.write_text(
        "set -e\n"
        "mount -t tmpfs none /var/spool/cron\n"
        "mkdir -m 1730 /var/spool/cron/crontabs\n"
        "mount -t tmpfs none /etc/cron.d\n"
        "mount -t tmpfs none /run\n"
        f"install -m 644 {parts}/* /etc/cron.d\n"
        ": > /run/empty\n"
        "mount --bind /run/empty /etc/crontab\n"
        f"exec {CRON} -f\n"
    )
    return ["unshare", "--mount", "--propagation", "private", "sh", str(script)]


def box_timer(folder, stamp, seconds):
    """A box with a real systemd and one timer of microsecond accuracy, for some seconds."""
    units = folder / "units"
    units.mkdir()
    offset = TIMER_OFFSET_MS / 1000
    (units / "stamp.timer").write_text(
        f"[Timer]\nOnCalendar=*-*-* *:*:{offset:g}/1\nAccuracySec=1us\n"
    )
    (units / "stamp.service").write_text(
        "[Unit]\nStartLimitIntervalSec=0\n"
        f"[Service]\nType=oneshot\nExecStart={stamp} {folder}/timer.txt x\n"
    )
    script = f"systemctl start stamp.timer; sleep {seconds}; systemctl stop stamp.timer"
    return [
        "bash", str(BOX), "--bind", str(folder.parent), "--units", str(units), "sh", "-c", script,
    ]


def box_cold(flower, folder, state, flows, seconds):
    """A box where the scheduler registers, and a path unit starts a runner for each fire anew."""
    units = folder / "cold-units"
    units.mkdir()
    (units / "cold-scheduler.service").write_text(
        f"[Service]\nExecStart={flower} scheduler --state {state} --schedules {flows}\n"
    )
    (units / "cold-run.path").write_text(f"[Path]\nPathExists={state}/wake\n")
    (units / "cold-run.service").write_text(
        "[Unit]\nStartLimitIntervalSec=0\n"
        f"[Service]\nType=notify\nExecStart={flower} run --state {state} --linger 0s\n"
    )
    script = (f"systemctl start cold-run.path cold-scheduler.service; sleep {seconds};"
              " systemctl stop cold-scheduler.service cold-run.path")
    return [
        "bash", str(BOX), "--bind", str(folder.parent), "--units", str(units), "sh", "-c", script,
    ]


# On time


def through_systemd(flower, stamp, seconds, root):
    """Milliseconds from due to child where systemd starts a runner anew for each fire."""
    folder = root / "cold"
    flows = folder / "flows"
    flows.mkdir(parents=True)
    (flows / "each.yaml").write_text(
        'flow: each\nschedules: [{cron: "*/3 * * * * *"}]\noverlap: allow\n'
        f'tasks: {{stamp: {{exec: ["{stamp}", "{folder}/cold.txt", "${{run.id}}"]}}}}\n'
    )
    command = box_cold(flower, folder, folder / "state", flows, seconds)
    harness.run(command)
    return delays(folder / "cold.txt", 0)


def on_time(flower, programs, seconds, root):
    folder = root / "on-time"
    folder.mkdir()
    stamp = programs["stamp"]
    ours = Scheduler(flower, folder / "flower")
    (ours.flows / "each.yaml").write_text(
        'flow: each\nschedules: [{cron: "* * * * * *"}]\noverlap: allow\n'
        f'tasks: {{stamp: {{exec: ["{stamp}", "{folder}/flower.txt", "${{run.id}}"]}}}}\n'
    )
    started = []
    is_root = os.geteuid() == 0
    if is_root:
        crontab = folder / "crontab"
        crontab.write_text(f"* * * * * {stamp} {folder}/cron.txt x\n")
        started.append(subprocess.Popen(cron_command(crontab, folder)))
        if BOX.exists():
            started.append(subprocess.Popen(box_timer(folder, stamp, seconds)))
    for offset, file, out in [(FLOOR_OFFSET_MS, "-", "floor"),
                              (DURABLE_OFFSET_MS, f"{folder}/pages", "durable")]:
        floor = [programs["punctual"], str(seconds), str(offset), file, stamp]
        started.append(subprocess.Popen([*floor, f"{folder}/{out}.txt", "x"]))
    ours.start("--run")
    told = []
    # From due to the sentence that the scheduler prints after its commit, stamped by us.
    with open(ours.log, encoding="utf-8") as log:
        end = time.time() + seconds
        while time.time() < end:
            line = log.readline()
            if not line:
                time.sleep(0.001)
            elif " registered, due " in line:
                told.append(time.time() % 1 * 1000)
    ours.stop()
    for process in started:
        process.terminate()
        process.wait()
    rows = [
        ("flower, told (registered before the child)", told),
        ("flower, child's first statement", delays(folder / "flower.txt", 0)),
        ("clock_nanosleep + posix_spawn (floor)", delays(folder / "floor.txt", FLOOR_OFFSET_MS)),
        ("the same after one fdatasync", delays(folder / "durable.txt", DURABLE_OFFSET_MS)),
        ("systemd timer, AccuracySec=1us", delays(folder / "timer.txt", TIMER_OFFSET_MS)),
        ("cron -f (a fire a minute)", delays(folder / "cron.txt", 0, 60)),
    ]
    floor_delays = rows[2][1]
    if is_root and BOX.exists():
        cold = through_systemd(flower, stamp, max(30, seconds // 2), root)
        rows.append(("flower, runner started cold by systemd", cold))
    print_on_time(rows, floor_delays)


def print_on_time(rows, floor):
    print("\non time: milliseconds after the due instant")
    print(f"{'':40} {'fires':>6} {'p50':>8} {'p99':>8} {'max':>8}")
    for name, values in rows:
        if not values:
            print(f"{name:40} {'none':>6}")
            continue
        p50, p99 = percentile(values, 0.5), percentile(values, 0.99)
        goals = ""
        if name.endswith("child's first statement"):
            limits = (percentile(floor, 0.5) + 1, 2 * percentile(floor, 0.99))
            words = ["met" if value <= limit else "MISSED"
                     for value, limit in zip((p50, p99), limits)]
            goals = f"  p50 <= {limits[0]:.2f}: {words[0]}; p99 <= {limits[1]:.2f}: {words[1]}"
        if name.endswith("by systemd"):
            goals = f"  p50 <= 60: {'met' if p50 <= 60 else 'MISSED'}"
        print(f"{name:40} {len(values):6} {p50:8.2f} {p99:8.2f} {max(values):8.2f}{goals}")


# Many


def cron_lines(count):
    """Lines that are never due today, all different, as a person's thousand jobs would be."""
    month = time.localtime().tm_mon % 12 + 1
    for number in range(count):
        minute, hour, day = number % 60, number // 60 % 24, number // 1440 % 28 + 1
        yield f"{minute} {hour} {day} {month} * /bin/true {number}\n"


def many(flower, count, idle, root):
    folder = root / f"many-{count}"
    lines = list(cron_lines(count))
    ours = Scheduler(flower, folder / "flower")
    for start in range(0, count, 5_000):
        text = "".join(lines[start:start + 5_000])
        (ours.flows / f"{start:06}.crontab").write_text(text)
    # The first start applies the files; what is measured is the start of a host that has them.
    applied = cpu_until_idle(ours.start())
    ours.stop()
    rows = []
    pid = ours.start()
    rows.append(["flower scheduler", *look_at(pid, idle), f"first start {applied:.1f} s"])
    ours.stop()
    if os.geteuid() == 0:
        crontab = folder / "crontab"
        crontab.write_text("".join(lines))
        process = subprocess.Popen(cron_command(crontab, folder))
        rows.append(["cron -f", *look_at(process.pid, idle), ""])
        process.terminate()
        process.wait()
    return rows


def look_at(pid, idle):
    """(CPU until idle, resident MiB, CPU milliseconds a minute)"""
    start = cpu_until_idle(pid)
    before = cpu_seconds(pid)
    time.sleep(idle)
    return start, memory_mib(pid)["Rss"], (cpu_seconds(pid) - before) * 1000 * 60 / idle


def print_many(count, rows):
    for name, start, rss, idle, note in rows:
        goals = ""
        if name.startswith("flower") and count == 100_000:
            checks = [("start <= 0.8 s", start <= 0.8), ("RSS <= 57 MiB", rss <= 57),
                      ("idle <= 19 ms", idle <= 19)]
            goals = "; ".join(f"{text}: {'met' if ok else 'MISSED'}" for text, ok in checks)
        print(f"{count:>8} {name:18} {start:9.3f} {rss:9.1f} {idle:11.1f}  {goals}  {note}".rstrip())


# A thousand


def a_thousand(flower, stamp, root):
    count = 1_000
    folder = root / "thousand"
    ours = Scheduler(flower, folder / "flower")
    out = folder / "flower.txt"
    due = int(time.time()) + 10
    at = time.gmtime(due)
    cron = f"{at.tm_sec} {at.tm_min} {at.tm_hour} {at.tm_mday} {at.tm_mon} *"
    for number in range(count):
        (ours.flows / f"f{number}.yaml").write_text(
            f'flow: f{number}\nschedules: [{{cron: "{cron}", timezone: UTC}}]\n'
            f'tasks: {{stamp: {{exec: ["{stamp}", "{out}", "{number}"]}}}}\n'
        )
    ours.start("--run")
    instants = wait_for(out, count, due + 30)
    ours.stop()
    rows = [("flower scheduler --run", [instant - due for instant in instants])]
    rows.append(("xargs -P8, nothing registered", through_xargs(count, stamp, folder)))
    if os.geteuid() == 0:
        out = folder / "cron.txt"
        crontab = folder / "crontab"
        due = (int(time.time()) // 60 + 1) * 60
        if due - time.time() < 5:
            due += 60
        at = time.localtime(due)
        crontab.write_text("".join(
            f"{at.tm_min} {at.tm_hour} * * * {stamp} {out} {number}\n" for number in range(count)
        ))
        process = subprocess.Popen(cron_command(crontab, folder))
        instants = wait_for(out, count, due + 60)
        process.terminate()
        process.wait()
        rows.append(("cron -f", [instant - due for instant in instants]))
    print(f"\na thousand: seconds from the due instant to a child's first statement ({count} fires)")
    for name, values in rows:
        goal = ""
        if name.startswith("flower"):
            goal = f"  last <= 0.6 s: {'met' if max(values) <= 0.6 else 'MISSED'}"
        print(f"{name:30} first {min(values):.3f}  median {percentile(values, 0.5):.3f}"
              f"  last {max(values):.3f}{goal}")


# Registered


def registered(flower, root):
    count = 5_000
    folder = root / "registered"
    flows, state = folder / "flows", folder / "state"
    flows.mkdir(parents=True)
    for number in range(count):
        (flows / f"f{number}.yaml").write_text(
            f'flow: f{number}\nschedules: [{{cron: "* * * * * *"}}]\noverlap: allow\n'
            "tasks: {only: {exec: [/bin/true]}}\n"
        )
    harness.run([flower, "apply", str(flows), "--state", str(state)])
    # Each is due once or more, and none so late that it is a misfire.
    time.sleep(1.5)
    begun = time.monotonic()
    harness.run([flower, "tick", "--state", str(state)])
    seconds = time.monotonic() - begun
    with contextlib.closing(sqlite3.connect(state / "flower.db")) as database:
        (runs,) = database.execute("SELECT count(*) FROM run").fetchone()
    if runs < count:
        raise harness.BenchError(f"{runs} runs of {count} flows were registered")
    print(f"\nregistered: {runs} fires by one flower tick in {seconds:.2f} s,"
          f" {runs / seconds:.0f} a second")


def through_xargs(count, stamp, folder):
    """The same children without a due instant: what the machine takes for their starts alone."""
    numbers = "".join(f"{number}\n" for number in range(count))
    out = folder / "xargs.txt"
    begun = time.time()
    subprocess.run(["xargs", "-P8", "-n1", stamp, out], input=numbers, text=True, check=True)
    return [instant - begun for instant, _ in stamps(out)]


def wait_for(path, count, deadline):
    while time.time() < deadline:
        instants = [instant for instant, _ in stamps(path)]
        if len(instants) >= count:
            return instants
        time.sleep(0.2)
    raise harness.BenchError(f"{path.name}: {len(stamps(path))} of {count} children started")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--flower", default=".build/release/flower", help="the binary to measure")
    parser.add_argument("--seconds", type=int, default=300, help="fires of the first table")
    parser.add_argument("--idle", type=int, default=60, help="seconds that nothing is due in")
    parts = ["on-time", "many", "thousand", "registered"]
    parser.add_argument("--part", choices=parts, help="only this table")
    arguments = parser.parse_args()
    flower = str(pathlib.Path(arguments.flower).resolve())
    if not os.access(flower, os.X_OK):
        sys.exit(f"{flower} is not there: make build")
    print(f"before: {harness.machine()}")
    if os.geteuid() != 0:
        print("not root: cron and systemd are left out")
    root = pathlib.Path(tempfile.mkdtemp(prefix="flower-bench-"))
    root.chmod(0o755)
    try:
        programs = harness.build_floors(root)
        if arguments.part in (None, "on-time"):
            on_time(flower, programs, arguments.seconds, root)
        if arguments.part in (None, "many"):
            print("\nmany: CPU seconds until idle, resident MiB, CPU ms in an idle minute")
            print(f"{'':>8} {'':18} {'start s':>9} {'RSS MiB':>9} {'idle ms/min':>11}")
            for count in (1_000, 10_000, 100_000):
                print_many(count, many(flower, count, arguments.idle, root))
        if arguments.part in (None, "thousand"):
            a_thousand(flower, programs["stamp"], root)
        if arguments.part in (None, "registered"):
            registered(flower, root)
    except harness.BenchError as error:
        sys.exit(f"cannot measure: {error}")
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(root)
    print(f"\nafter:  {harness.machine()}")


if __name__ == "__main__":
    main()
