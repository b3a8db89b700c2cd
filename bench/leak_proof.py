#!/usr/bin/env python3
"""How long it takes to find out which goroutines are leaked, for ten times as many each time; and that it grows no faster than their
number, also for a chain of live ones.

  bench/leak_proof.py [--smoke]

Runs `leash_leak_proof` (built by `make bench`), and beside it Go's own goroutineleak profile where GO, or go, is 1.26 or newer; else
prints what Go 1.27.3 was measured at, and says so. Instructions are counted by valgrind's callgrind, where it is installed.
Prints a table and writes build/bench/leak_proof.json. Ends with status 1 when a million take more than 13 times as long as a
hundred thousand, in each of three tries.
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
MOST_TIMES = 13
# Seconds of one goroutineleak profile with debug=1, and how long the world stood still meanwhile. Measured on a virtual machine with two
# processors of an AMD EPYC, Debian 12.
GO_1_27 = {"leaked": {10_000: ("0.028", ""), 100_000: ("0.15-0.28", "0.019-0.037"), 1_000_000: ("2.5-6.4", "0.19-0.51")},
           "chain": {10_000: ("2.2", "")}}


def proofs(kind, number, times):
    """The rows that the program prints: the first proof is cold, the others find the prover's memory in place."""
    command = [PROGRAM, kind, str(number), str(times)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"leak_proof.py: {' '.join(map(str, command))} failed ({done.returncode}): {done.stderr[-2000:]}")
    rows = json.loads(done.stdout)
    wanted = number if kind == "leaked" else 0
    for row in rows:
        if row["found"] != wanted:
            sys.exit(f"leak_proof.py: {kind} {number}: {row['found']} were found to be leaked, not {wanted}")
    return rows


def instructions_each(kind, number):
    """Instructions of one more proof, for each goroutine; None without valgrind."""
    if not shutil.which("valgrind"):
        return None
    counts = []
    for times in (2, 4):
        done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", PROGRAM, kind, str(number), str(times)],
                              capture_output=True, text=True)
        counted = re.search(r"Collected : (\d+)", done.stderr)
        if done.returncode != 0 or not counted:
            print(f"leak_proof.py: valgrind could not count: {done.stderr[-500:]}", file=sys.stderr)
            return None
        counts.append(int(counted[1]))
    return (counts[1] - counts[0]) / 2 / number


def measure(kind, number):
    rows = proofs(kind, number, 6)
    return {"kind": kind, "goroutines": number, "cold_seconds": rows[0]["seconds"],
            "warm_seconds": statistics.median(row["seconds"] for row in rows[1:]),
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


def ratio(rows):
    of = {row["goroutines"]: row["warm_thread_seconds"] for row in rows if row["kind"] == "leaked"}
    return of[1_000_000] / of[100_000]


def add_go(rows):
    """Go's seconds for each row; returns what they are."""
    program, version = go_program()
    for row in rows:
        if program:
            seconds = go_seconds(program, row["kind"], row["goroutines"]) if (row["kind"], row["goroutines"]) != ("chain", 100_000) else None
            row["go_seconds"] = "" if seconds is None else f"{seconds:.3f}"
        else:
            row["go_seconds"] = GO_1_27[row["kind"]].get(row["goroutines"], ("", ""))[0]
    if program:
        return f"Go {version.removeprefix('go')}, measured in this run"
    return "Go 1.27.3, not measured in this run" + (f": {version} has no such profile" if version else "")


def print_table(rows, go):
    print(f"\n{'goroutines':>18}{'cold s':>10}{'warm s':>10}{'ns each':>10}{'instructions':>14}{'Go s':>12}")
    for row in rows:
        each = row.get("instructions_each")
        print(f"{row['goroutines']:>10,} {row['kind']:>7}{row['cold_seconds']:10.4f}{row['warm_seconds']:10.4f}"
              f"{row['warm_seconds'] / row['goroutines'] * 1e9:10.0f}{'' if each is None else f'{each:.0f}':>14}{row['go_seconds']:>12}")
    print(f"Go s: {go}. Of Go 1.27.3's million the world stood still for {GO_1_27['leaked'][1_000_000][1]} s; leash stops nothing.")


def main():
    arguments = argparse.ArgumentParser(description="Measures how long it takes to prove leaks.")
    arguments.add_argument("--smoke", action="store_true", help="small numbers: does everything run?")
    options = arguments.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    leaked, chain = ((1_000, 10_000), (1_000, 10_000)) if options.smoke else ((10_000, 100_000, 1_000_000), (10_000, 100_000))
    for attempt in range(3):
        rows = [measure("leaked", number) for number in leaked] + [measure("chain", number) for number in chain]
        if options.smoke or ratio(rows) <= MOST_TIMES:
            break
    for kind in ("leaked", "chain"):
        each = instructions_each(kind, 2_000 if options.smoke else 20_000)
        for row in rows:
            if row["kind"] == kind:
                row["instructions_each"] = each
    print_table(rows, add_go(rows))
    if not options.smoke:
        print(f"A million took {ratio(rows):.1f} times as long as a hundred thousand (processor time).")
    (OUT / "leak_proof.json").write_text(json.dumps(rows, indent=2) + "\n")
    return 1 if not options.smoke and ratio(rows) > MOST_TIMES else 0


sys.exit(main())
