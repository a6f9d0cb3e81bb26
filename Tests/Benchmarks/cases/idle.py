"""What a scheduler takes of a host while nothing is due: its memory, and the work of its start."""

import json
import time

from harness import BenchError, Case, Contender, run
from schedulers import Scheduler, at_rest

FLOWS = 10


def idle(bench):
    def prepare(folder):
        scheduler = Scheduler(bench.flower, folder / "idle")
        # Not due for a month: two months on, so that none falls into the night in which one measures.
        month = (time.localtime().tm_mon + 1) % 12 + 1
        for number in range(FLOWS):
            (scheduler.flows / f"f{number}.yaml").write_text(
                f'flow: f{number}\nschedules: [{{cron: "{number} 3 1 {month} *"}}]\n'
                "tasks: {only: {exec: [/bin/true]}}\n", encoding="utf-8")
        # The database is there, as on every start of a host but its first.
        run([bench.flower, "apply", scheduler.flows, "--state", scheduler.state])

        def check():
            listed = run([bench.flower, "schedules", "--state", scheduler.state, "-o", "json"])
            if len(json.loads(listed)) != FLOWS:
                raise BenchError(f"{FLOWS} schedules should have been waited for: {listed}")

        return scheduler.command(), check

    return Case(f"a scheduler at rest with {FLOWS} flows; ms are of its processor", 1, [
        Contender("flower", prepare, look=at_rest),
    ], measures=("RSS MiB", "PSS MiB", "anonymous MiB", "CPU ms"))
