#!/usr/bin/env python3
"""Flower as a service of a real systemd, beside what systemd and journald do at best.

Two tables, of one run in a box of its own (Tests/Support/systemd-box.sh; needs root):

  wake         the write of the wake file -> the first statement of a task's program, in
               milliseconds: flower-run.path starts the runner, which claims the task, in a committed
               transaction, and launches it. Beside it a path unit that starts the program itself.
  lines        lines of eight tasks at once through the runner into the journal, a second, beside a
               loop of sd_journal_sendv(3) in C that writes as many with as many fields.

The ratio is the median of those of each round. A goal that is missed is marked MISSED and is no
failure.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import harness

HERE = pathlib.Path(__file__).resolve()
BOX = HERE.parent.parent / "Support" / "systemd-box.sh"
STATE = pathlib.Path("/var/lib/flower")
GOAL = 0.5
TASKS = 8


# In the box: the staged tree is at /stage, this folder at /bench, the floors at /floors.


def call(*command):
    return harness.run([str(word) for word in command])


def install():
    shutil.copytree("/stage/usr/lib", "/usr/lib", dirs_exist_ok=True)
    os.symlink("/stage/usr/bin/flower", "/usr/bin/flower")
    subprocess.run(["systemd-sysusers"], stderr=subprocess.DEVNULL, check=True)
    shutil.rmtree(STATE, ignore_errors=True)
    call("install", "-d", "-m", "2770", "-o", "flower", "-g", "flower", STATE)
    os.makedirs("/srv/bench", exist_ok=True)
    os.chmod("/srv/bench", 0o777)
    units = pathlib.Path("/etc/systemd/system")
    (units / "bare.path").write_text("[Path]\nPathExists=/srv/bench/wake\n")
    (units / "bare.service").write_text(
        "[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\n"
        "ExecStart=/floors/stamp /srv/bench/stamps bare\nExecStart=rm -f /srv/bench/wake\n"
    )
    call("systemctl", "daemon-reload")


def apply(name, text):
    path = pathlib.Path(f"/srv/bench/{name}.yaml")
    path.write_text(text)
    call("flower", "apply", "--system", path)


def wait_until(is_true, what):
    end = time.monotonic() + 60
    while not is_true():
        if time.monotonic() > end:
            raise harness.BenchError(f"never: {what}")
        time.sleep(0.002)


def is_inactive(unit):
    done = subprocess.run(["systemctl", "is-active", unit], stdout=subprocess.PIPE, text=True)
    return done.stdout.strip() in ("inactive", "failed")


def delay(path_unit, service, wake):
    """Milliseconds from the write of the file to the stamp, everything being at rest before."""
    stamps = pathlib.Path("/srv/bench/stamps")
    stamps.unlink(missing_ok=True)
    call("systemctl", "start", path_unit)
    written = time.time()
    os.close(os.open(wake, os.O_WRONLY | os.O_CREAT, 0o666))
    wait_until(lambda: stamps.exists() and stamps.read_text().endswith("\n"), path_unit)
    wait_until(lambda: is_inactive(service) and not wake.exists(), service)
    call("systemctl", "stop", path_unit)
    return (float(stamps.read_text().split()[0]) - written) * 1000


def wakes(rounds):
    apply("stamp", "flow: stamp\ntasks: {only: {exec: [/floors/stamp, /srv/bench/stamps, task]}}\n")
    ours, bare = [], []
    for _ in range(rounds):
        call("flower", "register", "--system", "stamp")
        (STATE / "wake").unlink()
        ours.append(delay("flower-run.path", "flower-run.service", STATE / "wake"))
        bare.append(delay("bare.path", "bare.service", pathlib.Path("/srv/bench/wake")))
    print(f"\nwake: milliseconds from the write to the first statement ({rounds} rounds)")
    for name, values in (("flower's task", ours), ("bare path unit", bare)):
        ranked = sorted(values)
        print(f"{name:24} median {statistics.median(ranked):6.1f}  "
              f"p90 {ranked[int(len(ranked) * 0.9)]:6.1f}  max {ranked[-1]:6.1f}")


def seconds_of(*command):
    """Of a service, from its start to its end: its output goes to the journal."""
    begun = time.monotonic()
    call("systemd-run", "--quiet", "--wait", "--collect", "-p", "User=flower",
         "-p", "LogRateLimitBurst=100000000", "--", *command)
    return time.monotonic() - begun


def entries(*matches):
    call("journalctl", "--sync")
    return len(call("journalctl", "-q", "-o", "cat", *matches).splitlines())


def lines(rounds, count):
    each = count // TASKS
    tasks = "".join(f"  t{number}: {{run: 'seq {each}'}}\n" for number in range(TASKS))
    apply("loud", f"flow: loud\ntasks:\n{tasks}")
    ours, floor = [], []
    for number in range(rounds):
        def flower():
            run = call("flower", "register", "--system", "loud").strip()
            ours.append(count / seconds_of("/usr/bin/flower", "run", "--system"))
            kept = entries(f"FLOWER_RUN={run}", "FLOWER_STREAM=output")
            if kept != count:
                raise harness.BenchError(f"{kept} of {count} lines are in the journal")

        def bare():
            floor.append(count / seconds_of("/floors/journal", count))

        for contender in (flower, bare) if number % 2 else (bare, flower):
            contender()
    ratio = statistics.median(our / their for our, their in zip(ours, floor))
    verdict = "met" if ratio >= GOAL else "MISSED"
    print(f"\nlines: {count} lines of {TASKS} tasks, a second ({rounds} rounds)")
    print(f"{'flower':24} {statistics.median(ours):9.0f}  {ratio:.2f} of the floor; "
          f"goal >= {GOAL:g} (issue 6): {verdict}")
    print(f"{'sd_journal_sendv in C':24} {statistics.median(floor):9.0f}")


# Outside


def outside(arguments):
    flower = pathlib.Path(arguments.flower).resolve()
    if not os.access(flower, os.X_OK):
        sys.exit(f"{flower} is not there: make build")
    if os.geteuid() != 0:
        print("not root: there is no systemd to measure; wake and lines are left out")
        return
    print(f"before: {harness.machine()}")
    root = pathlib.Path(tempfile.mkdtemp(prefix="flower-bench-"))
    root.chmod(0o755)
    try:
        stage, floors = root / "stage", root / "floors"
        floors.mkdir()
        harness.build_floors(floors)
        harness.run(["make", "-C", str(HERE.parents[2]), "install", f"BINARY={flower}",
                     "PREFIX=/usr", f"DESTDIR={stage}"])
        inside = ["python3", "/bench/services.py", "--inside", "--rounds", str(arguments.rounds),
                  "--wakes", str(arguments.wakes), "--lines", str(arguments.lines)]
        done = subprocess.run(
            [str(BOX), "--bind", f"{stage}:/stage", "--bind", f"{HERE.parent}:/bench",
             "--bind", f"{floors}:/floors", "--journal", "RateLimitBurst=100000000",
             "--journal", "RuntimeMaxUse=1G", "--timeout", "600", *inside],
            stdin=subprocess.DEVNULL,
        )
        if done.returncode != 0:
            sys.exit(f"cannot measure: exit {done.returncode}")
    except harness.BenchError as error:
        sys.exit(f"cannot measure: {error}")
    finally:
        shutil.rmtree(root, ignore_errors=True)
    print(f"\nafter:  {harness.machine()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--flower", default=".build/release/flower", help="the binary to measure")
    parser.add_argument("--rounds", type=int, default=7, help="of the lines")
    parser.add_argument("--wakes", type=int, default=40, help="rounds of the wakes")
    parser.add_argument("--lines", type=int, default=100_000, help="of each round")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.inside:
        outside(arguments)
        return
    try:
        install()
        wakes(arguments.wakes)
        lines(arguments.rounds, arguments.lines)
    except harness.BenchError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
