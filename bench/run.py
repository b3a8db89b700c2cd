#!/usr/bin/env python3
"""Measures leash beside its peers: builds the Go peer, and runs both in turns, case by case. The HTTP cases ask a private
nginx.

  bench/run.py [--rounds N] [--case REGEXP] [--smoke]

The same two processors for both (LEASH_MAXPROCS=2, GOMAXPROCS=2). GO chooses the go command. Prints a table and writes
build/bench/summary.json: rows of case, leash, peer, peer_value (medians), unit, ratio (the median of the turns' peer / leash:
above 1, leash is ahead).
bench/README.md says what each case does. A peer that is not there is said to be missing; its columns stay empty.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

import nginx

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "build/bench"
CORE = ROOT / "build/release/leash_bench"
HTTP = ROOT / "build/release/leash_http_bench"
NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
# What leash has one word for and the peer has to write out.
PEER_CASE = {"race_2": "race_2_context"}


def build_go():
    """The Go peer's program and its name for the table, or None and the reason why there is none."""
    go = os.environ.get("GO") or shutil.which("go")
    if not go:
        return None, "there is no go command; install golang-go, or say GO=/path/to/go"
    program = OUT / "go_peer"
    environment = {**os.environ, "GOCACHE": str(OUT / "go-cache"), "GOTOOLCHAIN": "local"}
    try:
        subprocess.run([go, "build", "-o", program, "."], cwd=ROOT / "bench/peers/go", env=environment, check=True)
        version = subprocess.run([go, "env", "GOVERSION"], env=environment, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as failure:
        return None, f"{go} could not build bench/peers/go: {failure}"
    return program, "Go " + version.strip().removeprefix("go")


def filter_of(case):
    return f"--benchmark_filter=^({case})(/|$)"


def cases_of(program, case):
    """The cases of a leash program that `case`, a regular expression, matches."""
    listed = subprocess.run([program, "--benchmark_list_tests", filter_of(case)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                            check=True).stdout
    return [name.split("/")[0] for name in listed.splitlines()]


def value_of(row):
    """What a row of Google Benchmark's report measures, and its unit: a counter named `bytes`, or a time."""
    if "bytes" in row:
        return row["bytes"], "B"
    time = "cpu_time" if "/process_time" in row["name"] else "real_time"
    return row[time] * NANOSECONDS[row["time_unit"]], "ns"


def run_leash(program, case, seconds, environment):
    """One run of this case: its value and unit."""
    report = OUT / "leash.json"
    report.unlink(missing_ok=True)
    subprocess.run(
        [program, filter_of(case), f"--benchmark_min_time={seconds}",
         f"--benchmark_out={report}", "--benchmark_out_format=json"],
        env={**environment, "LEASH_MAXPROCS": "2"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    row = json.loads(report.read_text())["benchmarks"][0]
    if row.get("error_occurred"):
        sys.exit(f"{program.name}: {row['name']}: {row.get('error_message', 'failed')}")
    return value_of(row)


def run_go(program, case, seconds, environment):
    """The same by the peer; None when it has no such case."""
    output = subprocess.run(
        [program, "-case", PEER_CASE.get(case, case), "-benchtime", f"{seconds}s"],
        env={**environment, "GOMAXPROCS": "2"}, stdout=subprocess.PIPE, text=True, check=True).stdout
    for row in map(json.loads, output.splitlines()):
        return row["value"]
    return None


class Case:
    """What the turns of one case have given."""

    def __init__(self, program, name):
        self.program, self.name = program, name
        self.unit, self.leash, self.peer = None, [], []

    def take_turn(self, peer, leash_first, seconds, environment):
        """One run of each side, one right after the other; who is first changes."""
        def leash():
            value, self.unit = run_leash(self.program, self.name, seconds, environment)
            self.leash.append(value)

        def go():
            value = run_go(peer, self.name, seconds, environment) if peer else None
            if value is not None:
                self.peer.append(value)

        for side in (leash, go) if leash_first else (go, leash):
            side()

    def summary(self, peer_name):
        row = {"case": self.name, "leash": round(statistics.median(self.leash), 2), "peer": None, "peer_value": None,
               "unit": self.unit, "ratio": None}
        if self.peer:
            row["peer"] = peer_name
            row["peer_value"] = round(statistics.median(self.peer), 2)
            # What disturbs the machine disturbs both sides of a turn.
            if all(self.leash):
                row["ratio"] = round(statistics.median(theirs / ours for ours, theirs in zip(self.leash, self.peer)), 2)
        return row


def print_table(rows, peer_name):
    print(f"{'case':<22}{'leash':>10}{peer_name or 'no peer':>14}  unit  ratio")
    for row in rows:
        peer = "-" if row["peer_value"] is None else f"{row['peer_value']:.1f}"
        ratio = "-" if row["ratio"] is None else f"{row['ratio']:.2f}x"
        print(f"{row['case']:<22}{row['leash']:>10.1f}{peer:>14}  {row['unit']:<4}{ratio:>7}")


def main():
    arguments = argparse.ArgumentParser(description="Measures leash beside its peers.")
    arguments.add_argument("--rounds", type=int, default=9, help="turns that each side has (9)")
    arguments.add_argument("--case", default=".*", help="only the cases whose whole name matches this regular expression")
    arguments.add_argument("--smoke", action="store_true", help="one very short round: does everything run? The numbers mean little")
    options = arguments.parse_args()
    for program in (CORE, HTTP):
        if not program.exists():
            sys.exit(f"{program} is not built: run make bench")
    rounds, seconds = (1, 0.01) if options.smoke else (max(options.rounds, 1), 0.2)
    cases = [Case(program, name) for program in (CORE, HTTP) for name in cases_of(program, options.case)]
    if not cases:
        sys.exit(f"No case matches {options.case}")
    if any(case.program == HTTP for case in cases) and (reason := nginx.missing()):
        print(f"The HTTP cases are left out: {reason}", file=sys.stderr)
        cases = [case for case in cases if case.program != HTTP]

    OUT.mkdir(parents=True, exist_ok=True)
    peer, peer_name = build_go()
    if not peer:
        print(f"The Go peer is missing: {peer_name}", file=sys.stderr)
        peer_name = None
    asks = any(case.program == HTTP for case in cases)
    with nginx.running() if asks else contextlib.nullcontext("") as origin:
        environment = {**os.environ, "LEASH_BENCH_ORIGIN": origin}
        for turn in range(rounds):
            print(f"round {turn + 1} of {rounds}", file=sys.stderr)
            for case in cases:
                case.take_turn(peer, turn % 2 == 0, seconds, environment)

    rows = [case.summary(peer_name) for case in cases]
    (OUT / "summary.json").write_text(json.dumps(rows, indent=2) + "\n")
    print_table(rows, peer_name)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as failure:
        outcome = f"signal {-failure.returncode}" if failure.returncode < 0 else f"code {failure.returncode}"
        sys.exit(f"{failure.cmd[0]} ended with {outcome}; nothing was written")
