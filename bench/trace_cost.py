#!/usr/bin/env python3
"""What it costs to record where every goroutine is: instructions at each start of a goroutine and at each wait, counted by
valgrind's callgrind, so that the numbers are the same in every run on one build.

  bench/trace_cost.py [--smoke]

Compares a program that records everything, as leash always does, with programs that leave out one part each
(`leash_trace_cost`, built by `make bench`). Counted is what more of them costs, so the runtime's own start is not in it.
Prints a table and writes build/bench/trace_cost.json. Without valgrind it says so, and that is all.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "build/release"
OUT = ROOT / "build/bench"
PARTS = {
    "registry": "registry: number, times, who runs it, readers",
    "locations": "locations: where each task is suspended",
    "birthplaces": "birthplaces: who started it, and where",
}
KINDS = ("spawn", "wait")


def instructions(program, kind, times):
    """How many instructions the program executes."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, kind, str(times)]
    done = subprocess.run(command, capture_output=True, text=True)
    counted = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not counted:
        raise SystemExit(f"trace_cost.py: {' '.join(map(str, command))} failed ({done.returncode}); its last words:\n{done.stderr[-2000:]}")
    return int(counted[1])


def cost(program, kind, times):
    """Instructions for one more."""
    return (instructions(program, kind, 2 * times) - instructions(program, kind, times)) / times


def measure(times):
    """For each kind: what everything costs, and what of it each part does."""
    table = {}
    for kind in KINDS:
        everything = cost(PROGRAMS / "leash_trace_cost_without_nothing", kind, times)
        parts = {part: everything - cost(PROGRAMS / f"leash_trace_cost_without_{part}", kind, times) for part in PARTS}
        table[kind] = {"everything": everything, **parts}
    return table


def print_table(table):
    print(f"\n{'instructions':50}{'at a start':>12}{'at a wait':>12}")
    print(f"{'all that is done':50}" + "".join(f"{table[kind]['everything']:12.1f}" for kind in KINDS))
    for part, text in PARTS.items():
        print(f"{'  ' + text:50}" + "".join(f"{table[kind][part]:12.1f}" for kind in KINDS))
    shares = [sum(table[kind][part] for part in PARTS) / table[kind]["everything"] for kind in KINDS]
    print(f"{'  the three together':50}" + "".join(f"{share:12.1%}" for share in shares))


def main():
    arguments = argparse.ArgumentParser(description="Counts what recording for traces costs.")
    arguments.add_argument("--smoke", action="store_true", help="few repetitions: does everything run?")
    options = arguments.parse_args()
    if not shutil.which("valgrind"):
        print("What recording costs was not counted: there is no valgrind (apt-get install valgrind).", file=sys.stderr)
        return
    table = measure(1000 if options.smoke else 20000)
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "trace_cost.json").write_text(json.dumps(table, indent=2) + "\n")
    print_table(table)


main()
