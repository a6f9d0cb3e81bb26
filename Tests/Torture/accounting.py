"""What must be true when a trial of `torture.py` is over: the tasks' own log against the database."""

import collections
import fcntl
import os
import signal
import sqlite3

OUTCOMES = ("succeeded", "failed", "signalled", "interrupted", "timed-out", "cancelled")


def remove_drafts(trial):
    """The next wake file of a scheduler that was killed on the point of renaming it."""
    for draft in trial.state.glob("wake.*"):
        if not os.path.exists(f"/proc/{draft.suffix[1:]}"):
            draft.unlink()


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
    faults += account_locks(trial)
    with sqlite3.connect(f"file:{trial.folder}/merged.db?mode=ro", uri=True) as database:
        faults += account_attempts(trial, database, starts, ends)
        faults += account_order(database, order, ends)
        faults += account_fires(database)
        faults += account_limits(trial, database)
        faults += account_runs(trial, database)
        faults += account_patience(database)
        faults += account_hooks(trial, database)
        counts = database.execute(
            "SELECT (SELECT count(*) FROM run), (SELECT count(*) FROM task),"
            " (SELECT count(*) FROM attempt),"
            " (SELECT count(*) FROM attempt WHERE outcome = 'interrupted'),"
            " (SELECT count(*) FROM run WHERE parent_task_id IS NOT NULL),"
            " (SELECT count(*) FROM run WHERE timed_out_at_ms IS NOT NULL)"
        ).fetchone()
    try:
        # Of a prune that was killed the output of what it had forgotten may be left: a next one mends that.
        trial.call("prune", "--older-than", "2020-01-01")
        remove_drafts(trial)
        trial.call("check")
    except trial.Failure as failure:
        faults.append(str(failure))
    return faults, counts


