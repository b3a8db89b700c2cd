"""Goroutines of leash in gdb: of a live process and of a core file, in a release build without debug information.

  (gdb) source leash.py
  (gdb) info goroutines            where each of them stands; with a text behind it, only the lines that have it
  (gdb) goroutine 7 bt             the stack of one, and where it was started; "all" instead of a number: of each

The program needs its symbols, not more: it must not be stripped. docs/debugging-gdb.md has the rest.
"""

import struct
import time

import gdb

# struct debug_layout of src/sched/debug_layout.cpp, field by field, each of eight bytes.
FIELDS = ("version", "records", "record_count", "record_size", "word", "reason", "home", "top", "id", "creator", "created_at",
          "born", "resumed", "moment_unit", "virtual_time", "parent", "where", "file", "function", "line", "reason_count", "reasons")
KNOWN_VERSION = 1
RECORDS_AT_ONCE = 256
MOST_FRAMES = 100_000  # of one goroutine: a damaged core file may have a ring
LONGEST_TEXT = 4096
PAGE = 4096
STATES = ("dead", "running", "waiting", "runnable")
RUNNING, WAITING = 1, 2


class Memory:
    """The memory of the program: integers, and texts that end with a zero."""

    def __init__(self):
        self.inferior = gdb.selected_inferior()

    def bytes(self, address, size):
        return bytes(self.inferior.read_memory(address, size))

    def pointer(self, address):
        return struct.unpack("<Q", self.bytes(address, 8))[0]

    def text(self, address):
        found = b""
        while len(found) < LONGEST_TEXT:
            # Never beyond the page: the next one may not be there.
            piece = self.bytes(address, min(64, PAGE - address % PAGE))
            end = piece.find(b"\0")
            if end >= 0:
                return (found + piece[:end]).decode(errors="replace")
            found += piece
            address += len(piece)
        return found.decode(errors="replace")


class Place:
    """A line of the program: what std::source_location tells."""

    def __init__(self, file, line, function):
        self.file = file
        self.line = line
        self.function = function

    def __str__(self):
        return f"{self.function} at {self.file}:{self.line}"


class Goroutine:
    def __init__(self, number, creator, state, top, created_at, age, since):
        self.number = number
        self.creator = creator
        self.state = state
        self.top = top
        self.created_at = created_at
        self.age = age  # seconds; None: not known
        self.since = since  # likewise, since it last got to run


