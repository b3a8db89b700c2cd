#!/usr/bin/env python3
"""What the command says, word for word: its help, and what it says of command lines that cannot be understood.

tests/tool/golden/*.txt are transcripts: a line "$ ..." is run by the shell in an empty folder; the lines below it are what
it printed, on stdout and stderr together, and "[exit N]" when it ended with N and not 0. Checked:
  - each command line prints what stands there;
  - each command has its own transcript of --help, golden/help/<command>.txt, and no other has.

Run: golden_test.py COMMAND [--renew]. With --renew the transcripts are written anew, and those of new commands added.
"""

import argparse
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden"


def run(command, line):
    """Runs a line, in which leash is the command; returns what a transcript says of it."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "bin").mkdir()
        pathlib.Path(folder, "bin/leash").symlink_to(command)
        pathlib.Path(folder, "here").mkdir()
        environment = {"PATH": f"{folder}/bin:{os.environ['PATH']}", "LC_ALL": "C", "no_proxy": "*"}
        done = subprocess.run(["sh", "-c", line], cwd=f"{folder}/here", env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    said = done.stdout
    if said and not said.endswith("\n"):
        said += "\n[no end of line]\n"
    return said + (f"[exit {done.returncode}]\n" if done.returncode else "")


def renewed(command, transcript):
    """The transcript as it would be written today."""
    lines = [line for line in transcript.splitlines() if line.startswith("$ ")]
    return "\n".join(f"{line}\n{run(command, line[2:])}" for line in lines)


def commands(command):
    """The names under "Commands:" in the help of all."""
    block = re.search(r"^Commands:\n((?:  .*\n)+)", run(command, "leash --help"), re.MULTILINE)
    return re.findall(r"^  (\S+)", block.group(1), re.MULTILINE) if block else []


def helps(command):
    """Each help's file and the line that prints it."""
    return {GOLDEN / "help" / f"{name or 'leash'}.txt": f"$ leash {name} --help\n".replace("  ", " ")
            for name in ["", *commands(command)]}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("command", type=lambda path: pathlib.Path(path).resolve(strict=True))
    arguments.add_argument("--renew", action="store_true")
    given = arguments.parse_args()

    wanted = helps(given.command)
    files = sorted(set(GOLDEN.rglob("*.txt")) | set(wanted))
    if len(wanted) < 2 or len(files) <= len(wanted):
        sys.exit("There is nothing to compare: no command in leash --help, or no transcript in tests/tool/golden.")
    failed = False
    for path in files:
        stands = path.read_text() if path.exists() else ""
        if path.parent.name == "help" and path not in wanted:
            today = ""
        else:
            today = renewed(given.command, wanted.get(path, stands))
        if today == stands:
            continue
        if given.renew and today:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(today)
            print(f"renewed: {path.relative_to(GOLDEN)}")
        elif given.renew:
            path.unlink()
            print(f"removed: {path.relative_to(GOLDEN)}")
        else:
            failed = True
            name = path.relative_to(GOLDEN).as_posix()
            sys.stdout.writelines(difflib.unified_diff(stands.splitlines(True), today.splitlines(True), f"golden/{name}", "today"))
    if failed:
        sys.exit("The command says something else than tests/tool/golden. When it is right to, run: make golden")


if __name__ == "__main__":
    main()
