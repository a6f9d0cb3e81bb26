#!/usr/bin/env python3
"""Kills, stops and continues runners, schedulers and tasks at random, and then accounts for everything.

Four runners and two schedulers share one state folder. Random graphs, registered each second by the
schedulers and besides by hand, write a line as each task starts and ends, under a lock of the task's
own. Some tasks take slots of pools, have a time-out, wait for a person or start a run of another flow;
runs of one flow are over their time now and then; and a person cancels, holds, skips and so on. What is old is
pruned, by two at once and killed now and then, and deleted in a bare sqlite3 shell.
At the end, when all is drained: every run has succeeded that nobody cancelled and that had the time, no
task ever ran beside itself or before what it needs, whoever was over the time has failed for good and had its
hook told so, no pool and no flow had more at once than it allows,
every start is a recorded attempt and every recorded attempt a start, every second has its fire, and
`flower check` finds nothing. What is checked is read from the tasks' own log and with Python's sqlite3;
none of Flower's code takes part.

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

import accounting
import archive

RUNNERS = 4
SCHEDULERS = 2
FLOWS = 8
# Of these a second, by the schedulers.
SCHEDULED = 2
# Whose last task waits for a person, and whose runs have a time.
HELD, HURRIED = 3, 4
# Flows with tasks that start these.
STARTERS = {"g0": 5, "g1": 6}
POOLS = {"p": 3, "q": 2}
# Of runs that may go.
OLD = "5s"

# $0 is the folder of the trial. The lock is inherited by what the task starts: a child that outlives
# its parent keeps it, so a second attempt beside it is seen as well. Some have left the group, some
# have forgotten their environment too.
TASK = r"""
exec 9>>"$0/locks/$FLOWER_RUN.$FLOWER_TASK"
flock -n 9 || echo "overlap $FLOWER_RUN $FLOWER_TASK $FLOWER_ATTEMPT $$" >> "$0/log"
echo "start $FLOWER_RUN $FLOWER_TASK $FLOWER_ATTEMPT $$" >> "$0/log"
case "$(( ($$ + FLOWER_RUN) % 17 ))" in
    0) setsid sleep 600 & ;;
    1) (env -i setsid sh -c 'trap "" HUP; sleep 600; :' &) ;;
    2) set -m; sleep 600 & set +m ;;
esac
case "$(( ($$ + FLOWER_RUN) % 10 ))" in
    0) echo "fail $FLOWER_RUN $FLOWER_TASK $FLOWER_ATTEMPT $$" >> "$0/log"; exit 7 ;;
    [1-3]) sleep 0.2 ;;
    [4-6]) sleep 0.05 ;;
