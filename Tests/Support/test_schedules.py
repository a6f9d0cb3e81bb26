"""The scripts of schedules/, each run as its task would run: in the environment that a task gets
and nothing else, from the folder of the flow files. Needs sh, awk and sqlite3(1), no Flower.

    python3 -m unittest Tests/Support/test_schedules.py
"""

import gzip
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import unittest

SUPPORT = pathlib.Path(__file__).resolve().parent
SCHEDULES = SUPPORT.parent.parent / "schedules"

STATUS = """\
Package: libc6
Status: install ok installed
Section: libs
Installed-Size: 12000
Architecture: amd64
Version: 2.36-9+deb12u10
Conffiles:
 /etc/ld.so.conf.d/x86_64-linux-gnu.conf d4e7a7b88a71b5ffd9e2644e71a0cfab
Description: GNU C Library
 Package: this line belongs to the description

Package: libc6
Status: install ok installed
Section: oldlibs
Installed-Size: 11000
Architecture: i386
Version: 2.36-9+deb12u10

Package: nano
Status: deinstall ok config-files
Section: editors
Installed-Size: 2800
Architecture: amd64
Version: 7.2-1

Package: local-tool
Status: install ok installed
Architecture: all
Version: 1:0~"quoted"
"""

LOG_OLDEST = """\
2025-12-30 23:59:59 install libc6 <none> 2.36-9
2025-12-30 23:59:59 status installed libc6:amd64 2.36-9
2025-12-31 00:00:00 startup archives unpack
2025-12-31 00:00:01 install vanished:amd64 <none> 1.0
2025-12-31 00:00:02 purge vanished:amd64 1.0 <none>
"""
LOG_ROTATED = """\
2026-01-01 10:00:00 upgrade libc6:i386 2.36-8 2.36-9
2026-01-01 10:00:00 upgrade libc6:amd64 2.36-8 2.36-9
2026-01-01 10:00:01 configure libc6:amd64 2.36-9 <none>
2026-01-01 10:00:02 install local-tool:all <none> 1:0~"quoted"
"""
LOG_NOW = """\
\0\0\0\0\0\0\0\0 2026-01-02 08:00:00 install half-written:amd64 <none> 1
2026-01-02 08:00:00 remove nano:amd64 7.2-1 <none>
a line of nobody's
"""


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="flower-schedules-")
        self.addCleanup(folder.cleanup)
        self.home = pathlib.Path(folder.name)
        self.state = self.home / "state of mine"
        self.run_number = 1

    def world(self, parameters, run_number=None):
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(self.home), "USER": "someone",
            "LOGNAME": "someone", "SHELL": "/bin/sh", "LANG": "C.UTF-8", "FLOWER_FLOW": "a-flow",
            "FLOWER_RUN": str(run_number or self.run_number), "FLOWER_TASK": "a-task",
            "FLOWER_ITEM": "0", "FLOWER_ATTEMPT": "1", "FLOWER_INSTANCE": "0a1b2c3d",
            "FLOWER_DUE_AT": "2026-01-02T06:20:00+00:00",
            "FLOWER_OUTPUT": str(self.home / "output"), "state_folder": str(self.state),
            **parameters,
        }

    def script(self, command, parameters, exit_code=0, run_number=None):
        """Runs the task's command and returns all that it printed."""
        done = subprocess.run(
            ["sh", "-eu", "-c", command], cwd=SCHEDULES, stdin=subprocess.DEVNULL, text=True,
            env=self.world(parameters, run_number), stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=60,
        )
        self.assertEqual(done.returncode, exit_code, f"{command}:\n{done.stdout}")
        return done.stdout


