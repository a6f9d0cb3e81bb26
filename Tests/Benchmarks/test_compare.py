"""How two programs are compared: pairs, medians, marks, and what a base cannot do.

    python3 -m unittest discover --start-directory Tests/Benchmarks
"""

import contextlib
import dataclasses
import io
import pathlib
import tempfile
import unittest

import compare
import harness
import schedulers
from harness import BenchError, Case, Contender, Cost


def costs(*seconds):
    return [Cost(value, value / 2, 10 * value, 0) for value in seconds]


class Rows(unittest.TestCase):
    def test_the_ratio_is_the_median_of_the_rounds_ratios_not_the_ratio_of_medians(self):
        # The machine was ten times as slow in the third round, for both.
        found = compare.row("cold", "ms", costs(1, 2, 30), costs(2, 2, 10))
        self.assertEqual((found.base, found.this), (2000, 2000))
        self.assertEqual(found.ratio, 1)
        found = compare.row("cold", "ms", costs(1, 10, 2), costs(2, 20, 1))
        self.assertEqual(found.ratio, 0.5)

    def test_each_measure_reads_its_own_figure(self):
        cost = Cost(1, 2, 3, 4, 5, 6)
        told = {name: value(cost) for name, value in compare.MEASURES.items()}
        self.assertEqual(told, {"ms": 1000, "CPU ms": 2000, "RSS MiB": 3, "PSS MiB": 5,
                                "anonymous MiB": 6})

    def test_a_round_without_its_other_half_is_no_pair(self):
        with self.assertRaises(ValueError):
            compare.row("cold", "ms", costs(1, 2), costs(1))

    def test_nothing_is_divided_by_nothing(self):
        self.assertEqual(compare.row("idle", "CPU ms", costs(0), costs(0)).ratio, 1)
        self.assertEqual(compare.row("idle", "CPU ms", costs(1), costs(0)).ratio, float("inf"))

    def test_the_interval_is_of_ranks_and_the_range_where_there_are_few(self):
        for rounds, lowest, highest in [
            (1, 0, 0), (5, 0, 4),
            # 2 * (1/2)^6 = 0.03: the range is the interval.
            (6, 0, 5),
            # The table of the sign test: with 9 rounds one may be left out on either side, with 18 four.
            (9, 1, 7), (18, 4, 13), (50, 17, 32),
        ]:
            with self.subTest(rounds=rounds):
                values = list(reversed(range(rounds)))
                self.assertEqual(compare.interval(values), (lowest, highest))

    def test_what_is_below_the_limit_is_marked_and_told_how_sure_that_is(self):
        for base, this, mark in [
            ([0.97] * 6, [1] * 6, ""),
            ([0.96] * 6, [1] * 6, "below 0.97"),
            ([1.04] * 6, [1] * 6, ""),
            # Half of them is quicker: chance.
            ([0.9, 0.9, 0.9, 0.9, 1.2, 1.2], [1] * 6, "below 0.97, unsure"),
            ([0.5] * 5, [1] * 5, "below 0.97, of few rounds"),
        ]:
            with self.subTest(base=base):
                self.assertEqual(compare.row("x", "ms", costs(*base), costs(*this)).mark, mark)


class Tables(unittest.TestCase):
    def test_a_case_without_figures_has_its_reason_and_decides_the_exit_code(self):
        quick = compare.row("cold", "ms", costs(2), costs(1))
        slow = compare.row("chain", "ms", costs(*[1] * 6), costs(*[2] * 6))
        lacks = compare.Untold("new", "the base cannot do this: no such command", False)
        failed = compare.Untold("fan", "this cannot be measured: exit 1", True)
        for rows, told, code in [
            ([quick], "nothing is below 0.97", 0),
            ([quick, slow], "below 0.97: chain (ms)", 0),
            ([quick, lacks], "nothing is below 0.97; not in the base: new", 0),
            ([slow, lacks, failed],
             "below 0.97: chain (ms); not in the base: new; not measured: fan", 1),
        ]:
            with self.subTest(told=told):
                self.assertEqual(compare.summary(rows), (told, code))
        lines = list(compare.table([quick, slow, lacks]))
        self.assertRegex(lines[0], r"^case +base +this +ratio +19 of 20$")
        self.assertRegex(lines[2], r"^cold +ms +2000\.00 +1000\.00 +2\.00 +2\.00 to 2\.00$")
        self.assertRegex(lines[4], r"^chain +ms .* 0\.50 +0\.50 to 0\.50  below 0\.97$")
        self.assertRegex(lines[6], r"^new +the base cannot do this: no such command$")


