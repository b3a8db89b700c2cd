#!/usr/bin/env python3
"""What a schedule costs that is explored: instructions, counted by valgrind's callgrind, so that the numbers are the same in every
run on one build.

  bench/explore_cost.py [--smoke]

Counted is what more schedules cost, so the start of the program is not in it; nor is the proof of those that leave somebody: it
would read all that valgrind has in memory (bench/leak_proof.py measures proofs). Prints a table, writes
build/bench/explore_cost.json, and fails when a schedule costs more than bench/explore_cost/limits.json allows. Without
valgrind it says so, and that is all.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build/release/leash_explore_cost"
OUT = ROOT / "build/bench"
LIMITS = ROOT / "bench/explore_cost/limits.json"


def executed(program, strategy, schedules):
    """How many instructions so many schedules take, and how many were run, with those that were given up."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", PROGRAM, program, strategy, str(schedules)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LEASH_PROOF": "off"})
    counted = re.search(r"Collected : (\d+)", done.stderr)
    runs = re.search(r"(\d+) runs", done.stdout)
    if done.returncode != 0 or not counted or not runs:
        raise SystemExit(f"explore_cost.py: {' '.join(map(str, command))} failed ({done.returncode}); its last words:\n{done.stderr[-2000:]}")
    return int(counted[1]), int(runs[1])


def cost(program, strategy, schedules):
    """Instructions of one schedule."""
    few, few_runs = executed(program, strategy, schedules)
    more, more_runs = executed(program, strategy, 2 * schedules)
    return (more - few) / (more_runs - few_runs)


def main():
    arguments = argparse.ArgumentParser(description="Counts what an explored schedule costs.")
    arguments.add_argument("--smoke", action="store_true", help="few schedules: does everything run?")
    options = arguments.parse_args()
    if not shutil.which("valgrind"):
        print("What a schedule costs was not counted: there is no valgrind (apt-get install valgrind).", file=sys.stderr)
        return 0
    limits = json.loads(LIMITS.read_text())
    table = {}
    too_much = []
    print(f"\n{'instructions of a schedule':32}{'limit':>12}")
    for subject, limit in limits.items():
        program, strategy = subject.split(" by ")
        table[subject] = cost(program, strategy, 300 if options.smoke else 3000)
        print(f"{subject:32}{limit:12,}{table[subject]:12,.0f}")
        if table[subject] > limit:
            too_much.append(f"{subject}: {table[subject]:,.0f} instructions, at most {limit:,} are allowed")
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "explore_cost.json").write_text(json.dumps(table, indent=2) + "\n")
    for each in too_much:
        print(f"explore_cost.py: a schedule has become dearer: {each}. Find out why; a limit is raised for a reason only.", file=sys.stderr)
    return 1 if too_much else 0


sys.exit(main())
