"""Whose bytes a program consists of, by the map that its linker has written (`-Map`).

The map tells of each piece of each section which object it came from. A symbol (`nm --size-sort`) does not:
its name is no archive's, and what has none, as texts and tables of unwinding, is missed. Read are the maps of
gold, which Swift uses on Linux, and of lld.
"""

import collections
import pathlib
import re

LINKER = "what the linker makes"
# Takes memory and no bytes of the file.
EMPTY = (".bss", ".tbss", ".relro_padding")

GOLD_START = "Memory map"
GOLD_PIECE = re.compile(r"\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)(?: (.*))?$")
LLD_START = re.compile(r"\s+VMA\s+LMA\s+Size\s+Align\s+Out\s+In\s+Symbol$")
LLD_LINE = re.compile(r"\s*([0-9a-f]+)\s+[0-9a-f]+\s+([0-9a-f]+)\s+\d+ ( *)(\S.*)$")


class NoMap(Exception):
    pass


class Sizes:
    """Bytes by section and by object, of what is loaded: what strip(1) leaves. The rest, symbols and
    debugging information, has no address, and is in `unloaded` by section."""

    def __init__(self):
        self.sections = collections.Counter()
        self.objects = collections.Counter()
        self.unloaded = collections.Counter()
        # Before the first section are the file's headers.
        self.counts = True

    def section(self, name, address, size):
        """Begins a section. In one that is not loaded its pieces' addresses are offsets."""
        self.counts = address != 0 and name not in EMPTY
        if name not in EMPTY:
            (self.sections if address else self.unloaded)[name] += size

    def piece(self, size, name):
        if self.counts:
            self.objects[name] += size


def parsed(lines):
    """The sizes that a map tells."""
    lines = iter(lines)
    for line in lines:
        if line.startswith(GOLD_START):
            return gold(lines)
        if LLD_START.match(line):
            return lld(lines)
    raise NoMap("neither gold nor lld has written this map: linkmap.py has to learn its form")


def gold(lines):
    """A section's name stands at the margin, a piece's after a space; a long name has a line of its own,
    a symbol an address alone. ` ** ` begins what the linker makes."""
    sizes, section, name = Sizes(), "", ""
    for line in lines:
        line = line.rstrip("\n")
        if not line:
            continue
        if not line[0].isspace():
            section = name = line.split(maxsplit=1)[0]
            found = GOLD_PIECE.match(line[len(name):])
        elif line.startswith(" ") and not line.startswith("  "):
            name = line[1:]
            found = GOLD_PIECE.search(line)
        else:
            found = GOLD_PIECE.match(line)
        if not found or not name:
            continue
        address, size = int(found[1], 16), int(found[2], 16)
        if name == section and not found[3]:
            sizes.section(section, address, size)
        else:
            sizes.piece(size, found[3] or LINKER)
        name = ""
    return sizes


def lld(lines):
    """Three columns after the numbers, told by their indentation: section, piece, symbol."""
    sizes = Sizes()
    for line in lines:
        found = LLD_LINE.match(line.rstrip("\n"))
        if not found:
            continue
        address, size, depth = int(found[1], 16), int(found[2], 16), len(found[3])
        if depth == 0:
            sizes.section(found[4], address, size)
        elif depth == 8:
            name = re.sub(r":\([^()]*\)$", "", found[4])
            sizes.piece(size, LINKER if name == "<internal>" else name)
    return sizes


# Objects and their modules


def module_of(path):
    """(origin, module) of an object: of SwiftPM's `NAME.build/`, or of an archive `libNAME.a(...)`."""
    if path == LINKER:
        return "linker", LINKER
    parts = pathlib.PurePosixPath(path.partition("(")[0]).parts
    for part in parts[:-1]:
        if part.endswith(".build") and part != ".build":
            return "packages", part.removesuffix(".build")
    swift = any(part in ("swift_static", "swift") for part in parts[:-1])
    name = parts[-1]
    if name.endswith(".a"):
        name = name.removeprefix("lib").removesuffix(".a")
    return ("Swift" if swift else "host"), name


def by_module(objects, own=()):
    """Bytes by (origin, module); `own` are the names of the modules of the tree itself."""
    modules = collections.Counter()
    for path, size in objects.items():
        origin, module = module_of(path)
        modules["Flower" if origin == "packages" and module in own else origin, module] += size
    return modules
