#!/usr/bin/env python3
"""Runs the examples: each of the article's leaky shapes leaves goroutines behind, and each of its cures leaves none.

  examples_test.py FOLDER     the folder with the built examples
"""

import pathlib
import re
import subprocess
import sys

SOURCES = pathlib.Path(__file__).resolve().parent.parent / "examples"

# Goroutines before and after; the output besides.
EXPECTED = {
    "01_send_leak": (1, 2, "winner: google"),
    "02_send_buffer": (1, 1, "winner: google"),
    "03_send_context": (1, 1, "winner: google"),
    "04_range_leak": (1, 4, "job 1 is done job 2 is done job 3 is done"),
    "05_range_close": (1, 1, "job 1 is done job 2 is done job 3 is done"),
    "06_select_leak": (1, 3, "winner: google"),
    "07_select_context": (1, 1, "winner: google"),
    "08_select_otherwise": (1, 1, "winner: google"),
    "09_loop_leak": (1, 2, "beat beat the session is over beat beat"),
    "10_loop_done": (1, 1, "beat beat the session is over"),
    "11_race": (1, 1, "winner: google"),
    "12_debug_server": (1, 4, "3 goroutines wait to send"),
    "13_explore": (0, 0, """\
goroutine leaked: chan send at 13_explore.cpp:13, started at 13_explore.cpp:18; replay with seed 1; cured by capacity 1, or by a done case: on_done(context) at 13_explore.cpp:13
  time      main  g2    g3
  0ms       go (13_explore.cpp:18) → g2
  0ms       go (13_explore.cpp:19) → g3
  0ms       chan receive: waits (13_explore.cpp:20)
  0ms       │       │       sleep: waits (13_explore.cpp:12)
  2000ms    time passes, a timer fires → g3
  2000ms    │       sleep: waits (13_explore.cpp:12)
  2000ms    │       │       chan send (13_explore.cpp:13) → main
  2000ms    ends
  2000ms    │       │       ends
  2200ms    time passes, a timer fires → g2
  2200ms    │       chan send: waits (13_explore.cpp:13)
  ∞         g2 waits for good: chan send at 13_explore.cpp:13
With room for two: 1000 schedules explored; none failed""".replace("\n", " ")),
    "14_explore_race": (0, 0, "winner: bing winner: google all schedules; failures: 0"),
}
MOST_LINES = 59


def complaints_about(program, before, after, rest):
    done = subprocess.run([program], capture_output=True, text=True, timeout=60, check=False)
    lines = done.stdout.splitlines()
    wanted = [f"Goroutine count: {before}", f"Goroutine count: {after}"]
    counts = [line for line in lines if line.startswith("Goroutine count:")]
    if done.returncode != 0:
        yield f"ended with {done.returncode}"
    if counts != wanted:
        yield f"printed {counts[:9]}, not {wanted}"
    if " ".join(line for line in lines if line not in counts) != rest:
        yield f"printed {' '.join(lines)[:300]!r}, where {rest!r} was expected besides"
    left = re.search(r"leash: (\d+) goroutines? left when main returned", done.stderr)
    if (int(left.group(1)) if left else 0) != max(after - 1, 0):
        yield f"{after - 1} goroutines were to be reported as left, but it said: {done.stderr!r}"


def main(folder):
    failed = []
    here = {source.stem for source in SOURCES.glob("*.cpp")}
    for name in sorted(here ^ set(EXPECTED)):
        failed.append(f"{name}: the table of this test and the folder examples/ do not agree")
    for name in sorted(here & set(EXPECTED)):
        failed += [f"{name}: {what}" for what in complaints_about(pathlib.Path(folder) / name, *EXPECTED[name])]
        length = len((SOURCES / f"{name}.cpp").read_text().splitlines())
        if length > MOST_LINES:
            failed.append(f"{name}: {length} lines; an example has at most {MOST_LINES}")
    print("\n".join(failed) or f"{len(EXPECTED)} examples do what they say.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