class PackageHistory(Case):
    TASKS = (
        "collect.sh", "parse.sh history", "parse.sh packages", "aggregate.sh", "check-history.sh",
        "check-packages.sh", "publish.sh", "report.sh",
    )

    def setUp(self):
        super().setUp()
        self.log = self.home / "dpkg.log"
        self.status = self.home / "status"
        self.parameters = {
            "dpkg_log": str(self.log), "dpkg_status": str(self.status), "report_days": "10",
        }
        self.status.write_text(STATUS)
        with gzip.open(self.home / "dpkg.log.2.gz", "wt") as file:
            file.write(LOG_OLDEST)
        (self.home / "dpkg.log-20260101").write_text(LOG_ROTATED)
        self.log.write_text(LOG_NOW)
        (self.home / "dpkg.log.bak").write_text(LOG_NOW)
        self.work = self.state / "package-history/work/0a1b2c3d-1"
        self.mart = self.state / "package-history/mart.db"

    def tasks(self, *names, **options):
        return "".join(
            self.script(f"package-history/{name}", self.parameters, **options) for name in names
        )

    def assert_mart_agrees(self):
        subprocess.run(
            [sys.executable, SUPPORT / "check_package_history.py", self.mart, "--log", self.log,
             "--status", self.status],
            check=True, stdout=subprocess.DEVNULL,
        )

    def test_every_row_of_the_mart_agrees_with_dpkgs_files(self):
        report = self.tasks(*self.TASKS)
        self.assert_mart_agrees()
        rows = sqlite3.connect(self.mart).execute("SELECT * FROM day_section ORDER BY 1, 2")
        self.assertEqual(rows.fetchall(), [
            ("2025-12-30", "libs", 1, 0, 0, 0),
            ("2025-12-31", "(gone)", 1, 0, 0, 1),
            ("2026-01-01", "(none)", 1, 0, 0, 0),
            ("2026-01-01", "libs", 0, 1, 0, 0),
            ("2026-01-01", "oldlibs", 0, 1, 0, 0),
            ("2026-01-02", "editors", 0, 0, 1, 0),
        ])
        self.assertIn("2 lines are not dpkg's", report)
        self.assertIn("7 changes on 4 days, from 2025-12-30 to 2026-01-02", report)

    def test_a_second_run_and_every_task_done_twice_change_nothing(self):
        self.tasks(*self.TASKS)
        for name in self.TASKS:
            self.tasks(name, name)
        self.assert_mart_agrees()
        self.run_number = 2
        self.tasks(*self.TASKS)
        self.assert_mart_agrees()

    def test_runs_at_once_do_not_meet(self):
        command = "for task in collect.sh 'parse.sh history' 'parse.sh packages' aggregate.sh " \
            "check-history.sh check-packages.sh publish.sh; do package-history/$task; done"
        runs = [
            subprocess.Popen(["sh", "-eu", "-c", command], cwd=SCHEDULES,
                             env=self.world(self.parameters, number), stdout=subprocess.DEVNULL,
                             stderr=subprocess.STDOUT)
            for number in range(1, 5)
        ]
        self.assertEqual([run.wait(timeout=60) for run in runs], [0, 0, 0, 0])
        self.assert_mart_agrees()

    def test_a_mart_that_lost_a_change_is_not_published(self):
        self.tasks(*self.TASKS[:4])
        with sqlite3.connect(self.work / "mart.db") as mart:
            mart.execute("UPDATE day_section SET upgraded = 0 WHERE section = 'libs'")
            mart.execute("DELETE FROM package WHERE name = 'nano'")
        self.assertIn("-2026-01-01 upgrade 2", self.tasks("check-history.sh", exit_code=1))
        self.assertIn("nothing is published", self.tasks("check-packages.sh", exit_code=1))
        self.assertFalse(self.mart.exists())

    def test_an_empty_log_gives_a_report_that_says_so(self):
        for path in self.home.glob("dpkg.log*"):
            path.unlink()
        report = self.tasks(*self.TASKS)
        self.assertIn("is empty or absent, as often in containers", report)
        self.assertIn("No change is on record", report)
        self.assertIn("oldlibs", report)
        self.assert_mart_agrees()

    def test_a_host_without_dpkg_is_named_as_such(self):
        self.status.unlink()
        self.assertIn("this is no host of dpkg's", self.tasks("collect.sh", exit_code=1))

    def test_a_broken_rotated_log_fails_the_collection(self):
        (self.home / "dpkg.log.3.gz").write_bytes(b"\x1f\x8b\x08\0broken")
        self.tasks("collect.sh", exit_code=1)
        self.assertFalse((self.work / "history.log").exists())