class Program:
    """The program that is looked at: a process that gdb has stopped, or a core file."""

    def __init__(self):
        try:
            layout = int(gdb.parse_and_eval("(unsigned long) &leash_debug_layout"))
        except gdb.error as why:
            raise gdb.GdbError("There is no symbol leash_debug_layout: the program is stripped, or it does not use leash. "
                               "Give gdb the program as it was linked, before strip.") from why
        if not gdb.selected_inferior().threads():
            raise gdb.GdbError("There is no process and no core file to look at: say run, attach PID or core-file FILE first.")
        self.memory = Memory()
        self.places = {0: Place("an unknown place", 0, "unknown")}
        try:
            values = struct.unpack(f"<{len(FIELDS)}Q", self.memory.bytes(layout, 8 * len(FIELDS)))
        except gdb.MemoryError as why:
            raise gdb.GdbError("The core file does not have leash_debug_layout: it was cut off, or is of another program.") from why
        self.at = dict(zip(FIELDS, values))
        if self.at["version"] == 0:
            raise gdb.GdbError("The program has not made a runtime yet: there are no goroutines.")
        if self.at["version"] != KNOWN_VERSION:
            raise gdb.GdbError(f"The program was built with another version of leash (layout {self.at['version']}, and this is for "
                               f"{KNOWN_VERSION}): use the leash.py that came with it.")
        # In a core file nothing tells how late it was.
        connection = getattr(gdb.selected_inferior(), "connection", None)
        self.now = time.monotonic_ns() if connection is not None and connection.type == "native" else None
        self.homes = {}
        reasons = self.at["reasons"]
        self.reasons = [self.memory.text(self.memory.pointer(reasons + 8 * i)) for i in range(self.at["reason_count"])]

    def goroutines(self):
        """All that are alive, in the order of their records."""
        count = struct.unpack("<I", self.memory.bytes(self.at["record_count"], 4))[0]
        size = self.at["record_size"]
        for first in range(0, count, RECORDS_AT_ONCE):
            here = min(RECORDS_AT_ONCE, count - first)
            try:
                records = self.memory.bytes(self.at["records"] + first * size, here * size)
            except gdb.MemoryError as why:
                raise gdb.GdbError(f"The core file was cut off: it has {first} of {count} records of goroutines.") from why
            for start in range(0, len(records), size):
                found = self.goroutine(records, start)
                if found is not None:
                    yield found

    def goroutine(self, records, start):
        def pointer(field):
            return struct.unpack_from("<Q", records, start + self.at[field])[0]

        state = pointer("word") & 3
        # A record without a runtime is a plain thread's.
        if state == 0 or pointer("home") == 0:
            return None
        reason = records[start + self.at["reason"]]
        if state == WAITING:
            text = self.reasons[reason] if reason < len(self.reasons) else "unknown"
        else:
            text = STATES[state]
        age, since = (self.seconds_since(struct.unpack_from("<I", records, start + self.at[field])[0], pointer("home"))
                      for field in ("born", "resumed"))
        return Goroutine(pointer("id"), pointer("creator"), text, pointer("top"), pointer("created_at"), age, since)

    def seconds_since(self, moment, home):
        """None where that cannot be known. Moments take four bytes and go round after two years."""
        if home not in self.homes:
            self.homes[home] = self.memory.bytes(home + self.at["virtual_time"], 1) != b"\0"
        if self.now is None or self.homes[home]:
            return None
        units = (self.now // self.at["moment_unit"] - moment) % (1 << 32)
        return units * self.at["moment_unit"] / 1e9 if units < 1 << 31 else 0.0

    def place(self, address):
        """What stands where a std::source_location points to; it is never freed."""
        if address not in self.places:
            try:
                line = struct.unpack("<I", self.memory.bytes(address + self.at["line"], 4))[0]
                texts = [self.memory.text(self.memory.pointer(address + self.at[field])) for field in ("file", "function")]
                self.places[address] = Place(texts[0], line, clean(texts[1]))
            except gdb.MemoryError:
                self.places[address] = Place("a place that cannot be read", 0, "unknown")
        return self.places[address]

    def stack(self, goroutine):
        """Where each of its tasks is suspended, innermost first. Of one that runs, the innermost is where it last was."""
        frame = goroutine.top
        for _ in range(MOST_FRAMES):
            if frame == 0:
                return
            try:
                where, parent = self.memory.pointer(frame + self.at["where"]), self.memory.pointer(frame + self.at["parent"])
            except gdb.MemoryError:
                yield Place("a frame that cannot be read", 0, "unknown")
                return
            yield self.place(where)
            frame = parent


# Names


def matching(text, end, opens, closes):
    """Where the bracket that text[end] closes is opened; -1: nowhere."""
    depth = 0
    for i in range(end, -1, -1):
        if text[i] == closes:
            depth += 1
        elif text[i] == opens:
            depth -= 1
            if depth == 0:
                return i
    return -1


def without_groups(text):
    """The text without what stands in round brackets."""
    kept, depth = [], 0
    for letter in text:
        depth += letter == "("
        if depth == 0:
            kept.append(letter)
        depth -= letter == ")" and depth > 0
    return "".join(kept)


def last_word(text):
    """What stands behind the last space outside all brackets: the name behind its type."""
    depth = 0
    for i in range(len(text) - 1, -1, -1):
        depth += (text[i] in ")>]}") - (text[i] in "(<[{")
        if text[i] == " " and depth == 0:
            return text[i + 1:]
    return text


def clean(pretty):
    """A function's name as a programmer says it, from what the compiler makes of its declaration."""
    name = pretty.strip()
    # Template arguments behind the declaration: " [T = int]", " [with T = int]".
    while name.endswith("]") and (start := matching(name, len(name) - 1, "[", "]")) > 0 and name[start - 1] == " ":
        name = name[:start].rstrip()
    # The names of these have signs in them that are brackets elsewhere.
    for sign, word in (("(anonymous namespace)::", ""), ("{anonymous}::", ""), ("operator()", "operator\1"), ("(anonymous class)", "\2"),
                       ("operator<=>", "operator\3")):
        name = name.replace(sign, word)
    while name.endswith((" const", " volatile", " noexcept", " &", " &&")):
        name = name[:name.rindex(" ")]
    # A lambda: "(lambda at file.cpp:3:5)", "<lambda(int)>", "{lambda(int)#1}".
    for opens, closes in (("(", ")"), ("<", ">"), ("{", "}")):
        while (start := name.find(opens + "lambda")) >= 0:
            depth, end = 0, start
            while end < len(name):
                depth += (name[end] == opens) - (name[end] == closes)
                if depth == 0:
                    break
                end += 1
            name = name[:start] + "\2" + name[end + 1:]
    if name.endswith(")"):
        name = name[:max(matching(name, len(name) - 1, "(", ")"), 0)]
    # Whose lambda it is may have its own type in front, and its own parameters.
    name = without_groups(last_word(name)).lstrip("*&")
    name = name.replace("\2::operator\1", "lambda").replace("\2", "lambda")
    return name.replace("\1", "()").replace("\3", "<=>") or pretty


# Commands


def shown_time(seconds):
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds / size)} {name}"
    return f"{int(seconds)} s"


