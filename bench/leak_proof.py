#!/usr/bin/env python3
"""How long it takes to find out which goroutines are leaked, and to read the stacks of all, for ten times as many each time; and that
it grows no faster than their number, also for a chain of live ones.

  bench/leak_proof.py [--smoke]

Runs `leash_leak_proof` (built by `make bench`), and beside it Go's own goroutineleak profile where GO, or go, is 1.26 or newer; else
prints what Go 1.27.3 was measured at, and says so. Prints a table and writes build/bench/leak_proof.json.

Seconds are shown, and judge nothing. What is judged are the instructions of one goroutine, which valgrind's callgrind counts and
which no load of the machine changes: this ends with status 1 when among ten times as many goroutines one more costs 1.3 times as
many. Without valgrind it says that nothing was counted.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build/release/leash_leak_proof"
OUT = ROOT / "build/bench"
# How many times the instructions one more goroutine may cost among ten times as many; ten times, if each were compared with all others.
# Where things lie in memory differs from run to run, and with it the instructions of a proof, by a tenth or two.
MOST_GROWTH = 1.3
KINDS = ("leaked", "chain", "memory", "grouped", "each")
# Seconds of one goroutineleak profile with debug=1, and how long the world stood still meanwhile. Measured on a virtual machine with two
# processors of an AMD EPYC, Debian 12.
GO_1_27 = {"leaked": {1: ("", ""), 10_000: ("0.028", ""), 100_000: ("0.15-0.28", "0.019-0.037"), 1_000_000: ("2.5-6.4", "0.19-0.51")},
           "chain": {10_000: ("2.2", "")}, "memory": {}, "grouped": {}, "each": {}}


def proofs(kind, number, times):
    """The rows that the program prints: the first time is cold, the others find the memory in place."""
    command = [PROGRAM, kind, str(number), str(times)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"leak_proof.py: {' '.join(map(str, command))} failed ({done.returncode}): {done.stderr[-2000:]}")
    rows = json.loads(done.stdout)
    wanted = {"chain": 0, "memory": 1}.get(kind, number)
    for row in rows:
        if row["found"] != wanted:
            sys.exit(f"leak_proof.py: {kind} {number}: {row['found']} were found, not {wanted}")
    return rows


def instructions(kind, number):
    """Instructions of one more proof, or reading; None without valgrind."""
    if not shutil.which("valgrind"):
        return None
    counts = []
    few, more = 4, 12  # the first ones still get their memory
    for times in (few, more):
        done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", PROGRAM, kind, str(number), str(times)],
                              capture_output=True, text=True)
        counted = re.search(r"Collected : (\d+)", done.stderr)
        if done.returncode != 0 or not counted:
            sys.exit(f"leak_proof.py: valgrind could not count {kind} {number}: {done.stderr[-500:]}")
        counts.append(int(counted[1]))
    return (counts[1] - counts[0]) / (more - few)


def is_proof(kind):
    return kind not in ("grouped", "each")


def measure(kind, number):
    rows = proofs(kind, number, 6)
    return {"kind": kind, "goroutines": number, "cold_seconds": rows[0]["seconds"],
            "warm_seconds": statistics.median(row["seconds"] for row in rows[1:]),
            "stood_seconds": statistics.median(row["stood_seconds"] for row in rows[1:]) if is_proof(kind) else None,
            # Of the thread that proves: what else the machine does counts less.
            "warm_thread_seconds": min(row["thread_seconds"] for row in rows[1:])}


def go_program():
    """The program that has Go find leaks, and Go's version; None when Go is too old, or not there."""
    go = os.environ.get("GO") or shutil.which("go")
    if not go:
        return None, None
    environment = {**os.environ, "GOCACHE": str(OUT / "go-cache"), "GOTOOLCHAIN": "local"}
    version = subprocess.run([go, "env", "GOVERSION"], env=environment, capture_output=True, text=True).stdout.strip()
    numbers = re.match(r"go1\.(\d+)", version)
    if not numbers or int(numbers[1]) < 26:
        return None, version
    if int(numbers[1]) == 26:
        environment["GOEXPERIMENT"] = "goroutineleakprofile"
    program = OUT / "go_leak_profile"
    built = subprocess.run([go, "build", "-o", program, "./leakprofile"], cwd=ROOT / "bench/peers/go", env=environment)
    return (program if built.returncode == 0 else None), version


