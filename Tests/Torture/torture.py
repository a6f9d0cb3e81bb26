#!/usr/bin/env python3
"""Kills, stops and continues runners, schedulers and tasks at random, and then accounts for everything.

Four runners and two schedulers share one state folder. Random graphs, registered each second by the
schedulers and besides by hand, write a line as each task starts and ends, under a lock of the task's
own. At the end, when all is drained: every run has succeeded, no task ever ran beside itself or before
what it needs, every start is a recorded attempt and every recorded attempt a start, every second has
its fire, and `flower check` finds nothing. What is checked is read from the tasks' own log and with
Python's sqlite3; none of Flower's code takes part.

The seed is printed; the same seed gives the same graphs and the same order of blows, not their instants.
"""

import argparse
import collections
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

RUNNERS = 4
SCHEDULERS = 2
FLOWS = 8

# $0 is the folder of the trial. The lock is inherited by what the task starts: a child that outlives
# its parent keeps it, so a second attempt beside it is seen as well.
TASK = r"""
exec 9>>"$0/locks/$FLOWER_RUN.$FLOWER_TASK"
flock -n 9 || echo "overlap $FLOWER_RUN $FLOWER_TASK $FLOWER_ATTEMPT $$" >> "$0/log"
echo "start $FLOWER_RUN $FLOWER_TASK $FLOWER_ATTEMPT $$" >> "$0/log"
case "$(( ($$ + FLOWER_RUN) % 10 ))" in
    0) echo "fail $FLOWER_RUN $FLOWER_TASK $FLOWER_ATTEMPT $$" >> "$0/log"; exit 7 ;;
    [1-3]) sleep 0.2 ;;
    [4-6]) sleep 0.05 ;;
esac
echo "end $FLOWER_RUN $FLOWER_TASK $FLOWER_ATTEMPT $$" >> "$0/log"
"""