class Turns(unittest.TestCase):
    """Cases whose contenders note that they have run, and are not timed."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.ran, self.places = [], []

    def bench(self, name):
        return harness.Bench(name, {}, 1)

    def make(self, failing=None, code=None):
        def made(bench):
            def prepare(folder):
                self.places.append((bench.flower, folder.parent))
                if bench.flower == failing:
                    raise BenchError("flower new: exit\nflower: there is no command 'new'\n", code)
                return ["unused"], lambda: self.ran.append(bench.flower)

            def look(_, __):
                return Cost(1, 1, 1, 0)
            return Case("made up", 1, [Contender("flower", prepare, look=look)], rounds=2)
        return made

    def compared(self, make, rounds=None):
        with contextlib.redirect_stderr(io.StringIO()):
            return compare.compared("case", make, self.bench("old"), self.bench("new"), rounds,
                                    self.root)

    def test_both_run_in_each_round_and_either_goes_first_as_often(self):
        self.compared(self.make())
        self.assertEqual(self.ran, ["old", "new", "new", "old"] * 2)

    def test_the_rounds_that_were_asked_for_are_run(self):
        self.compared(self.make(), rounds=3)
        self.assertEqual(len(self.ran), 6)

    def test_each_program_has_a_place_of_its_own_and_leaves_no_round_behind(self):
        self.compared(self.make())
        places = {name: {place for who, place in self.places if who == name}
                  for name in ("old", "new")}
        self.assertEqual([len(found) for found in places.values()], [1, 1])
        self.assertTrue(places["old"].isdisjoint(places["new"]))
        self.assertEqual([list(place.iterdir()) for _, place in self.places], [[]] * 8)

    def test_what_the_base_has_not_is_told_and_no_failure(self):
        for failing, code, reason, is_failure in [
            ("old", 64, "the base cannot do this: flower: there is no command 'new'", False),
            ("old", 65, "the base cannot do this: flower: there is no command 'new'", False),
            ("old", 1, "base cannot be measured: flower new: exit\n", True),
            ("new", 64, "this cannot be measured: flower new: exit\n", True),
        ]:
            with self.subTest(failing=failing, code=code):
                (found,) = self.compared(self.make(failing, code))
                self.assertTrue(found.reason.startswith(reason), found.reason)
                self.assertEqual(found.is_failure, is_failure)

    def test_a_database_of_another_form_is_told_of_the_program_that_made_it(self):
        def made(bench):
            case = self.make()(bench)

            def prepare(folder):
                (folder / "state").mkdir()
                if bench.flower == "old":
                    import graphs
                    graphs.check_succeeded(folder / "state", 3)
                return ["unused"], harness.nothing
            return dataclasses.replace(case, contenders=[
                dataclasses.replace(case.contenders[0], prepare=prepare)])
        (found,) = self.compared(made)
        self.assertRegex(found.reason, "^base cannot be measured: the database is another one")


class Memory(unittest.TestCase):
    def test_the_kernels_sums_are_read_in_mib(self):
        text = ("5652fd1b5000-7fff3bf7a000 ---p 00000000 00:00 0      [rollup]\n"
                "Rss:               40960 kB\nPss:               20480 kB\n"
                "Pss_Anon:            100 kB\nAnonymous:          1024 kB\n")
        found = schedulers.parsed_memory(text)
        self.assertEqual((found["Rss"], found["Pss"], found["Anonymous"]), (40, 20, 1))


if __name__ == "__main__":
    unittest.main()
