"""What is read of linkers' maps and compilers' times, and how the two sides are shown together."""

import pathlib
import tempfile
import unittest

import compilers
import harness
import linkmap
import size
from size import Side

GOLD = """\
Archive member included because of file (symbol)

/opt/lib/libswiftCore.a(Swift.o)
                              /t/Leaf.build/leaf.swift.o ($ss6HasherV)
Discarded input sections

 .text.unused   0x0000000000000000      0x999 /t/.build/release/Leaf.build/leaf.swift.o

Memory map

 ** file header
                0x0000000000400000       0x40

.interp         0x00000000004002a8       0x1c
 ** fill        0x00000000004002a8       0x1c

.note.gnu.property
                0x00000000004002c8       0x20
 ** note header
                0x00000000004002c8       0x10

.text           0x000000000040a3c0      0x300
 .text.main     0x000000000040a3c0      0x100 /t/.build/release/Leaf.build/leaf.swift.o
                0x000000000040a3c0                main
 .text.unlikely.$ss9_isUniqueySbxzlF
                0x000000000040a4c0      0x1f0 /opt/swift/usr/lib/swift_static/linux/libswiftCore.a(Swift.o)
                0x000000000040a4c0                $ss9_isUniqueySbxzlF
 ** fill        0x000000000040a6b0       0x10

.bss            0x00000000034f0000    0x92580
 .bss           0x00000000034f0000    0x92580 /t/.build/release/Leaf.build/leaf.swift.o

.debug_info     0x0000000000000000      0x300
 .debug_info    0x0000000000000000      0x100 /t/.build/release/Leaf.build/leaf.swift.o
 .debug_info    0x0000000000000100      0x200 /t/.build/release/Leaf.build/leaf.swift.o

.symtab         0x0000000000000000     0x2000
"""

LLD = """\
             VMA              LMA     Size Align Out     In      Symbol
          2002e0           2002e0       1c     1 .interp
          2002e0           2002e0       1c     1         <internal>:(.interp)
          40a3c0           40a3c0      2f0    16 .text
          40a3c0           40a3c0      100    16         /t/.build/release/Leaf.build/leaf.swift.o:(.text.main)
          40a3c0           40a3c0      100     1                 main
          40a4c0           40a4c0      1f0    16         /opt/swift/usr/lib/swift_static/linux/libswiftCore.a(Swift.o):(.text)
         34f0000          34f0000    92580    64 .bss
         34f0000          34f0000    92580    64         /t/.build/release/Leaf.build/leaf.swift.o:(.bss)
               0                0      300     1 .debug_info
               0                0      100     1         /t/.build/release/Leaf.build/leaf.swift.o:(.debug_info)
             100              100      200     1         /t/.build/release/Leaf.build/leaf.swift.o:(.debug_info)
               0                0     2000     8 .symtab
               0                0     2000     8         <internal>:(.symtab)
"""

LEAF = "/t/.build/release/Leaf.build/leaf.swift.o"
CORE = "/opt/swift/usr/lib/swift_static/linux/libswiftCore.a(Swift.o)"