def account_locks(trial):
    """Nothing that a task has started goes on: it would hold the task's lock."""
    faults = []
    for path in sorted((trial.folder / "locks").iterdir()):
        with open(path, "rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                faults.append(f"something of task {path.name} still runs")
    return faults


def account_runs(trial, database):
    """Each has succeeded, or a person, its time or the run that started it was against it."""
    faults = []
    rows = database.execute(
        "SELECT run_id, state, timed_out_at_ms IS NOT NULL, parent_task_id IS NOT NULL"
        " FROM run_state JOIN run ON run.id = run_id WHERE state <> 'succeeded'"
    )
    for run, state, is_late, is_started in rows:
        is_cancelled = state == "cancelled" and (run in trial.cancelled or is_started)
        if not is_cancelled and not (state == "failed" and is_late):
            faults.append(f"run {run} has {state}")
    open_tasks = database.execute(
        "SELECT run_id, name, status FROM task JOIN run_state USING (run_id)"
        " WHERE run_state.state = 'succeeded' AND status NOT IN (3, 9) AND name NOT LIKE '@%'"
    )
    faults += [f"run {run} has succeeded with {task} in {status}" for run, task, status in open_tasks]
    # What waited for a run succeeds with it alone.
    unmet = database.execute(
        "SELECT task.run_id, task.name FROM task WHERE kind = 'component' AND status = 3"
        " AND NOT EXISTS (SELECT 1 FROM run JOIN run_state ON run_id = run.id"
        "   WHERE parent_task_id = task.id AND state = 'succeeded')"
    )
    faults += [f"run {run}: {task} succeeded without a run that did" for run, task in unmet]
    return faults


def account_patience(database):
    """What is executed after failures has not been left waiting, and nothing is marked that is not so."""
    needs = collections.defaultdict(list)
    for task, need in database.execute("SELECT task_id, need_id FROM task_need"):
        needs[task].append(need)
    rows = {
        row[0]: row[1:] for row in database.execute(
            "SELECT id, run_id, name, status, hold IS NOT NULL, traits ->> 'patience' IS NOT NULL, stalled"
            " FROM task ORDER BY run_id, position"
        )
    }
    # By run in the order of the file, so that needs come first.
    stalls, faults = {}, []
    for task, (run, name, status, is_held, is_patient, mark) in rows.items():
        waits = status == 0 or status == 4 and is_held
        stalls[task] = waits and not is_patient and any(
            rows[need][2] in (2, 8) or stalls[need] for need in needs[task]
        )
        if mark is not None and mark != stalls[task]:
            faults.append(f"run {run}: {name} in {status} is marked {mark}")
        if is_patient and status == 0 and all(
            rows[need][2] in (2, 3, 8, 9) or stalls[need] for need in needs[task]
        ):
            faults.append(f"run {run}: {name} was left waiting")
    return faults


def account_hooks(trial, database):
    """A run over its time is failed, whatever its hook did since; that was told of it, and what was not done."""
    faults = []
    told = {}
    for line in (trial.folder / "hooks").read_text().splitlines():
        run, state, *tasks = line.split()
        told.setdefault(int(run), []).append(tasks)
        # No task is named where the last of them has succeeded as the run's time was over.
        if state != "failed":
            faults.append(f"the hook of run {run} was told '{line}'")
    rows = database.execute(
        "SELECT run_id, state, end_by_ms IS NULL,"
        " (SELECT status FROM task WHERE task.run_id = run.id AND name = '@on_failure'),"
        " (SELECT group_concat(name, ' ') FROM (SELECT name FROM task WHERE task.run_id = run.id"
        "   AND status IN (2, 8) AND name NOT LIKE '@%' ORDER BY position))"
        " FROM run_state JOIN run ON run.id = run_id WHERE timed_out_at_ms IS NOT NULL"
    )
    for run, state, is_over, hook, undone in rows:
        if state != "failed" or not is_over:
            faults.append(f"run {run} was over its time, and is {state}")
        if hook is not None and hook != 3:
            faults.append(f"the hook of run {run} is in {hook}")
        # A person may have skipped some since.
        names = set((undone or "").split())
        if hook is not None and not any(names <= set(tasks) for tasks in told.get(run, [])):
            faults.append(f"the hook of run {run} was not told of {undone}, but of {told.get(run)}")
    return faults


def account_limits(trial, database):
    """At no instant more were at work than pools and flows allow."""
    used = collections.defaultdict(list)
    for flow, task, began, ended in database.execute(
        "SELECT flow.name, task.name, attempt.started_at_ms, attempt.ended_at_ms FROM attempt"
        " JOIN task ON task.id = task_id JOIN run ON run.id = run_id JOIN flow ON flow.id = flow_id"
        " WHERE kind = 'exec'"
    ):
        taken = {("pool", pool): slots for pool, slots in trial.pools.get((flow, task), {}).items()}
        if flow in trial.widths:
            taken["flow", flow] = 1
        for name, slots in taken.items():
            # At one millisecond what ends comes first.
            used[name] += [(began, 1, slots), (max(ended, began), 0, -slots)]
    faults = []
    for (kind, name), events in used.items():
        limit = (trial.slots if kind == "pool" else trial.widths)[name]
        level = 0
        for instant, _, change in sorted(events):
            level += change
            if level > limit:
                faults.append(f"{kind} {name} of {limit} had {level} at {instant}")
                break
    return faults


def account_attempts(trial, database, starts, ends):
    faults = []
    recorded = {}
    for run, task, number, outcome, code, signal_number, kind, flow, is_late, is_started in (
        database.execute(
            "SELECT run_id, task.name, number, outcome, exit_code, signal, kind, flow.name,"
            " run.timeout_ms IS NOT NULL, parent_task_id IS NOT NULL"
            " FROM attempt JOIN task ON task.id = task_id"
            " JOIN run ON run.id = run_id JOIN flow ON flow.id = flow_id"
            " WHERE task.name NOT LIKE '@%'"
        )
    ):
        if kind == "component":
            # It waited for a run, in no process.
            continue
        recorded[run, task, number] = outcome
        what = f"{run} {task} #{number}"
        event = ends.get((run, task, number), (None,))[0]
        if outcome == "succeeded" and event != "end":
            faults.append(f"{what} succeeded without coming to its end")
        if outcome == "failed" and (event != "fail" or code != 7):
            faults.append(f"{what} failed with {code}, but not by itself")
        if outcome == "signalled" and signal_number != signal.SIGKILL:
            faults.append(f"{what} ended by signal {signal_number}")
        if outcome == "timed-out" and not is_late and (flow, task) not in trial.hurried:
            faults.append(f"{what} had no time to be over")
        if outcome == "cancelled" and run not in trial.cancelled and not is_late and not is_started:
            faults.append(f"{what} was cancelled by nobody")
        if outcome not in OUTCOMES:
            faults.append(f"{what}: nobody asked for {outcome}")
        if (run, task, number) not in starts and outcome in ("succeeded", "failed"):
            faults.append(f"{what} is recorded and never ran")
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
    """A task starts only after the successful end of all that it needs, or the end where that is enough."""
    faults = []
    done = {(run, task): place for (run, task, _), (event, place) in ends.items() if event == "end"}
    first = {}
    for (run, task, _), place in order.items():
        first[run, task] = min(place, first.get((run, task), place))
    for run, task, need in database.execute(
        "SELECT t.run_id, t.name, n.name FROM task_need JOIN task t ON t.id = task_id"
        " JOIN task n ON n.id = need_id WHERE t.traits ->> 'patience' IS NULL"
    ):
        # One that was skipped has no start, nor has one that waits for a run.
        if (run, task) in first and first[run, task] < done.get((run, need), -1):
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
