#!/usr/bin/env python3
"""Tests of others that leave goroutines behind fail, in GoogleTest and in Catch2, each for its own; and they pass when these may stay.

Run: no_leaks_test.py GTEST_PROGRAM CATCH2_PROGRAM, which are built from tests/programs/no_leaks_*.cpp.
"""

import os
import re
import subprocess
import sys
import unittest

CATCH2 = sys.argv.pop()
GTEST = sys.argv.pop()
PROVEN = "1 goroutine of this test can never run again (proven):"
LEFT = "1 goroutine of this test was left over 1 s after main had returned:"


def run(*words, **environment):
    """Its exit status, and what it said to stdout."""
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=120, check=False,
                          env={**os.environ, **environment})
    return done.returncode, done.stdout


def line_of(program, text):
    """The line of a program's source with this text in it."""
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs", program)
    with open(source, encoding="utf-8") as lines:
        return next(number for number, line in enumerate(lines, 1) if text in line)


class GoogleTest(unittest.TestCase):
    def said_of(self, test, *options):
        """Whether it has passed, and what was said of it."""
        code, said = run(GTEST, f"--gtest_filter={test}", *options)
        self.assertIn(code, (0, 1), said)
        self.assertIn(f"[  {'PASSED  ] 1' if code == 0 else 'FAILED  ] ' + test}", said)
        return code == 0, said

    def assert_fails(self, sentence, line, test, *options):
        passed, said = self.said_of(test, *options)
        self.assertFalse(passed, said)
        self.assertIn(sentence, said)
        self.assertIn(f"no_leaks_gtest.cpp:{line_of('no_leaks_gtest.cpp', line)}: Failure", said)
        return said

    def test_a_clean_test_passes(self):
        self.assertTrue(self.said_of("Clean.WaitsForWhatItStarts", "--listen")[0])

    def test_the_listener_fails_a_test_that_leaks_with_the_traces(self):
        said = self.assert_fails(PROVEN, "TEST(Leaky, LosesALoser)", "Leaky.LosesALoser", "--listen")
        self.assertIn("[chan send]:\nanswer(...)\n", said)
        self.assertRegex(said, r"created by Leaky_LosesALoser_Test::TestBody::lambda in goroutine \d+\n\t.*no_leaks_gtest\.cpp:\d+")
        self.assertIn("To cure it: give the channel room for every sender", said)

    def test_the_listener_fails_a_test_that_leaves_one_that_sleeps(self):
        self.assert_fails(LEFT, "TEST(Sleepy, LeavesASleeper)", "Sleepy.LeavesASleeper", "--listen")

    def test_the_listener_sees_what_a_fixture_leaves_when_it_is_torn_down(self):
        self.assert_fails(LEFT, "TEST_F(Fixture, MayLeakInItsTearDown)", "Fixture.MayLeakInItsTearDown", "--listen")

    def test_what_is_named_may_stay(self):
        self.assertTrue(self.said_of("Sleepy.LeavesASleeper", "--ignore")[0])
        self.assertFalse(self.said_of("Leaky.LosesALoser", "--ignore")[0])

    def test_without_the_listener_only_guards_look(self):
        self.assertTrue(self.said_of("Leaky.LosesALoser")[0])
        self.assert_fails("was left over 1 s after", "guard({.patience = 1s});", "Guarded.FailsAtItsGuard")
        self.assertTrue(self.said_of("Guarded.IgnoresWhatIsNamed", "--listen")[0])

    def test_each_test_answers_for_its_own_in_a_run_of_all(self):
        code, said = run(GTEST, "--listen")
        self.assertEqual(code, 1)
        failed = re.findall(r"^\[  FAILED  \] (\S+) \(", said, re.MULTILINE)
        self.assertEqual(failed, ["Leaky.LosesALoser", "Sleepy.LeavesASleeper", "Guarded.FailsAtItsGuard", "Fixture.MayLeakInItsTearDown"])


class Catch2(unittest.TestCase):
    def said_of(self, test, wanted="all", *options):
        code, said = run(CATCH2, test, *options, NO_LEAKS=wanted)
        return code == 0, said

    def assert_fails(self, sentence, line, test):
        passed, said = self.said_of(test)
        self.assertFalse(passed, said)
        self.assertIn(sentence, said)
        self.assertIn(f"no_leaks_catch2.cpp:{line_of('no_leaks_catch2.cpp', line)}: FAILED:", said)
        return said

    def test_a_clean_test_passes(self):
        passed, said = self.said_of("clean")
        self.assertTrue(passed, said)

    def test_the_listener_fails_a_test_that_leaks_with_the_traces(self):
        said = self.assert_fails(PROVEN, 'TEST_CASE("leaky")', "leaky")
        self.assertRegex(said, r"\[chan send\]:\n\s*answer\(\.\.\.\)\n")
        self.assertRegex(said, r"created by .*lambda in goroutine \d+\n\s*.*no_leaks_catch2\.cpp:\d+")

    def test_a_section_without_a_leak_passes(self):
        self.assertTrue(self.said_of("leaky", "all", "-c", "without a leak")[0])
        self.assertFalse(self.said_of("leaky", "all", "-c", "with a leak")[0])

    def test_the_listener_fails_a_test_that_leaves_one_that_sleeps(self):
        self.assert_fails(LEFT, 'TEST_CASE("sleepy")', "sleepy")

    def test_what_is_named_may_stay(self):
        self.assertTrue(self.said_of("sleepy", "ignore")[0])
        self.assertFalse(self.said_of("leaky", "ignore")[0])
        self.assertTrue(self.said_of("leaky", "no")[0])

    def test_guards_look(self):
        self.assert_fails("was left over 1 s after", "guard({.patience = 1s});", "guarded")
        self.assertTrue(self.said_of("guarded*what may stay")[0])

    def test_a_failure_may_be_the_last_that_is_wanted(self):
        for test in ("leaky", "guarded"):
            passed, said = self.said_of(test, "all", "--abort")
            self.assertFalse(passed)
            self.assertIn("1 failed", said)

    def test_each_test_answers_for_its_own_in_a_run_of_all(self):
        self.assertIn("test cases: 5 | 2 passed | 3 failed", self.said_of("*")[1])


if __name__ == "__main__":
    unittest.main(verbosity=1)