class Maps(unittest.TestCase):
    def test_golds_map_gives_each_piece_to_its_object(self):
        found = linkmap.parsed(GOLD.splitlines(keepends=True))
        self.assertEqual(found.sections, {".interp": 0x1c, ".note.gnu.property": 0x20, ".text": 0x300})
        self.assertEqual(found.objects, {LEAF: 0x100, CORE: 0x1f0,
                                         linkmap.LINKER: 0x40 + 0x1c + 0x10 + 0x10})
        self.assertEqual(found.unloaded, {".debug_info": 0x300, ".symtab": 0x2000})

    def test_llds_map_gives_the_same(self):
        found = linkmap.parsed(LLD.splitlines(keepends=True))
        self.assertEqual(found.sections, {".interp": 0x1c, ".text": 0x2f0})
        self.assertEqual(found.objects, {LEAF: 0x100, CORE: 0x1f0, linkmap.LINKER: 0x1c})
        self.assertEqual(found.unloaded, {".debug_info": 0x300, ".symtab": 0x2000})

    def test_another_linkers_map_is_refused(self):
        for text in ("", "Merging program properties\n\nLinker script\n"):
            with self.assertRaisesRegex(linkmap.NoMap, "neither gold nor lld"):
                linkmap.parsed(text.splitlines())

    def test_the_map_of_a_real_link_adds_up_to_what_strip_leaves(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            source = "const char big[50000] = {1};\nint main(void) { return big[9]; }\n"
            (folder / "a.c").write_text(source, encoding="utf-8")
            harness.run([harness.compiler(), "-g", "-fuse-ld=gold", f"-Wl,-Map={folder}/map",
                         "-o", folder / "a", folder / "a.c"])
            harness.run(["strip", "-o", folder / "stripped", folder / "a"])
            with open(folder / "map", encoding="utf-8") as lines:
                found = linkmap.parsed(lines)
            stripped = (folder / "stripped").stat().st_size
        loaded = sum(found.sections.values())
        # The rest is the headers of the sections, their names, and what aligns segments to pages.
        self.assertLess(loaded, stripped)
        self.assertLess(stripped - loaded, 12_000)
        # Of the modules too, but for the file's headers and what aligns one piece to the next.
        self.assertLess(abs(sum(found.objects.values()) - loaded), 2_000)
        own = [size for name, size in found.objects.items() if name.endswith(".o") and "/crt" not in name]
        self.assertGreaterEqual(max(own), 50_000)

    def test_an_object_is_of_the_module_whose_folder_or_archive_it_is_in(self):
        for path, module in [
            (LEAF, ("packages", "Leaf")),
            ("/t/.build/x86_64/release/CNIOBoringSSL.build/crypto/a.cc.o", ("packages", "CNIOBoringSSL")),
            (CORE, ("Swift", "swiftCore")),
            ("/opt/swift/usr/lib/swift_static/linux/lib_FoundationICU.a(x.o)", ("Swift", "_FoundationICU")),
            ("/opt/swift/usr/lib/swift_static/linux/x86_64/swiftrt.o", ("Swift", "swiftrt.o")),
            ("/t/.build/archives/libstdc++.a(new.o)", ("host", "stdc++")),
            ("/lib/x86_64-linux-gnu/crt1.o", ("host", "crt1.o")),
            (linkmap.LINKER, ("linker", linkmap.LINKER)),
        ]:
            with self.subTest(path=path):
                self.assertEqual(linkmap.module_of(path), module)
        found = linkmap.by_module({LEAF: 1, "/t/Leaf.build/b.o": 2, "/t/Yams.build/c.o": 4}, {"Leaf"})
        self.assertEqual(found, {("Flower", "Leaf"): 3, ("packages", "Yams"): 4})


class Compilers(unittest.TestCase):
    LINES = [
        "1.000 2.000 0.300 0.100\t/opt/swiftc\t-print-target-info",
        "5.000 9.000 6.500 0.500\t/opt/swiftc\t-module-name\tLeaf\t-emit-dependencies",
        "4.000 4.500 0.250 0.050\t/opt/clang\t-O2\t-c\ta.c\t-o\t/t/.build/release/CThing.build/a.c.o",
        "4.500 5.500 0.250 0.050\t/opt/clang\t-O2\t-c\tb.c\t-o\t/t/.build/release/CThing.build/x/b.c.o",
        "9.000 12.00 2.000 1.000\t/opt/swiftc\t-o\t/t/flower\t-module-name\tflower\t-emit-executable",
    ]

    def test_each_compilers_seconds_are_its_modules(self):
        steps = [compilers.step(line) for line in self.LINES]
        found = compilers.seconds_by_module(steps)
        rounded = {name: round(seconds, 3) for name, seconds in found.items()}
        self.assertEqual(rounded, {compilers.ASKING: 0.4, "Leaf": 7, "CThing": 0.6, compilers.LINKING: 3})

    def test_the_span_is_of_compiling_alone(self):
        steps = [compilers.step(line) for line in self.LINES]
        self.assertEqual(compilers.span(steps), (4, 12))
        self.assertIsNone(compilers.span(steps[:1]))

    def test_a_command_that_is_timed_ends_as_it_does_and_leaves_a_line(self):
        with tempfile.TemporaryDirectory() as folder:
            timed, log = f"{folder}/timed", f"{folder}/log"
            harness.run([harness.compiler(), "-o", timed, harness.FLOORS / "timed.c"])
            for command, code in [("exit 3", 3), ("kill -9 $$", 137), ("exit 0", 0)]:
                with self.subTest(command=command):
                    ended = 0
                    try:
                        harness.run([timed, log, "sh", "-c", command, "-module-name", "M"])
                    except harness.BenchError as error:
                        ended = error.code
                    self.assertEqual(ended, code)
            lines = pathlib.Path(log).read_text(encoding="utf-8").splitlines()
        self.assertEqual([compilers.step(line).module for line in lines], ["M"] * 3)


class Sides(unittest.TestCase):
    BASE = Side("old", {"make build, wall": 400.0}, {"NIO": 90.0, "Leaf": 4.0, "A": 0.1, "B": 0.2},
                {"as built": 10_000_000, "stripped": 5_000_000}, {".text": 4_000_000}, {},
                {"packages: NIO": 3_000_000, "Flower: Leaf": 1_000_000, "host: gcc": 1_000})
    THIS = Side("new", {"make build, wall": 200.0}, {"Leaf": 5.0, "Curl": 1.0},
                {"as built": 8_000_000, "stripped": 2_000_000}, {".text": 1_500_000}, {},
                {"Flower: Leaf": 1_000_000, "Flower: Curl": 500_000})

    def lines(self, sides, everything=False):
        return [" ".join(line.split()) for line in size.table(size.table_rows(sides, everything), sides)]

    def test_both_are_beside_each_other_and_what_one_has_not_is_told(self):
        lines = self.lines({"base": self.BASE, "this": self.THIS})
        self.assertEqual(lines[0], "base this ratio")
        for line in ["s make build, wall 400.00 200.00 0.50", "s, processor NIO 90.00 - gone",
                     "Leaf 4.00 5.00 1.25", "Curl - 1.00 new", "all compilers 94.30 6.00 0.06",
                     "MB as built 10.00 8.00 0.80", "stripped 5.00 2.00 0.40",
                     "MB by module packages: NIO 3.00 - gone", "Flower: Curl - 0.50 new",
                     "all modules 4.00 1.50 0.37"]:
            self.assertIn(line, lines)

    def test_what_is_small_is_added_up_unless_all_is_asked_for(self):
        sides = {"base": self.BASE, "this": self.THIS}
        self.assertIn("others (2) 0.30 0.00 0.00", self.lines(sides))
        self.assertIn("A 0.10 - gone", self.lines(sides, everything=True))
        self.assertNotIn("A 0.10 - gone", self.lines(sides))

    def test_a_build_that_was_ended_is_not_compared(self):
        ended = Side("new", {"until it was ended": 30.0}, {"Leaf": 5.0})
        lines = self.lines({"base": self.BASE, "this": ended})
        self.assertIn("Leaf 4.00 5.00", lines)
        self.assertIn("MB as built 10.00 -", lines)
        self.assertFalse([line for line in lines if line.endswith(("gone", "new"))])

    def test_alone_a_side_has_no_ratio(self):
        lines = self.lines({"this": self.THIS})
        self.assertEqual(lines[0], "this")
        self.assertIn("s, processor Leaf 5.00", lines)

    def test_a_side_is_kept_and_read_back_and_a_spoilt_one_is_none(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            self.assertIsNone(Side.load(folder))
            self.BASE.save(folder)
            self.assertEqual(Side.load(folder), self.BASE)
            (folder / size.RESULT).write_text('{"title": "half of')
            self.assertIsNone(Side.load(folder))
            (folder / size.RESULT).write_text('{"of_an_older_form": 1}')
            self.assertIsNone(Side.load(folder))


if __name__ == "__main__":
    unittest.main()
