#!/usr/bin/env python3
"""tests/go_semantics.md says for every test that Go has of what leash has too which tests of leash show the same.

A row: | the Go test | leash's tests that show the same, or why it cannot apply |. A heading names the Go file of the rows below it.
Checked:
  - every row says something, and no Go test has two rows;
  - every leash test that is named exists; `Suite.Test` stands for all its instances;
  - every file of WANTED has rows, and every test that it has in the Go source at hand has one: GOROOT's or Debian's (golang-1.19-src).
    Without a source only the rows are looked at, and that is said.

Run: go_semantics_test.py LEASH_CORE_TESTS [UNITTEST_ARGUMENT...]
"""

import os
import pathlib
import re
import subprocess
import sys
import unittest

TABLE = pathlib.Path(__file__).resolve().parent / "go_semantics.md"
WANTED = (
    "test/chan",
    "runtime/chan_test.go",
    "runtime/chanbarrier_test.go",
    "runtime/rwmutex_test.go",
    "context/x_test.go",
    "context/afterfunc_test.go",
    "context/net_test.go",
    "sync/mutex_test.go",
    "sync/rwmutex_test.go",
    "sync/waitgroup_test.go",
    "sync/cond_test.go",
    "sync/once_test.go",
    "sync/oncefunc_test.go",
)
NAME = re.compile(r"`(\w+\.\w+)`")
NOT_APPLICABLE = "does not apply: "
PROGRAM = ""


def read_table(text):
    """The rows as (Go file, Go test, what stands for it), and what is wrong with their form."""
    rows, wrong, file = [], [], None
    for line in text.splitlines():
        if line.startswith("## "):
            file = line[3:].strip()
        if not line.startswith("|") or line.startswith(("| Go |", "|--")):
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 2 and file is not None:
            rows.append((file, cells[0].strip("`"), cells[1]))
        else:
            wrong.append(f"a row has two cells and stands below the heading of its Go file: {line}")
    return rows, wrong


def names_in(listing):
    """Suite.Test of what --gtest_list_tests prints, without the instances' prefixes and suffixes."""
    names, suite = set(), None
    for line in listing.splitlines():
        word = line.split("#")[0].strip()
        if line.startswith(" "):
            names.add(f"{suite}.{word.split('/')[0]}")
        else:
            suite = word.rstrip(".").split("/")[-1]
    return names


def wrong_with(leash, known):
    """What is wrong with a right-hand side."""
    if leash.startswith(NOT_APPLICABLE):
        return ["says no reason"] if len(leash.split()) < 7 else []
    named = NAME.findall(leash)
    if not named or NAME.sub("", leash).strip(", "):
        return [f"names neither leash's tests, `Suite.Test`, nor says \"{NOT_APPLICABLE}…\": {leash}"]
    return [f"leash has no test {name}" for name in named if name not in known]


def violations(text, known, go_tests):
    """`go_tests`: Go file -> the names of its tests, for those whose source is at hand."""
    rows, wrong = read_table(text)
    listed = {}
    for file, test, leash in rows:
        tests = listed.setdefault(file, set())
        if test in tests:
            wrong.append(f"{file} {test}: has two rows")
        tests.add(test)
        found = wrong_with(leash, known) if test and leash else ["a cell is blank"]
        wrong += [f"{file} {test}: {sentence}" for sentence in found]
    wrong += [f"{file}: has no rows" for file in WANTED if file not in listed]
    for file, tests in go_tests.items():
        # A program of test/chan may have several rows: "select3.go: what this one is about".
        missing = tests - {test.split(":")[0] for test in listed.get(file, tests)}
        wrong += [f"{file} {test}: is not in the table" for test in sorted(missing)]
    return wrong


def go_tests_at_hand():
    roots = [root for root in (os.environ.get("GOROOT"), "/usr/share/go-1.19", "/usr/lib/go-1.19") if root]
    found = {}
    for file in WANTED:
        places = [pathlib.Path(root, folder, file) for root in roots for folder in ("", "src")]
        path = next((place for place in places if place.exists()), None)
        if path is not None and path.is_dir():
            found[file] = {each.name for each in path.glob("*.go")}
        elif path is not None:
            found[file] = set(re.findall(r"^func (Test\w+)\(", path.read_text(), re.MULTILINE))
    return found


