#!/usr/bin/env python3
"""What packaging/gdb/leash.py shows in gdb: of a live process and of a core file, of a program without debug information.

Run: gdb_test.py PARKED. That is the built tests/gdb/parked.cpp. Without gdb, or where it may not
attach, the tests are skipped.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "packaging/gdb/leash.py"
SOURCE = ROOT / "tests/gdb/parked.cpp"
PARKED = pathlib.Path(sys.argv.pop(1)).resolve(strict=True)


def line_of(place):
    """The line of parked.cpp that says so."""
    lines = [i for i, line in enumerate(SOURCE.read_text().splitlines(), 1) if line.endswith(f"// place: {place}")]
    assert len(lines) == 1, place
    return lines[0]


def gdb(*words, commands=()):
    """What gdb says on these commands, and on stderr."""
    scripts = [word for command in (f"source {SCRIPT}", *commands) for word in ("-ex", command)]
    done = subprocess.run(["gdb", "-nx", "-batch", "-iex", "set auto-load no", "-iex", "set debuginfod enabled off", *scripts, *map(str, words)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, timeout=120, check=False)
    return done.stdout


class Gdb(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if shutil.which("gdb") is None:
            raise unittest.SkipTest("gdb is not installed: apt-get install gdb")
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        # As a release is shipped: symbols, and no debug information.
        cls.program = cls.folder / "parked"
        subprocess.run(["objcopy", "--strip-debug", PARKED, cls.program], check=True)
        cls.process = subprocess.Popen([cls.program], stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.end)
        assert cls.process.stdout.readline() == "parked\n"
        said = gdb(commands=(f"file {cls.program}", f"attach {cls.process.pid}", f"generate-core-file {cls.folder}/core"))
        if "Operation not permitted" in said:
            raise unittest.SkipTest("gdb may not attach to processes here (ptrace is not permitted)")
        cls.core = cls.folder / "core"
        assert cls.core.is_file(), said

    @classmethod
    def end(cls):
        cls.process.kill()
        cls.process.wait()
        cls.process.stdout.close()

    def live(self, *commands):
        return gdb(commands=(f"file {self.program}", f"attach {self.process.pid}", *commands))

    def dead(self, *commands):
        return gdb(self.program, commands=(f"core-file {self.core}", *commands))

    def number_of(self, said, state):
        found = re.search(rf"^ *(\d+)  (?:\d+ \w+ +)?{re.escape(state)} ", said, re.MULTILINE)
        self.assertIsNotNone(found, said)
        return int(found.group(1))

    def assert_goroutines(self, said):
        for state, function, place in (("chan send", "send_one", "send"), ("chan receive", "shop::till::innermost", "receive"),
                                       ("sync.Mutex.Lock", "park_all::lambda", "lock"), ("select (no cases)", "park_all", "main")):
            self.assertRegex(said, rf"(?m)^ *\d+  (\d+ \w+ +)?{re.escape(state)} +{function} at \S*parked\.cpp:{line_of(place)}$")
        self.assertIn("4 goroutines\n", said)

    def assert_chain(self, said, number, creator):
        stack = said[said.index(f"goroutine {number} [chan receive"):].splitlines()
        self.assertRegex(stack[0], r"\[chan receive(, \d+ \w+)?\]:$")
        for line, (function, place) in zip(stack[1:], (("shop::till::innermost", "receive"), ("shop::middle", "middle"),
                                                       ("park_all::lambda", "outermost"))):
            self.assertRegex(line, rf"^#\d+ +{function} at \S*parked\.cpp:{line_of(place)}$")
        self.assertRegex(stack[4], rf"^created by goroutine {creator} in park_all at \S*parked\.cpp:{line_of('go receiver')}$")

    def test_the_goroutines_of_a_live_process_stand_where_they_wait(self):
        self.assert_goroutines(self.live("info goroutines"))

    def test_the_goroutines_of_a_core_file_stand_where_they_waited(self):
        self.assert_goroutines(self.dead("info goroutines"))

    def test_a_stack_is_the_whole_chain_of_awaits_and_the_birthplace(self):
        for look in (self.live, self.dead):
            said = look("info goroutines")
            number, creator = self.number_of(said, "chan receive"), self.number_of(said, "select (no cases)")
            self.assert_chain(look(f"goroutine {number} bt"), number, creator)
            self.assertEqual(look("goroutine all bt").count("created by "), 4)
            self.assertIn("created by a plain thread in main at ", look(f"goroutine {creator} bt"))

    def test_ages_are_shown_of_a_live_process(self):
        said = self.live("info goroutines", "python print(shown_time(59.9), shown_time(61), shown_time(7300), shown_time(1e6))")
        self.assertRegex(said, r"(?m)^ *ID  AGE     STATE")
        self.assertEqual(len(re.findall(r"(?m)^ *\d+  \d+ (?:s|min) +\S", said)), 4, said)
        self.assertIn("59 s 1 min 2 h 11 d\n", said)
        self.assertNotIn("AGE", self.dead("info goroutines"))

    def test_a_text_chooses_lines(self):
        said = self.dead("info goroutines chan receive")
        self.assertIn("1 of 4 goroutines\n", said)
        self.assertNotIn("chan send", said)

    def test_who_is_not_there_is_said_to_be_not_there(self):
        self.assertIn("There is no goroutine 4711: it has ended, or never was.", self.dead("goroutine 4711 bt"))
        for wrong in ("goroutine", "goroutine one bt", "goroutine 1 up"):
            self.assertIn('Write "goroutine NUMBER bt", or "goroutine all bt".', self.dead(wrong))

    def test_the_core_file_has_no_memory_that_was_only_reserved(self):
        self.assertLess(self.core.stat().st_size, 200 << 20)

    def test_a_stripped_program_is_told_apart(self):
        stripped = self.folder / "stripped"
        subprocess.run(["objcopy", "--strip-all", self.program, stripped], check=True)
        self.assertIn("There is no symbol leash_debug_layout: the program is stripped, or it does not use leash.",
                      gdb(stripped, commands=(f"core-file {self.core}", "info goroutines")))

    def test_without_a_process_it_says_what_to_do(self):
        self.assertIn("There is no process and no core file to look at: say run, attach PID or core-file FILE first.",
                      gdb(self.program, commands=("info goroutines",)))

    def test_before_the_first_runtime_there_are_no_goroutines(self):
        self.assertIn("The program has not made a runtime yet: there are no goroutines.",
                      gdb(self.program, commands=("break main", "run", "info goroutines")))

    def test_the_script_can_be_read_twice(self):
        self.assert_goroutines(self.dead(f"source {SCRIPT}", "info goroutines"))

    def test_names_are_what_a_programmer_says(self):
        names = {
            "leash::task<> (anonymous namespace)::leak_racer(const std::string &)": "leak_racer",
            "task<void> net::session::serve(leash::channel<int>, int) const": "net::session::serve",
            "auto main()::(anonymous class)::operator()(int) const": "main::lambda",
            "auto main()::(lambda at /a b/main.cpp:3:5)::operator()(int) const": "main::lambda",
            "main()::<lambda(int)>": "main::lambda",
            "leash::task<T> worker<T>::run() [T = int]": "worker<T>::run",
            "leash::task<T> worker<T>::run() [with T = std::map<int, int>]": "worker<T>::run",
            "leash::task<> {anonymous}::deep::f(std::function<void(int)>)": "deep::f",
            "task<> (anonymous namespace)::park_all()::(anonymous class)::operator()() const": "park_all::lambda",
            "task<int> thing::operator()(int) &": "thing::operator()",
            "int main()": "main",
            "main": "main",
            "": "",
        }
        said = gdb(commands=[f"python print(repr(clean({name!r})))" for name in names])
        self.assertEqual(said.splitlines(), [repr(name) for name in names.values()])


if __name__ == "__main__":
    unittest.main(verbosity=2)