class SqliteBackup(Case):
    def setUp(self):
        super().setUp()
        self.database = self.home / "it's a base.db"
        self.parameters = {"database": str(self.database), "keep": "2"}
        with sqlite3.connect(self.database) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("""CREATE TABLE "odd ""name' | of one" (value)""")
            database.execute("CREATE TABLE number (value)")
            database.executemany("INSERT INTO number VALUES (?)", ((n,) for n in range(50_000)))
        database.close()
        name = str(self.database)[1:].replace("/", "-")
        self.folder = self.state / "sqlite-backup" / name
        self.copy = self.folder / ".copy-0a1b2c3d-1.db"

    def tasks(self, *names, **options):
        return "".join(
            self.script(f"sqlite-backup/{name}.sh", self.parameters, **options) for name in names
        )

    def backups(self):
        return sorted(self.folder.glob("[0-9]*.db"))

    def test_the_backup_has_the_rows_of_the_database(self):
        printed = self.tasks("copy", "verify", "keep")
        self.assertIn("intact, 50000 rows in 2 tables", printed)
        backup, = self.backups()
        rows = sqlite3.connect(backup).execute("SELECT count(*), sum(value) FROM number").fetchone()
        self.assertEqual(rows, (50_000, sum(range(50_000))))
        self.assertEqual([path.name for path in self.folder.glob(".*")], [])

    def test_the_counts_agree_while_others_write(self):
        writer = subprocess.Popen(
            ["sh", "-c", "while echo 'INSERT INTO number VALUES (1);'; do :; done |"
             " sqlite3 -cmd '.timeout 5000' \"$0\"", self.database],
            stderr=subprocess.DEVNULL, start_new_session=True,
        )
        try:
            watcher = sqlite3.connect(self.database)
            while watcher.execute("SELECT count(*) FROM number").fetchone()[0] == 50_000:
                self.assertIsNone(writer.poll())
            self.tasks("copy", "verify")
            self.assertIsNone(writer.poll())
        finally:
            os.killpg(writer.pid, 9)
            writer.wait()

    def test_only_the_newest_are_kept_and_a_task_done_twice_changes_nothing(self):
        for self.run_number in (1, 2, 3):
            self.tasks("copy", "copy", "verify", "verify", "keep", "keep")
            for backup in self.backups():
                older = backup.with_name("20200101T000000Z" + backup.name[16:])
                backup.rename(older)
        self.assertEqual([path.name[16:] for path in self.backups()],
                         ["-0a1b2c3d-2.db", "-0a1b2c3d-3.db"])

    def test_a_copy_with_other_rows_is_not_kept(self):
        self.tasks("copy")
        with sqlite3.connect(self.copy) as copy:
            copy.execute("DELETE FROM number WHERE value = 7")
        self.assertIn("has other rows", self.tasks("verify", exit_code=1))

    def test_a_damaged_copy_is_not_kept(self):
        self.tasks("copy")
        with open(self.copy, "r+b") as file:
            file.seek(8 * 4096)
            file.write(b"\xff" * 4096)
        self.assertIn("is damaged", self.tasks("verify", exit_code=1))

    def test_what_is_no_database_is_refused(self):
        self.parameters["database"] = str(self.home / "none.db")
        self.assertIn("there is no database", self.tasks("copy", exit_code=66))
        self.parameters["database"] = "relative.db"
        self.assertIn("give a path from the root", self.tasks("copy", exit_code=65))
        self.database.write_text("a text that is long enough to be read as a header" * 100)
        self.parameters["database"] = str(self.database)
        self.assertIn("not a database", self.tasks("copy", exit_code=1))
        self.parameters["keep"] = "0"
        self.assertIn("a number from 1 is wanted", self.tasks("keep", exit_code=65))


class DiskReport(Case):
    def test_a_limit_that_is_reached_fails_and_one_beyond_reach_does_not(self):
        for what in ("space", "inodes"):
            full = self.script(f"disk-report/table.sh {what} 0", {}, exit_code=1)
            self.assertIn("<-- FULL", full)
            self.assertIn("Mounted on", full)
            fine = self.script(f"disk-report/table.sh {what} 101", {})
            self.assertNotIn("FULL", fine)

    def test_a_limit_that_is_no_number_is_refused(self):
        for limit in ("", "x", "-1", "9.5", "'1 2'"):
            self.script(f"disk-report/table.sh space {limit or repr('')}", {}, exit_code=65)


class LogGrowth(Case):
    def setUp(self):
        super().setUp()
        self.logs = self.home / "logs"
        self.logs.mkdir()
        self.parameters = {"folder": str(self.logs), "rows": "5", "limit_mib": "1"}

    def look(self, exit_code=0):
        self.run_number += 1
        tables = "".join(self.script(f"log-growth/{task}", self.parameters)
                         for task in ("measure.sh", "report.sh largest", "report.sh grown"))
        return tables + self.script("log-growth/judge.sh", self.parameters, exit_code)

    def size(self, name, mebibytes):
        with open(self.logs / name, "ab") as file:
            file.truncate(int(mebibytes * 2**20))

    def test_what_grew_by_the_limit_fails_once_and_a_rotation_does_not(self):
        self.size("a.log", 4)
        self.size("b.log", 0.5)
        self.assertIn("this is the first look", self.look())
        self.size("b.log", 1.25)
        self.assertIn("no log grew by 1 MiB", self.look())
        (self.logs / "a.log").rename(self.logs / "a.log.1")
        self.size("a.log", 0)
        self.assertIn("no log grew by 1 MiB", self.look())
        self.size("b.log", 3000)          # more than 31 bits of bytes
        self.assertIn("b.log grew by 2998 MiB", self.look(exit_code=1))
        self.assertIn("no log grew by 1 MiB", self.look())

    def test_a_log_that_was_emptied_has_grown_by_what_is_in_it(self):
        self.size("a.log", 9)
        self.look()
        self.size("a.log", 2)
        self.assertIn("a.log grew by 2 MiB", self.look(exit_code=1))

    def test_the_largest_come_first_and_only_so_many_rows(self):
        for number in range(8):
            self.size(f"{number}.log", number)
        self.look()
        table = self.script("log-growth/report.sh largest", self.parameters).splitlines()
        self.assertEqual([line.split("/")[-1] for line in table[1:]],
                         ["7.log", "6.log", "5.log", "4.log", "3.log"])

    def test_a_judgement_made_twice_is_the_same(self):
        self.size("a.log", 0)
        self.look()
        self.size("a.log", 2)
        self.look(exit_code=1)
        self.script("log-growth/judge.sh", self.parameters, exit_code=1)

    def test_an_absent_folder_is_refused(self):
        self.parameters["folder"] = str(self.home / "nowhere")
        self.script("log-growth/measure.sh", self.parameters, exit_code=66)


if __name__ == "__main__":
    unittest.main()