def go_seconds(program, kind, number):
    done = subprocess.run([program, kind, str(number)], capture_output=True, text=True, timeout=600)
    return float(done.stdout) if done.returncode == 0 else None


def count_growth(kind, few):
    """The instructions of one more among so many, up to ten times as many and up to a hundred times; what is wrong with that, if anything.
    What a proof takes for anything else, as the memory of valgrind itself, is not in it."""
    sizes = (few, 10 * few, 100 * few)
    totals = [instructions(kind, number) for number in sizes]
    if None in totals:
        return {}, None
    each = {sizes[i + 1]: (totals[i + 1] - totals[i]) / (sizes[i + 1] - sizes[i]) for i in range(2)}
    growth = each[sizes[2]] / each[sizes[1]]
    print(f"{kind}: {each[sizes[1]]:.0f} instructions for one more up to {sizes[1]:,}, {each[sizes[2]]:.0f} up to {sizes[2]:,}")
    if growth <= MOST_GROWTH:
        return each, None
    return each, f"{kind}: one more of {sizes[2]:,} costs {growth:.2f} times the instructions of one of {sizes[1]:,}, at most {MOST_GROWTH} are allowed"


def add_go(rows):
    """Go's seconds for each row; returns what they are."""
    program, version = go_program()
    for row in rows:
        row["go_stood_seconds"] = GO_1_27[row["kind"]].get(row["goroutines"], ("", ""))[1]
        if not GO_1_27[row["kind"]]:
            row["go_seconds"] = ""  # Go has no such thing that could be measured alike
        elif program:
            seconds = go_seconds(program, row["kind"], row["goroutines"]) if row["kind"] != "chain" or row["goroutines"] <= 10_000 else None  # it takes hours
            row["go_seconds"] = "" if seconds is None else f"{seconds:.3f}"
        else:
            row["go_seconds"] = GO_1_27[row["kind"]].get(row["goroutines"], ("", ""))[0]
    if program:
        return f"Go {version.removeprefix('go')}, measured in this run"
    return "Go 1.27.3, not measured in this run" + (f": {version} has no such profile" if version else "")


def print_table(rows, go):
    print(f"\n{'':>18}{'cold s':>10}{'warm s':>10}{'stood ms':>10}{'instructions':>14}{'Go s':>12}{'Go stood s':>12}")
    for row in rows:
        what = f"{row['goroutines']:,} {'MB' if row['kind'] == 'memory' else row['kind']}"
        each, stood = row.get("instructions_each"), row["stood_seconds"]
        print(f"{what:>18}{row['cold_seconds']:10.4f}{row['warm_seconds']:10.4f}{'' if stood is None else f'{stood * 1e3:.2f}':>10}"
              f"{'' if each is None else f'{each:.0f}':>14}{row['go_seconds']:>12}{row['go_stood_seconds']:>12}")
    print(f"Go s: {go}. Go stood: Go 1.27.3's world, not measured in this run.")


def main():
    arguments = argparse.ArgumentParser(description="Measures how long it takes to prove leaks.")
    arguments.add_argument("--smoke", action="store_true", help="small numbers: does everything run?")
    options = arguments.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    numbers = (1_000, 10_000) if options.smoke else (10_000, 100_000, 1_000_000)
    sizes = {"leaked": (1, *numbers), "memory": (10,) if options.smoke else (100, 1_000)}
    rows = [measure(kind, number) for kind in KINDS for number in sizes.get(kind, numbers)]
    wrong = []
    for kind in KINDS:
        if kind == "memory":
            continue
        counts, complaint = count_growth(kind, 100 if options.smoke else 1_000)
        wrong += [complaint] if complaint else []
        for row in rows:
            if row["kind"] == kind:
                row["instructions_each"] = counts.get(row["goroutines"])
    print_table(rows, add_go(rows))
    if not shutil.which("valgrind"):
        print("Instructions were not counted: there is no valgrind (apt-get install valgrind).", file=sys.stderr)
    (OUT / "leak_proof.json").write_text(json.dumps(rows, indent=2) + "\n")
    for each in wrong:
        print(f"leak_proof.py: it grows faster than their number: {each}. Find out why.", file=sys.stderr)
    return 1 if wrong else 0


sys.exit(main())
