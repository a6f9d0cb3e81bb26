"""Worktrees of a real repository: built once, kept, and removed whatever happens."""

import contextlib
import io
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import commits

HERE = pathlib.Path(__file__).resolve().parent
MAKEFILE = """\
build:
\t@echo built >> ../../../../builds
\tmkdir -p .build/release
\tcp Package.resolved program .build/release
\tcp program .build/release/flower
"""


class Commits(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name).resolve()
        self.git("init", "-q")
        ignored = ".build\nbuilds\n*.resolved\n"
        for name, text in [("Makefile", MAKEFILE), ("program", "first"), (".gitignore", ignored)]:
            (self.root / name).write_text(text)
        self.first = self.commit("the first")
        (self.root / "program").write_text("second")
        self.second = self.commit("the second")
        (self.root / "Package.resolved").write_text("pins")

    def git(self, *words):
        person = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *person, *words], cwd=self.root, check=True, stdout=subprocess.DEVNULL)

    def commit(self, subject):
        self.git("add", "--all")
        self.git("commit", "-q", "-m", subject)
        return commits.git(self.root, "rev-parse", "HEAD").stdout.strip()

    def program_of(self, sha):
        with contextlib.redirect_stderr(io.StringIO()) as told:
            # Any program that has a --version is a toolchain here.
            program = commits.program_of(sha, self.root, sys.executable)
        return program.read_text(), told.getvalue()

    def builds(self):
        file = self.root / "builds"
        return len(file.read_text().splitlines()) if file.exists() else 0

    def worktrees(self):
        return len(commits.git(self.root, "worktree", "list").stdout.splitlines()) - 1

    def test_a_commit_is_found_by_any_of_its_names(self):
        for name in (self.first, self.first[:8], "HEAD~1"):
            self.assertEqual(commits.commit_of(name, self.root), self.first)

    def test_a_commit_that_is_not_there_is_told(self):
        for name in ("nosuch", "HEAD~9", "--all", "", "HEAD:program"):
            with self.subTest(name=name):
                with self.assertRaisesRegex(commits.NoSuchCommit, "there is no commit"):
                    commits.commit_of(name, self.root)
        with tempfile.TemporaryDirectory(dir=self.root) as folder:
            with self.assertRaisesRegex(commits.NoSuchCommit, "is no git repository"):
                commits.commit_of("HEAD", pathlib.Path(folder))

    def test_the_scripts_end_with_66_before_anything_is_built(self):
        for script, words in [("commits.py", []), ("size.py", ["--base-commit"]),
                              ("bench.py", ["--flower", "/bin/true", "--base-commit"])]:
            with self.subTest(script=script):
                done = subprocess.run([sys.executable, "-B", HERE / script, *words, "no such commit"],
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                self.assertEqual(done.returncode, 66, done.stderr)
                self.assertNotIn("Traceback", done.stderr)

    def test_a_commit_is_built_once_with_its_own_files_and_this_trees_pins(self):
        self.assertEqual(self.program_of(self.first)[0], "first")
        text, told = self.program_of(self.first)
        self.assertEqual((text, self.builds(), self.worktrees()), ("first", 1, 0))
        self.assertIn("built already", told)
        self.assertEqual(self.program_of(self.second)[0], "second")
        self.assertEqual(self.builds(), 2)

    def test_what_another_compiler_has_built_is_built_again(self):
        self.program_of(self.first)
        built = commits.folder_of(self.first, self.root) / "built.json"
        built.write_text('{"swift": "an older one"}')
        self.program_of(self.first)
        self.assertEqual(self.builds(), 2)

    def test_a_build_that_fails_shows_its_end_and_leaves_no_worktree(self):
        (self.root / "Makefile").write_text("build:\n\t@echo 'a.swift:3: error'; exit 1\n")
        sha = self.commit("broken")
        with self.assertRaisesRegex(commits.BuildFailed, "(?s)make build ended with 2; .*a.swift:3: error"):
            self.program_of(sha)
        self.assertEqual((self.worktrees(), self.builds()), (0, 0))
        self.assertFalse((commits.folder_of(sha, self.root) / "tree").exists())

    def test_an_interrupted_build_is_ended_whole_and_leaves_no_worktree(self):
        self.assertEqual(commits.session_of(os.getpid()), os.getsid(0))
        # As a compiler whose make and SwiftPM have ended before it.
        (self.root / "Makefile").write_text(
            "build:\n\t@sh -c 'trap \"\" HUP INT TERM; echo $$$$; exec sleep 600' & wait\n")
        sha = self.commit("endless")
        lines = []

        class Interrupting(commits.Progress):
            def show(self, line, seconds):
                if line.strip().isdigit():
                    lines.append(line)
                    raise KeyboardInterrupt
        shown, commits.Progress = commits.Progress, Interrupting
        try:
            with self.assertRaises(KeyboardInterrupt):
                self.program_of(sha)
        finally:
            commits.Progress = shown
        self.assertEqual(self.worktrees(), 0)
        self.assertIsNone(commits.session_of(int(lines[0])))

    def test_a_worktree_that_a_killed_run_has_left_is_no_hindrance(self):
        tree = commits.folder_of(self.first, self.root) / "tree"
        tree.parent.mkdir(parents=True)
        self.git("worktree", "add", "-q", "--detach", str(tree), self.first)
        self.assertEqual(self.program_of(self.first)[0], "first")
        tree.mkdir()
        (tree / "left").touch()
        with commits.worktree(self.second, tree, self.root):
            self.assertFalse((tree / "left").exists())

    def test_this_tree_is_copied_with_what_is_changed_and_new_and_without_what_is_ignored(self):
        (self.root / "program").write_text("changed")
        (self.root / "new").write_text("new")
        (self.root / ".gitignore").unlink()
        (self.root / ".gitignore").symlink_to("nowhere")
        (self.root / "Makefile").unlink()
        (self.root / ".git/info/exclude").write_text("ignored\nPackage.resolved\n")
        (self.root / "ignored").touch()
        with commits.copied(self.root / ".git/copy", self.root) as tree:
            names = {path.name for path in tree.iterdir()}
            self.assertEqual(names, {"program", "new", ".gitignore", "Package.resolved"})
            self.assertEqual((tree / "program").read_text(), "changed")
        self.assertFalse(tree.exists())
        self.assertRegex(commits.described(self.root),
                         r"the second, with 4 changed files \(.gitignore, Makefile, program, \.\.\.\)")

    def test_a_tree_without_changes_is_only_named(self):
        self.assertEqual(commits.described(self.root), f"{self.second[:7]} the second")


class Steps(unittest.TestCase):
    def test_off_a_terminal_a_line_is_shown_now_and_then(self):
        to = io.StringIO()
        progress = commits.Progress("base", to)
        for seconds, line in [(0, "one"), (5, "two"), (29, "three"), (31, "four"), (62, "five")]:
            progress.show(line, seconds)
        self.assertEqual(to.getvalue(), "[   0 s] base: one\n[  31 s] base: four\n[  62 s] base: five\n")


if __name__ == "__main__":
    unittest.main()