class Trial:
    def __init__(self, flower, folder, seed):
        self.flower, self.folder = flower, folder
        self.state = folder / "state"
        self.random = random.Random(seed)
        self.blows = collections.Counter()
        self.runners = [None] * RUNNERS
        self.schedulers = [None] * SCHEDULERS
        self.stopped = []
        (folder / "locks").mkdir()
        (folder / "flows").mkdir()
        (folder / "log").touch()

    # The graphs

    def write_flows(self):
        for number in range(FLOWS):
            count = self.random.randint(2, 7)
            lines = [f"flow: f{number}", "overlap: allow"]
            if number < 2:
                lines.append('schedules: [{cron: "* * * * * *", timezone: UTC, catchup: all}]')
            if number % 3 == 0:
                lines.append("concurrency: 2")
            lines.append("tasks:")
            for task in range(count):
                needs = [f"t{n}" for n in range(task) if self.random.random() < 0.4]
                lines += [
                    f"  t{task}:", f"    needs: [{', '.join(needs)}]",
                    "    retries: {limit: 1000, delay: 5ms, backoff: 1}",
                    f"    exec: [/bin/sh, -c, {yaml_text(TASK)}, {self.folder}]",
                ]
            (self.folder / "flows" / f"f{number}.yaml").write_text("\n".join(lines) + "\n")

    # The processes

    def command(self, *words):
        return [self.flower, *words, "--state", str(self.state)]

    def call(self, *words, may_be_refused=False):
        done = subprocess.run(self.command(*words), capture_output=True, text=True, check=False)
        if done.returncode == 75 and may_be_refused:
            return ""
        if done.returncode != 0:
            raise Failure(f"flower {' '.join(words)}: {done.returncode}\n{done.stderr}")
        return done.stdout

    def start(self, *words):
        log = open(self.folder / "processes.log", "a", encoding="utf-8")
        return subprocess.Popen(
            self.command(*words), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )

    def keep_alive(self):
        for index, runner in enumerate(self.runners):
            if runner is None or runner.poll() is not None:
                self.runners[index] = self.start("run", "--workers", "3", "--wait")
        for index, scheduler in enumerate(self.schedulers):
            if scheduler is None or scheduler.poll() is not None:
                self.schedulers[index] = self.start("scheduler")

    # The blows

    def strike(self):
        blow = self.random.choice(
            ["kill runner"] * 4 + ["kill task"] * 3 + ["kill scheduler"]
            + ["stop runner"] * 2 + ["stop task"] * 2
        )
        pid = {"runner": self.pid_of(self.runners), "scheduler": self.pid_of(self.schedulers),
               "task": self.task_pid()}[blow.split()[1]]
        if pid is None:
            return
        try:
            os.kill(pid, signal.SIGKILL if blow.startswith("kill") else signal.SIGSTOP)
        except ProcessLookupError:
            return
        self.blows[blow] += 1
        if blow.startswith("stop"):
            self.stopped.append((time.monotonic() + self.random.uniform(0.02, 0.4), pid))

    def pid_of(self, processes):
        alive = [p.pid for p in processes if p is not None and p.poll() is None]
        return self.random.choice(alive) if alive else None

    def task_pid(self):
        """One of the newest tasks that still are what they were: its environment names this folder."""
        lines = tail(self.folder / "log", 4096)
        pids = [int(line.split()[4]) for line in lines if line.startswith("start ")]
        self.random.shuffle(pids)
        for pid in pids[-20:]:
            try:
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if str(self.folder).encode() in words:
                return pid
        return None

    def let_go(self, now):
        for due, pid in [entry for entry in self.stopped if entry[0] <= now]:
            self.stopped.remove((due, pid))
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass

    @property
    def kills(self):
        return sum(count for blow, count in self.blows.items() if blow.startswith("kill"))

    # The trial

    def run(self, kills):
        self.write_flows()
        self.call("apply", str(self.folder / "flows"))
        began = time.monotonic()
        while self.kills < kills:
            self.keep_alive()
            self.strike()
            if self.random.random() < 0.1 and self.backlog() < 200:
                # Refused where a runner was stopped with the write lock in its hand.
                flow = f"f{self.random.randrange(FLOWS)}"
                self.call("register", flow, may_be_refused=True)
            time.sleep(self.random.uniform(0.005, 0.06))
            self.let_go(time.monotonic())
            if time.monotonic() - began > 60 + 2 * kills:
                raise Failure(f"only {self.kills} blows struck home")
        self.let_go(float("inf"))
        for scheduler in self.schedulers:
            if scheduler.poll() is None:
                scheduler.terminate()
        for scheduler in self.schedulers:
            scheduler.wait()
        self.call("tick")
        self.call("pause", "--all")
        self.drain()

    def backlog(self):
        with self.database() as database:
            return database.execute("SELECT count(*) FROM task WHERE status IN (0, 1)").fetchone()[0]

    def drain(self):
        deadline = time.monotonic() + 300
        while self.backlog() > 0:
            for index, runner in enumerate(self.runners):
                if runner.poll() is not None:
                    self.runners[index] = self.start("run", "--wait")
            if time.monotonic() > deadline:
                raise Failure(f"{self.backlog()} tasks do not end\n" + self.call("runs"))
            time.sleep(0.1)
        for runner in self.runners:
            if runner.wait(120) not in (0, 1, -9):
                raise Failure(f"a runner ended with {runner.returncode}")

    def stop_all(self):
        for process in self.runners + self.schedulers:
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
        for _, pid in self.stopped:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass

    def database(self):
        return sqlite3.connect(f"file:{self.state}/flower.db?mode=ro", uri=True, timeout=30)


class Failure(Exception):
    pass


def yaml_text(text):
    """A double-quoted YAML scalar; `${` is a place to be filled in `exec`, and `$${` a literal."""
    for old, new in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")):
        text = text.replace(old, new)
    return f'"{text}"'


def tail(path, count):
    with open(path, "rb") as file:
        file.seek(max(0, os.path.getsize(path) - count))
        return file.read().decode().splitlines()[1:]


# What must be true at the end


def account(trial):
    """The faults found, and how much was looked at."""
    faults = []
    lines = [line.split() for line in (trial.folder / "log").read_text().splitlines()]
    faults += [f"ran beside itself: {' '.join(line)}" for line in lines if line[0] == "overlap"]
    starts, ends, order = {}, {}, {}
    for place, (event, run, task, attempt, pid) in enumerate(lines):
        key = (int(run), task, int(attempt))
        if event == "start":
            if key in starts:
                faults.append(f"attempt {key} was started twice")
            starts[key] = pid
            order[key] = place
        elif event in ("end", "fail"):
            ends[key] = (event, place)
    with trial.database() as database:
        faults += account_attempts(database, starts, ends)
        faults += account_order(database, order, ends)
        faults += account_fires(database)
        states = database.execute("SELECT state, count(*) FROM run_state GROUP BY state").fetchall()
        if [state for state, _ in states] != ["succeeded"]:
            faults.append(f"not every run has succeeded: {states}")
        counts = database.execute(
            "SELECT (SELECT count(*) FROM run), (SELECT count(*) FROM task),"
            " (SELECT count(*) FROM attempt),"
            " (SELECT count(*) FROM attempt WHERE outcome = 'interrupted')"
        ).fetchone()
    try:
        trial.call("check")
    except Failure as failure:
        faults.append(str(failure))
    return faults, counts