class InfoGoroutines(gdb.Command):
    """Show where the goroutines of leash stand.

info goroutines [TEXT]
With a text only the lines that have it: info goroutines chan send"""

    def __init__(self):
        super().__init__("info goroutines", gdb.COMMAND_STACK)

    def invoke(self, argument, _from_tty):
        program = Program()
        known = sorted(program.goroutines(), key=lambda each: each.number)
        if not known:
            gdb.write("There are no goroutines.\n")
            return
        wide = max(len(each.state) for each in known)
        digits = max(2, len(str(known[-1].number)))
        aged = any(each.age is not None for each in known)
        shown = 0
        gdb.write(f"{'ID':>{digits}}  {'AGE     ' * aged}{'STATE':<{wide}}  WHERE\n")
        for each in known:
            age = "" if each.age is None else shown_time(each.age)
            line = f"{each.number:>{digits}}  {age:<{8 * aged}}{each.state:<{wide}}  {next(program.stack(each), program.places[0])}\n"
            if argument in line:
                gdb.write(line)
                shown += 1
        gdb.write(f"{shown} of {len(known)} goroutines\n" if argument else f"{len(known)} goroutine{'s' * (len(known) != 1)}\n")


class GoroutineCommand(gdb.Command):
    """Show the stack of a goroutine of leash, and where it was started.

goroutine NUMBER bt
goroutine all bt
info goroutines tells the numbers."""

    def __init__(self):
        super().__init__("goroutine", gdb.COMMAND_STACK)

    def invoke(self, argument, _from_tty):
        words = argument.split()
        if not words or words[1:] not in ([], ["bt"], ["backtrace"]) or not (words[0] == "all" or words[0].isdigit()):
            raise gdb.GdbError('Write "goroutine NUMBER bt", or "goroutine all bt". info goroutines tells the numbers.')
        program = Program()
        wanted = None if words[0] == "all" else int(words[0])
        found = sorted((each for each in program.goroutines() if wanted in (None, each.number)), key=lambda each: each.number)
        if not found and wanted is not None:
            raise gdb.GdbError(f"There is no goroutine {wanted}: it has ended, or never was. info goroutines tells which there are.")
        for i, each in enumerate(found):
            gdb.write("\n" * (i > 0))
            self.show(program, each)

    @staticmethod
    def show(program, goroutine):
        since = "" if goroutine.since is None else f", {shown_time(goroutine.since)}"
        gdb.write(f"goroutine {goroutine.number} [{goroutine.state}{since}]:\n")
        if goroutine.state == STATES[RUNNING]:
            gdb.write("It runs; where each of its tasks was last suspended (bt of its thread tells where it is):\n")
        for depth, place in enumerate(program.stack(goroutine)):
            gdb.write(f"#{depth:<3} {place}\n")
        place = program.place(goroutine.created_at)
        by = f"goroutine {goroutine.creator}" if goroutine.creator else "a plain thread"
        gdb.write(f"created by {by} in {place}\n")


InfoGoroutines()
GoroutineCommand()