esac
echo "end $FLOWER_RUN $FLOWER_TASK $FLOWER_ATTEMPT $$" >> "$0/log"
"""


# Of the flow with a time, when a run of it has failed. It takes longer than the run had left.
HOOK = r"""
sleep 0.3
echo "$FLOWER_RUN $FLOWER_RUN_STATE $FLOWER_FAILED_TASKS" >> "$0/hooks"
"""


class Failure(Exception):
    pass


class Trial:
    Failure = Failure

    def __init__(self, flower, folder, seed):
        self.flower, self.folder = flower, folder
        self.state = folder / "state"
        self.random = random.Random(seed)
        self.blows = collections.Counter()
        self.runners = [None] * RUNNERS
        self.schedulers = [None] * SCHEDULERS
        self.stopped = []
        self.prunes, self.shells = [], []
        # What the flows say: slots by flow and task, tasks with a time-out, tasks at once by flow.
        self.pools, self.hurried, self.widths = {}, set(), {}
        self.slots = POOLS
        # Runs of which a person cancelled something.
        self.cancelled = set()
        self.deeds = collections.Counter()
        (folder / "locks").mkdir()
        (folder / "flows").mkdir()
        (folder / "log").touch()
        (folder / "hooks").touch()

    # The graphs

    def write_flows(self):
        for number in range(FLOWS):
            name = f"f{number}"
            lines = [f"flow: {name}", "overlap: allow"]
            if number < SCHEDULED:
                lines.append('schedules: [{cron: "* * * * * *", timezone: UTC, catchup: all}]')
            if number % 3 == 0:
                lines.append("concurrency: 2")
                self.widths[name] = 2
            if number == HURRIED:
                lines += [
                    "run_timeout: 1500ms", "on_failure:",
                    "  retries: {limit: 1000, delay: 5ms, backoff: 1}",
                    f"  exec: [/bin/sh, -c, {yaml_text(HOOK)}, {self.folder}]",
                ]
            lines.append("tasks:")
            count = self.random.randint(2, 7)
            for task in range(count):
                lines += self.task(name, f"t{task}", [
                    f"t{n}" for n in range(task) if self.random.random() < 0.4
                ])
            if number == HELD:
                lines.append("    hold: a person looks")
            # After them, however they end: behind a cancelled one the others wait for a person.
            names = [f"t{n}" for n in range(count)]
            for when in ("failed", "always"):
                lines += self.task(name, when, self.random.sample(names, self.random.randint(1, count)))
                lines.append(f"    when: {when}")
            self.write_flow(name, lines)
        for name, started in STARTERS.items():
            lines = [f"flow: {name}", "overlap: allow", "tasks:"]
            lines += self.task(name, "t0", [])
            for task, needs in (("sub", "[t0]"), ("beside", "[]")):
                lines += [
                    f"  {task}:", f"    needs: {needs}", f"    flow: f{started}",
                    "    retries: {limit: 1000, delay: 5ms, backoff: 1}",
                ]
            lines += self.task(name, "t1", ["sub", "beside"])
            self.write_flow(name, lines)

    def task(self, flow, name, needs):
        retries = "limit: 1000, delay: 5ms, backoff: 1"
        if self.random.random() < 0.3:
            retries += ", retry_on: {exit: [7], signal: [KILL], timeout: true, interrupted: true}"
        lines = [
            f"  {name}:", f"    needs: [{', '.join(needs)}]", f"    retries: {{{retries}}}",
            f"    exec: [/bin/sh, -c, {yaml_text(TASK)}, {self.folder}]",
        ]
        taken = {
            pool: self.random.randint(1, slots - 1) for pool, slots in POOLS.items()
            if self.random.random() < 0.2
        }
        if taken:
            lines.append(f"    pools: {{{', '.join(f'{p}: {n}' for p, n in taken.items())}}}")
            self.pools[flow, name] = taken
        if self.random.random() < 0.15:
            lines.append("    timeout: 150ms")
            self.hurried.add((flow, name))
        return lines

    def write_flow(self, name, lines):
        (self.folder / "flows" / f"{name}.yaml").write_text("\n".join(lines) + "\n")

    # The processes

    def command(self, *words):
        return [self.flower, *words, "--state", str(self.state)]

    def call(self, *words, may_be_refused=False):
        pipe = subprocess.PIPE
        with subprocess.Popen(self.command(*words), stdout=pipe, stderr=pipe, text=True) as done:
            while True:
                try:
                    output, errors = done.communicate(timeout=0.05)
                    break
                except subprocess.TimeoutExpired:
                    # It may wait for one that was stopped with the write lock in its hand.
                    self.let_go(time.monotonic())
        if done.returncode == 75 and may_be_refused:
            return ""
        if done.returncode != 0:
            raise Failure(f"flower {' '.join(words)}: {done.returncode}\n{errors}")
        return output

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
            + ["stop runner"] * 2 + ["stop task"] * 2 + ["kill prune"]
        )
        pid = {"runner": self.pid_of(self.runners), "scheduler": self.pid_of(self.schedulers),
               "prune": self.pid_of(self.prunes), "task": self.task_pid()}[blow.split()[1]]
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

    # The person

    def intervene(self):
        """Refused where it is over meanwhile, or a runner was stopped with the write lock in its hand."""
        with self.database() as database:
            rows = database.execute(
                "SELECT run_id, name, run_state.state FROM run_state JOIN task USING (run_id)"
                " WHERE run_id > (SELECT max(id) FROM run) - 40 AND name NOT LIKE '@%'"
            ).fetchall()
        active = [row for row in rows if row[2] in ("running", "waiting", "held", "queued")]
        held = [row for row in active if row[2] == "held"]
        over = [row for row in rows if row[2] in ("cancelled", "failed")]
        deed = self.random.choice(["cancel", "release"] * 2 + ["hold", "skip", "rerun"])
        choice = {"release": held, "rerun": over}.get(deed, active)
        if not choice:
            return
        run, task, _ = self.random.choice(choice)
        words = [deed, str(run)]
        if deed in ("hold", "skip") or deed == "cancel" and self.random.random() < 0.5:
            words.append(task)
        if deed == "rerun":
            words.append("--failed")
        if deed == "cancel":
            # Before: it may be killed with the words in its mouth.
            self.cancelled.add(run)
        if self.call(*words, may_be_refused=True):
            self.deeds[deed] += 1

    def forget(self):
        """Two at once, or a shell that knows no foreign keys; what goes is kept by a trigger."""
        self.reap_prunes()
        if self.prunes:
            return
        if self.random.random() < 0.5:
            self.prunes = [self.start("prune", "--older-than", OLD) for _ in range(2)]
            self.deeds["prune"] += 2
            return
        settled = "run_state.state IN ('succeeded', 'failed', 'cancelled')"
        with self.database() as database:
            runs = database.execute(f"SELECT run_id FROM run_state WHERE {settled}").fetchall()
        if not runs:
            return
        run = self.random.choice(runs)[0]
        sql = (
            f"DELETE FROM run WHERE id = {run}"
            f" AND EXISTS (SELECT 1 FROM run_state WHERE run_id = {run} AND {settled})"
            # A hook that would still have to run goes with its run, and could not be accounted for.
            f" AND NOT EXISTS (SELECT 1 FROM task WHERE run_id = {run} AND name LIKE '@%' AND status <> 3)"
        )
        # Not waited for: it may wait for one that was stopped with the write lock in its hand.
        with open(self.folder / "processes.log", "a", encoding="utf-8") as log:
            shell = ["sqlite3", "-cmd", ".timeout 5000", "-cmd", "PRAGMA wal_autocheckpoint=0"]
            words = [*shell, f"{self.state}/flower.db", sql]
            self.shells.append(subprocess.Popen(words, stdout=log, stderr=log))
        self.deeds["delete run"] += 1

    def reap_prunes(self):
        for prune in [prune for prune in self.prunes if prune.poll() is not None]:
            self.prunes.remove(prune)
            # Refused where a runner was stopped with the write lock in its hand.
            if prune.returncode not in (0, 75, -signal.SIGKILL):
                raise Failure(f"a prune ended with {prune.returncode}")
        self.shells = [shell for shell in self.shells if shell.poll() is None]

    # The trial

    def run(self, kills):
        self.write_flows()
        for pool, slots in POOLS.items():
            self.call("pool", "set", pool, str(slots))
        self.call("apply", str(self.folder / "flows"))
        archive.install(self.state / "flower.db")
        began = time.monotonic()
        while self.kills < kills:
            self.keep_alive()
            self.strike()
            if self.random.random() < 0.1 and self.backlog() < 200:
                # Refused where a runner was stopped with the write lock in its hand.
                flow = self.random.choice([f"f{n}" for n in range(FLOWS)] + list(STARTERS))
                self.call("register", flow, may_be_refused=True)
            if self.random.random() < 0.06:
                self.intervene()
            if self.random.random() < 0.06:
                self.forget()
            time.sleep(self.random.uniform(0.005, 0.06))
            self.let_go(time.monotonic())
            if time.monotonic() - began > 60 + 2 * kills:
                raise Failure(f"only {self.kills} blows struck home")
        self.let_go(float("inf"))
        for scheduler in self.schedulers:
            if scheduler.poll() is None:
                scheduler.terminate()
        for process in self.schedulers + self.prunes + self.shells:
            process.wait()
        self.reap_prunes()
        self.call("tick")
        self.call("pause", "--all")
        self.drain()

    def backlog(self):
        """Tasks that may still run: those behind a cancelled one wait for a person."""
        with self.database() as database:
            return database.execute(
                "SELECT count(*) FROM run_state JOIN task USING (run_id) WHERE status IN (0, 1, 4)"
                " AND run_state.state IN ('running', 'waiting', 'queued', 'held')"
            ).fetchone()[0]

    def release(self):
        with self.database() as database:
            held = database.execute("SELECT run_id FROM run_state WHERE state = 'held'").fetchall()
        for (run,) in held:
            self.call("release", str(run), may_be_refused=True)

    def drain(self):
        deadline = time.monotonic() + 300
        while self.backlog() > 0:
            for index, runner in enumerate(self.runners):
                if runner.poll() is not None:
                    self.runners[index] = self.start("run", "--wait")
            self.release()
            if time.monotonic() > deadline:
                raise Failure(f"{self.backlog()} tasks do not end\n" + self.call("runs"))
            time.sleep(0.1)
        # Hooks do not keep a run active: one that a killed runner has left is for whoever comes next.
        self.runners.append(self.start("run", "--wait"))
        for runner in self.runners:
            if runner.wait(120) not in (0, 1, -9):
                raise Failure(f"a runner ended with {runner.returncode}")

    def stop_all(self):
        for process in self.runners + self.schedulers + self.prunes + self.shells:
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


def yaml_text(text):
    """A double-quoted YAML scalar; `${` is a place to be filled in `exec`, and `$${` a literal."""
    for old, new in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")):
        text = text.replace(old, new)
    return f'"{text}"'


def tail(path, count):
    with open(path, "rb") as file:
        file.seek(max(0, os.path.getsize(path) - count))
        return file.read().decode().splitlines()[1:]


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
        archive.merge(trial.state / "flower.db", folder / "merged.db")
        faults, counts = accounting.account(trial)
    except Failure as failure:
        faults, counts = [str(failure)], (0,) * 6
    finally:
        trial.stop_all()
    blows = ", ".join(f"{count} x {blow}" for blow, count in sorted(trial.blows.items()))
    print(f"torture: {blows}")
    deeds = ", ".join(f"{count} x {deed}" for deed, count in sorted(trial.deeds.items()))
    runs, tasks, attempts, interrupted, started, late = counts
    print(f"torture: by a person: {deeds or 'nothing'}")
    print(
        f"torture: {runs} runs ({started} started by others, {late} over their time), {tasks} tasks,"
        f" {attempts} attempts, {interrupted} interrupted"
    )
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