def account_attempts(database, starts, ends):
    faults = []
    recorded = {}
    for run, task, number, outcome, code, signal_number in database.execute(
        "SELECT run_id, name, number, outcome, exit_code, signal FROM attempt"
        " JOIN task ON task.id = task_id"
    ):
        recorded[run, task, number] = outcome
        event = ends.get((run, task, number), (None,))[0]
        if outcome == "succeeded" and event != "end":
            faults.append(f"{run} {task} #{number} succeeded without coming to its end")
        if outcome == "failed" and (event != "fail" or code != 7):
            faults.append(f"{run} {task} #{number} failed with {code}, but not by itself")
        if outcome == "signalled" and signal_number != signal.SIGKILL:
            faults.append(f"{run} {task} #{number} ended by signal {signal_number}")
        if outcome not in ("succeeded", "failed", "signalled", "interrupted"):
            faults.append(f"{run} {task} #{number}: nobody asked for {outcome}")
        if (run, task, number) not in starts and outcome not in ("signalled", "interrupted"):
            faults.append(f"{run} {task} #{number} is recorded and never ran")
    faults += [f"{key} ran and is not recorded" for key in starts if key not in recorded]
    numbers = collections.defaultdict(set)
    for run, task, number in recorded:
        numbers[run, task].add(number)
    faults += [
        f"{key} has attempts {sorted(found)}" for key, found in numbers.items()
        if found != set(range(1, len(found) + 1))
    ]
    return faults


def account_order(database, order, ends):
    """A task starts only after the successful end of all that it needs."""
    faults = []
    done = {(run, task): place for (run, task, _), (event, place) in ends.items() if event == "end"}
    first = {}
    for (run, task, _), place in order.items():
        first[run, task] = min(place, first.get((run, task), place))
    for run, task, need in database.execute(
        "SELECT t.run_id, t.name, n.name FROM task_need JOIN task t ON t.id = task_id"
        " JOIN task n ON n.id = need_id"
    ):
        if first.get((run, task), 0) < done.get((run, need), -1):
            faults.append(f"run {run}: {task} started before {need} had ended")
    return faults


def account_fires(database):
    """Every second from a schedule's beginning has its fire, registered once."""
    faults = []
    for schedule, begun in database.execute("SELECT id, begun_at_ms FROM schedule"):
        rows = database.execute(
            "SELECT due_at_ms, outcome, (SELECT count(*) FROM run WHERE fire_id = fire.id)"
            " FROM fire WHERE schedule_id = ? AND outcome <> 'paused' ORDER BY due_at_ms",
            (schedule,),
        ).fetchall()
        due = [row[0] for row in rows]
        first = (begun // 1000 + 1) * 1000
        if due != list(range(first, first + 1000 * len(due), 1000)):
            faults.append(f"schedule {schedule} has gaps or doubles in its fires")
        faults += [f"fire {row} has not one run" for row in rows if row[1:] != ("registered", 1)]
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--flower", default=".build/release/flower")
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--keep", action="store_true", help="leave the folder for a look")
    arguments = parser.parse_args()
    flower = str(pathlib.Path(arguments.flower).resolve())
    folder = pathlib.Path(tempfile.mkdtemp(prefix="flower-torture-"))
    print(f"torture: seed {arguments.seed}, {arguments.kills} kills", flush=True)
    trial = Trial(flower, folder, arguments.seed)
    try:
        trial.run(arguments.kills)
        faults, (runs, tasks, attempts, interrupted) = account(trial)
    except Failure as failure:
        faults, runs, tasks, attempts, interrupted = [str(failure)], 0, 0, 0, 0
    finally:
        trial.stop_all()
    blows = ", ".join(f"{count} x {blow}" for blow, count in sorted(trial.blows.items()))
    print(f"torture: {blows}")
    print(f"torture: {runs} runs, {tasks} tasks, {attempts} attempts, {interrupted} interrupted")
    for fault in faults[:20]:
        print(f"torture: FAULT: {fault}")
    if faults or arguments.keep:
        print(f"torture: {len(faults)} faults; seed {arguments.seed}; see {folder}")
    else:
        shutil.rmtree(folder)
        print("torture: everything is accounted for")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
