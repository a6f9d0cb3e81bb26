"""A scheduler of Flower that is started, looked at while it rests, and stopped."""

import contextlib
import pathlib
import signal
import subprocess
import time

import harness

REST_SECONDS = 0.5
LIMIT_SECONDS = 120


class Scheduler:
    """Flow files go to `flows`, what it prints to `log`."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.state, self.flows = folder / "state", folder / "flows"
        self.flows.mkdir(parents=True)
        self.log = folder / "log"
        self.process = None

    def command(self, *options):
        return [str(self.binary), "scheduler", "--state", str(self.state),
                "--schedules", str(self.flows), *options]

    def start(self, *options):
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(self.command(*options), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        return self.process.pid

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(LIMIT_SECONDS)
        if code != 0:
            raise harness.BenchError(self.log.read_text(encoding="utf-8"), code)


def cpu_seconds(pid):
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def cpu_until_idle(pid):
    """CPU seconds until nothing more is used for half a second."""
    used, since = -1.0, time.monotonic()
    while time.monotonic() - since < REST_SECONDS:
        time.sleep(0.05)
        now = cpu_seconds(pid)
        if now != used:
            used, since = now, time.monotonic()
    return used


def memory_mib(pid):
    """MiB by the names of /proc/PID/smaps_rollup (proc_pid_smaps(5)): Rss, Pss, Anonymous, ..."""
    try:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    except OSError as error:
        raise harness.BenchError(f"process {pid}, whose memory is looked at, has ended") from error
    return parsed_memory(text)


def parsed_memory(text):
    rows = (line.split() for line in text.splitlines() if line.endswith(" kB"))
    return {name.rstrip(":"): int(number) / 1024 for name, number, _ in rows}


def at_rest(command, folder):
    """The cost of a scheduler that has read its flows and waits for a time that does not come."""
    with open(folder / "log", "w", encoding="utf-8") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    used, memory = 0.0, {}
    try:
        # One that ends by itself has no files in /proc any more; its exit code tells.
        with contextlib.suppress(OSError, harness.BenchError):
            used, memory = cpu_until_idle(process.pid), memory_mib(process.pid)
        process.send_signal(signal.SIGTERM)
        code = process.wait(LIMIT_SECONDS)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if code != 0 or not memory:
        raise harness.BenchError(f"{' '.join(command)}: exit {code}\n"
                                 + (folder / "log").read_text(encoding="utf-8"), code)
    return harness.Cost(used, used, memory["Rss"], 0, memory["Pss"], memory["Anonymous"])
