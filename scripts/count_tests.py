#!/usr/bin/env python3
"""Counts the GoogleTest tests that ctest ran, by the files that they wrote (cmake/suites.cmake), and names those that failed, were
skipped, or are missing: their program lists them, and ended before it said what became of them.

count_tests.py RESULTS [--names FILE]     FILE: the names of all tests that ran, sorted, one a line
The last line is "N passed, N failed, N skipped"; a missing one has failed. Exit status 1 when one failed or none ran.
"""

import argparse
import json
import pathlib
import sys


def outcomes_in(program):
    """The tests of a program: name -> "passed" | "failed" | "skipped" | "missing"."""
    outcomes = {}
    suite = ""
    for line in (program / "listed.txt").read_text().splitlines():
        name = line.split("#")[0].strip()
        if not line.startswith(" "):
            suite = name
        elif suite:
            outcomes[suite + name] = "missing"
    for path in sorted(program.glob("*.json")):
        try:
            suites = json.loads(path.read_text())["testsuites"]
        except json.JSONDecodeError:  # its program ended while it wrote
            continue
        for each in suites:
            for test in each["testsuite"]:
                outcome = "failed" if test.get("failures") else "passed" if test["result"] == "COMPLETED" else "skipped"
                name = f'{each["name"]}.{test["name"]}'
                # Of two with one name, as in two files, the one that did not pass counts.
                if outcomes.get(name) != "failed":
                    outcomes[name] = outcome
    return outcomes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--names", type=pathlib.Path)
    arguments = parser.parse_args()
    outcomes = {}
    for program in sorted(path.parent for path in arguments.results.glob("*/listed.txt")):
        if any(program.glob("*.json")):  # else none of its tests was asked for
            outcomes.update(outcomes_in(program))
    for name, outcome in sorted(outcomes.items()):
        if outcome != "passed":
            print(f"{outcome}: {name}")
    ran = sorted(name for name, outcome in outcomes.items() if outcome in ("passed", "failed"))
    if arguments.names:
        arguments.names.write_text("".join(f"{name}\n" for name in ran))
    count = list(outcomes.values()).count
    failed = count("failed") + count("missing")
    print(f'{count("passed")} passed, {failed} failed, {count("skipped")} skipped')
    return 1 if failed or not ran else 0


if __name__ == "__main__":
    sys.exit(main())
