#!/usr/bin/env python3
"""Measures leash beside its peers: builds the Go peer, runs both in turns, and compares the medians. The HTTP cases ask a
private nginx.

  bench/run.py [--rounds N] [--case REGEXP] [--smoke]

The same two processors for both (LEASH_MAXPROCS=2, GOMAXPROCS=2). GO chooses the go command. Prints a table and writes
build/bench/summary.json: rows of case, leash, peer, peer_value, unit, ratio (peer_value / leash: above 1, leash is ahead).
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


def run_leash(program, cases, seconds, environment):
    """One run of these cases: {case: (value, unit)}."""
    report = OUT / "leash.json"
    report.unlink(missing_ok=True)
    subprocess.run(
        [program, filter_of("|".join(cases)), f"--benchmark_min_time={seconds}",
         f"--benchmark_out={report}", "--benchmark_out_format=json"],
        env={**environment, "LEASH_MAXPROCS": "2"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    values = {}
    for row in json.loads(report.read_text())["benchmarks"]:
        if row.get("error_occurred"):
            sys.exit(f"{program.name}: {row['name']}: {row.get('error_message', 'failed')}")
        values[row["name"].split("/")[0]] = value_of(row)
    return values


def run_go(program, cases, seconds, environment):
    wanted = "|".join(PEER_CASE.get(case, case) for case in cases)
    output = subprocess.run(
        [program, "-case", wanted, "-benchtime", f"{seconds}s"],
        env={**environment, "GOMAXPROCS": "2"}, stdout=subprocess.PIPE, text=True, check=True).stdout
    return {row["case"]: (row["value"], row["unit"]) for row in map(json.loads, output.splitlines())}


def medians(runs):
    """The runs of one side, {case: (value, unit)} each, as one."""
    values, units = {}, {}
    for name, (value, unit) in (row for run in runs for row in run.items()):
        values.setdefault(name, []).append(value)
        units[name] = unit
    return {name: (statistics.median(values[name]), units[name]) for name in values}


def summarize(leash, peer, peer_name):
    rows = []
    for case, (value, unit) in leash.items():
        peer_value = peer.get(case, peer.get(PEER_CASE.get(case), (None, None)))[0]
        rows.append({
            "case": case, "leash": round(value, 2), "peer": peer_name if peer_value is not None else None,
            "peer_value": round(peer_value, 2) if peer_value is not None else None, "unit": unit,
            "ratio": round(peer_value / value, 2) if peer_value is not None and value else None})
    return rows


def print_table(rows, peer_name):
    print(f"{'case':<22}{'leash':>10}{peer_name or 'no peer':>14}  unit  ratio")
    for row in rows:
        peer = "-" if row["peer_value"] is None else f"{row['peer_value']:.1f}"
        ratio = "-" if row["ratio"] is None else f"{row['ratio']:.2f}x"
        print(f"{row['case']:<22}{row['leash']:>10.1f}{peer:>14}  {row['unit']:<4}{ratio:>7}")


def main():
    arguments = argparse.ArgumentParser(description="Measures leash beside its peers.")
    arguments.add_argument("--rounds", type=int, default=5, help="turns that each side has; medians are compared (5)")
    arguments.add_argument("--case", default=".*", help="only the cases whose whole name matches this regular expression")
    arguments.add_argument("--smoke", action="store_true", help="one very short round: does everything run? The numbers mean little")
    options = arguments.parse_args()
    for program in (CORE, HTTP):
        if not program.exists():
            sys.exit(f"{program} is not built: run make bench")
    rounds, seconds = (1, 0.01) if options.smoke else (max(options.rounds, 1), 0.2)
    cases = {CORE: cases_of(CORE, options.case), HTTP: cases_of(HTTP, options.case)}
    if not any(cases.values()):
        sys.exit(f"No case matches {options.case}")
    if cases[HTTP] and (reason := nginx.missing()):
        print(f"The HTTP cases are left out: {reason}", file=sys.stderr)
        cases[HTTP] = []

    OUT.mkdir(parents=True, exist_ok=True)
    program, peer_name = build_go()
    if not program:
        print(f"The Go peer is missing: {peer_name}", file=sys.stderr)
        peer_name = None
    leash_runs, peer_runs = [], []
    with nginx.running() if cases[HTTP] else contextlib.nullcontext("") as origin:
        environment = {**os.environ, "LEASH_BENCH_ORIGIN": origin}
        for turn in range(rounds):
            print(f"round {turn + 1} of {rounds}", file=sys.stderr)
            for side, chosen in cases.items():
                if not chosen:
                    continue
                leash_runs.append(run_leash(side, chosen, seconds, environment))
                if program:
                    peer_runs.append(run_go(program, chosen, seconds, environment))

    rows = summarize(medians(leash_runs), medians(peer_runs), peer_name)
    (OUT / "summary.json").write_text(json.dumps(rows, indent=2) + "\n")
    print_table(rows, peer_name)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as failure:
        outcome = f"signal {-failure.returncode}" if failure.returncode < 0 else f"code {failure.returncode}"
        sys.exit(f"{failure.cmd[0]} ended with {outcome}; nothing was written")
