#!/usr/bin/env python3
"""Shows that the tests can tell: each rule of the core, switched off, makes the tests named for it fail.

  mutation_test.py table              every rule has its row in tests/mutations.txt, and every row a rule
  mutation_test.py PROGRAM RULE       PROGRAM (a build with LEASH_MUTATIONS) passes the tests of each of its rows with the rule,
                                      and fails, crashes or hangs without it
"""

import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PATIENCE = 30  # seconds before a run without the rule hangs; several times as long as the one with it took, where that was slow
GUARD = 60  # seconds, before a run with the rule does: no more than a guard against waiting for ever


def rules():
    """The rules, in the order of their numbers: `none` is 0."""
    text = (ROOT / "include/leash/detail/base/mutation.hpp").read_text()
    body = re.search(r"enum class rule[^{]*\{(.*?)\}", text, re.DOTALL).group(1)
    return re.findall(r"^\s*(\w+),", body, re.MULTILINE)


def rows():
    """For each rule that is listed, its rows: what to give the test program."""
    lines = (line.split("#")[0].split() for line in (ROOT / "tests/mutations.txt").read_text().splitlines())
    found = {}
    for words in filter(None, lines):
        found.setdefault(words[0], []).append(words[1:])
    return found


def check_table():
    known, listed = set(rules()) - {"none"}, set(rows())
    return [f"{name}: no row in tests/mutations.txt says which test notices its absence" for name in sorted(known - listed)] + [
        f"{name}: tests/mutations.txt names it, but there is no such rule" for name in sorted(listed - known)]


def run(program, arguments, number, patience):
    """What became of a run: "passed", or how it did not."""
    command = [program, f"--gtest_filter={arguments[0]}", "--gtest_brief=1", *arguments[1:]]
    environment = {**os.environ, "LEASH_MUTATE": str(number)}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", timeout=patience, check=False)
    except subprocess.TimeoutExpired:
        return f"hung for {patience:.0f} s", ""
    output = done.stdout + done.stderr
    if done.returncode == 0:
        return ("passed" if re.search(r"\b[1-9]\d* tests?\b", output) else "ran no test"), output
    return (f"ended by signal {-done.returncode}" if done.returncode < 0 else f"failed with {done.returncode}"), output


def check_row(program, name, arguments):
    began = time.monotonic()
    outcome, output = run(program, arguments, 0, GUARD)
    patience = min(max(PATIENCE, 4 * (time.monotonic() - began)), 2 * GUARD)
    if outcome != "passed":
        return [f"{name}: with the rule, {arguments[0]} {outcome}:\n{output}"]
    outcome, output = run(program, arguments, rules().index(name), patience)
    print(f"{name}: without the rule, {arguments[0]} {outcome}")
    return [] if outcome != "passed" else [f"{name}: switched off, and {arguments[0]} did not notice"]


def check_rule(program, name):
    return [complaint for arguments in rows()[name] for complaint in check_row(program, name, arguments)]


if __name__ == "__main__":
    complaints = check_table() if sys.argv[1:] == ["table"] else check_rule(*sys.argv[1:])
    print("\n".join(complaints))
    sys.exit(1 if complaints else 0)
