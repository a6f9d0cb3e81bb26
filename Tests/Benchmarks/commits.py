#!/usr/bin/env python3
"""Commits as they were: checked, built from nothing in a worktree of their own, and kept.

    commits.py COMMIT        says whether there is such a commit, before anything long begins

Below `.build/base/` each commit has a folder: `flower`, built by its own `make build`; `built.json`,
with what; `tree`, the worktree, only while it builds. `make clean` removes them all.
"""

import contextlib
import fcntl
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import harness

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ".build/release/flower"
NO_INPUT = 66  # EX_NOINPUT of sysexits(3)
INTERRUPTED = 130
LAST_LINES = 20
GRACE_SECONDS = 10
# What a make that calls us hands down to a make below it: our BASE, our jobs, our folder.
OF_MAKE = ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "MAKELEVEL", "GNUMAKEFLAGS")


class NoSuchCommit(Exception):
    pass


class BuildFailed(harness.BenchError):
    pass


def git(root, *words):
    return subprocess.run(["git", "-C", str(root), *words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def commit_of(name, root=ROOT):
    """The whole name of the commit."""
    # Made absolute, because a folder of a repository that is not this one's may lie around ROOT.
    top = git(root, "rev-parse", "--show-toplevel")
    if top.returncode != 0 or pathlib.Path(top.stdout.strip()).resolve() != root.resolve():
        raise NoSuchCommit(f"{root} is no git repository: a base is a commit of its history")
    done = git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if done.returncode != 0:
        raise NoSuchCommit(f"there is no commit {name!r} in {root}: git log --oneline lists them;"
                           " of a shallow clone, git fetch --unshallow gets the older ones")
    return done.stdout.strip()


def changed(root=ROOT):
    """The files that differ from the newest commit, new ones included."""
    return [line[3:] for line in git(root, "status", "--porcelain").stdout.splitlines()]


def described(root=ROOT):
    """One line about this tree for the head of a table."""
    done = git(root, "log", "-1", "--format=%h %s")
    if done.returncode != 0:
        return "this tree, which has no commit"
    files = changed(root)
    if not files:
        return done.stdout.strip()
    names = ", ".join(files[:3]) + (", ..." if len(files) > 3 else "")
    what = "1 changed file" if len(files) == 1 else f"{len(files)} changed files"
    return f"{done.stdout.strip()}, with {what} ({names})"


def titled(sha, root=ROOT):
    return git(root, "log", "-1", "--format=%h %s", sha).stdout.strip()


def toolchain(swift):
    """What `swift --version` says: another compiler's build is another program."""
    done = subprocess.run([swift, "--version"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True)
    return done.stdout.strip()


@contextlib.contextmanager
def locked(folder):
    """Alone in a folder that is made if it is not there: two would build in one tree."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"another process builds in {folder}: waiting for it", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def worktree(sha, place, root=ROOT, keep=False):
    """The files of a commit. Removed afterwards, whatever happens; so is one that was left here."""
    remove_worktree(place, root)
    done = git(root, "worktree", "add", "--quiet", "--detach", str(place), sha)
    if done.returncode != 0:
        raise BuildFailed(f"git cannot make a worktree of {sha[:12]}: {done.stderr.strip()}")
    try:
        pin(place, root)
        yield place
    finally:
        if not keep:
            remove_worktree(place, root)


def remove_worktree(place, root):
    git(root, "worktree", "remove", "--force", "--force", str(place))
    shutil.rmtree(place, ignore_errors=True)
    git(root, "worktree", "prune")


@contextlib.contextmanager
def copied(place, root=ROOT, keep=False):
    """The files of this tree as they are now, changed and new ones included, nothing built."""
    shutil.rmtree(place, ignore_errors=True)
    names = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout
    try:
        for name in filter(None, names.split("\0")):
            if (root / name).is_symlink() or (root / name).is_file():
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, place / name, follow_symlinks=False)
        pin(place, root)
        yield place
    finally:
        if not keep:
            shutil.rmtree(place, ignore_errors=True)


def pin(place, root):
    """The versions of the dependencies are not in the repository: both sides get those of this tree."""
    pins = root / "Package.resolved"
    if pins.is_file() and not (place / "Package.resolved").exists():
        shutil.copy(pins, place)


def build(tree, log, label, swift="swift", environment=()):
    """`make build` in a tree, and its wall seconds; what it prints goes to the log, its steps to us."""
    inherited = {key: value for key, value in os.environ.items() if key not in OF_MAKE}
    begun = time.monotonic()
    process = subprocess.Popen(
        ["make", "-C", str(tree), "build", f"SWIFT={swift}"], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        env={**inherited, **dict(environment)}, start_new_session=True,
    )
    try:
        with open(log, "w", encoding="utf-8") as file:
            progress = Progress(label)
            for line in process.stdout:
                file.write(line)
                progress.show(line, time.monotonic() - begun)
        code = process.wait()
    except BaseException:
        end_session(process)
        raise
    finally:
        process.stdout.close()
        print(file=sys.stderr)
    if code != 0:
        last = "".join(log.read_text(encoding="utf-8").splitlines(keepends=True)[-LAST_LINES:])
        raise BuildFailed(f"{label} cannot be built: make build ended with {code}; {log} has it"
                          f" all, and at its end\n{last}")
    return time.monotonic() - begun


def end_session(process):
    """Ends a build with its compilers, so that nothing writes to a tree that is being removed.

    Of a Ctrl-C only we have heard: the build has a session of its own. SwiftPM ends its compilers on SIGINT,
    but not always all of them, and they have process groups of their own: the session finds them.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_SECONDS)
    while members := session(process.pid):
        for pid in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    process.wait()


def session(leader):
    """The processes of a session that live."""
    pids = (int(folder.name) for folder in pathlib.Path("/proc").glob("[0-9]*"))
    return [pid for pid in pids if session_of(pid) == leader]


def session_of(pid):
    """The session of a process, none of one that has ended (proc_pid_stat(5): after the name, its state
    and three on the session)."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, _, _, its_session = stat.rpartition(")")[2].split()[:4]
    return None if state in "ZX" else int(its_session)


class Progress:
    """On a terminal one line that changes; elsewhere a line now and then."""

    PERIOD_SECONDS = 30

    def __init__(self, label, to=None):
        self.label, self.to, self.shown = label, to or sys.stderr, None

    def show(self, line, seconds):
        if self.to.isatty():
            text = f"{label_of(self.label, seconds)}: {line.strip()}"
            print(f"\r\033[K{text[:shutil.get_terminal_size().columns - 1]}", end="", file=self.to)
        elif self.shown is None or seconds - self.shown >= self.PERIOD_SECONDS:
            self.shown = seconds
            print(f"{label_of(self.label, seconds)}: {line.strip()[:100]}", file=self.to)
        self.to.flush()


def label_of(label, seconds):
    return f"[{seconds:4.0f} s] {label}"


def kept(folder, swift):
    """Whether a program is there that this compiler has built."""
    try:
        built = json.loads((folder / "built.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return (folder / "flower").is_file() and built.get("swift") == toolchain(swift)


def keep_program(tree, folder, swift):
    """Puts what was built in the commit's folder, whole or not at all."""
    program = tree / PROGRAM
    if not program.is_file():
        raise BuildFailed(f"make build has made no {PROGRAM} in {tree}")
    (folder / "built.json").unlink(missing_ok=True)
    shutil.copy2(program, folder / "flower.new")
    (folder / "flower.new").rename(folder / "flower")
    built = json.dumps({"swift": toolchain(swift)}) + "\n"
    (folder / "built.json").write_text(built, encoding="utf-8")


def folder_of(sha, root=ROOT):
    return root / ".build" / "base" / sha[:12]


def program_of(sha, root=ROOT, swift="swift"):
    """The program of a commit: the one that is there, or one that is built now."""
    folder = folder_of(sha, root)
    with locked(folder):
        if kept(folder, swift):
            print(f"base {sha[:12]} is built already: {folder}/flower", file=sys.stderr)
        else:
            with worktree(sha, folder / "tree", root) as tree:
                build(tree, folder / "build.log", f"base {sha[:12]}", swift)
                keep_program(tree, folder, swift)
    return folder / "flower"


def exit_code(work, interrupted="interrupted"):
    """Runs what returns an exit code, and tells what ended it.

    SIGTERM ends it as Ctrl-C does: what is being built is ended too, and its tree removed.
    """
    def interrupt(*_):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, interrupt)
    try:
        return work()
    except NoSuchCommit as error:
        print(error, file=sys.stderr)
        return NO_INPUT
    except harness.BenchError as error:
        print(f"cannot measure: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(interrupted, file=sys.stderr)
        return INTERRUPTED


def main():
    def check():
        commit_of(sys.argv[1])
        return 0
    sys.exit(exit_code(check))


if __name__ == "__main__":
    main()