class TheTable(unittest.TestCase):
    def test_names_what_shows_the_same_as_every_go_test(self):
        listing = subprocess.run([PROGRAM, "--gtest_list_tests"], capture_output=True, text=True, check=True).stdout
        go_tests = go_tests_at_hand()
        if absent := [file for file in WANTED if file not in go_tests]:
            print("Not compared with Go's own tests, whose source is not at hand (golang-1.19-src):", *absent, file=sys.stderr)
        found = violations(TABLE.read_text(), names_in(listing), go_tests)
        self.assertFalse(found, "\n" + "\n".join(found))


class EachRuleCanFail(unittest.TestCase):
    """The table as it is, with one thing wrong."""

    def found_with(self, change, go_tests=None):
        text = TABLE.read_text()
        changed = change(text)
        self.assertNotEqual(changed, text)
        known = {name for _, _, leash in read_table(text)[0] for name in NAME.findall(leash)}
        return violations(changed, known, go_tests or {})

    def assert_found(self, sentence, change, go_tests=None):
        found = self.found_with(change, go_tests)
        self.assertEqual(len(found), 1, found)
        self.assertIn(sentence, found[0])

    @staticmethod
    def mutex_row(leash):
        """Gives the row of TestMutex another right-hand side."""
        return lambda text: re.sub(r"^\| `TestMutex` \|.*$", f"| `TestMutex` | {leash} |", text, flags=re.MULTILINE)

    def test_a_table_with_nothing_wrong_passes(self):
        self.assertEqual(self.found_with(lambda text: text + "\n"), [])

    def test_a_blank_cell_is_found(self):
        self.assert_found("TestMutex: a cell is blank", self.mutex_row(""))

    def test_a_reason_that_is_none_is_found(self):
        self.assert_found("TestMutex: says no reason", self.mutex_row("does not apply: not here"))

    def test_a_cell_that_is_neither_a_name_nor_a_reason_is_found(self):
        self.assert_found("TestMutex: names neither", self.mutex_row("somewhere"))

    def test_a_name_with_a_remark_is_found(self):
        self.assert_found("TestMutex: names neither", self.mutex_row("`Mutex.LetsOneInAtATime` in part"))

    def test_a_leash_test_that_does_not_exist_is_found(self):
        self.assert_found("leash has no test Mutex.Nothing", self.mutex_row("`Mutex.Nothing`"))

    def test_a_second_row_is_found(self):
        self.assert_found("TestMutex: has two rows", lambda text: re.sub(
            r"^(\| `TestMutex` \|.*\n)", r"\1\1", text, flags=re.MULTILINE))

    def test_a_row_with_a_cell_too_many_is_found(self):
        self.assert_found("a row has two cells", lambda text: text + "| `TestMore` | `A.B` | more |\n")

    def test_a_go_test_without_a_row_is_found(self):
        self.assert_found("sync/mutex_test.go TestNew: is not in the table", lambda text: text + "\n",
                          {"sync/mutex_test.go": {"TestMutex", "TestNew"}})

    def test_a_program_without_a_row_is_found(self):
        self.assert_found("test/chan select9.go: is not in the table", lambda text: text + "\n",
                          {"test/chan": {"select3.go", "select9.go"}})

    def test_a_go_file_without_rows_is_found(self):
        self.assert_found("sync/once_test.go: has no rows",
                          lambda text: text.replace("## sync/once_test.go", "## sync/other_test.go"))

    def test_instances_are_known_by_suite_and_test(self):
        self.assertEqual(names_in("Main.\n  AOne\nOver/Channel.\n  ATwo/1Worker  # GetParam() = 1\n  ATwo/2Workers\n"),
                         {"Main.AOne", "Channel.ATwo"})


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("go_semantics_test.py LEASH_CORE_TESTS [UNITTEST_ARGUMENT...]")
    PROGRAM = sys.argv.pop(1)
    unittest.main()
