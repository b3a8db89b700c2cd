#!/usr/bin/env python3
"""What bash, zsh and fish offer for the command.

Each shell is installed the command's script where it looks for such, bash and zsh are then typed to on a terminal: the line, a key
that inserts all that is offered, and a key that writes the line to a file.

Run: completion_test.py COMMAND.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import pexpect

COMMAND = pathlib.Path(sys.argv.pop(1)).resolve(strict=True)
PATIENCE = 60  # seconds for a shell to answer; they take a fraction of one
INSERT, WRITE = "\x14", "\x07"  # Ctrl-T, Ctrl-G


class Terminal:
    """A shell on a terminal, in a folder with the files `files`."""

    def __init__(self, folder, words, setup, environment):
        self.answer = folder / "answer"
        files = folder / "files"
        files.mkdir()
        for name in ("page.html", "two words.txt"):
            (files / name).touch()
        common = {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder), "TERM": "dumb", "ANSWER": str(self.answer), "LC_ALL": "C"}
        (folder / "leash").symlink_to(COMMAND)
        (folder / "setup").write_text(setup)
        self.shell = pexpect.spawn(words[0], words[1:], cwd=files, env={**common, **environment}, timeout=PATIENCE, encoding="utf-8",
                                   dimensions=(50, 500))
        self.shell.sendline(". ../setup")
        self.shell.expect_exact("<ready>")

    def offered(self, line):
        """What is inserted for the last word of `line`."""
        self.shell.send(line + INSERT + WRITE)
        self.shell.expect_exact("<written>")
        written = self.answer.read_text().rstrip("\n")
        self.shell.send("\x15")  # Ctrl-U: an empty line again
        begin = line.rsplit(" ", 1)[0] + " "
        if not written.startswith(begin):
            raise AssertionError(f"{line!r} became {written!r}")
        return written[len(begin):].split()

    def close(self):
        self.shell.close(force=True)


class Offers:
    """What every shell offers. A subclass has offered(line), which returns a list of words."""

    def test_a_command(self):
        self.assertEqual(self.offered("leash r"), ["race"])
        self.assertEqual(self.offered("leash d"), ["demo"])

    def test_every_command_that_the_help_names(self):
        text = subprocess.run([COMMAND, "--help"], check=True, capture_output=True, text=True, timeout=60).stdout
        block = text.split("Commands:\n")[1].split("\n\n")[0]
        names = {line.split()[0] for line in block.splitlines() if line.startswith("  ") and line[2] != " "}
        self.assertLessEqual({"demo", "race"}, names)
        self.assertEqual(set(self.offered("leash ")), names)

    def test_the_options_of_the_command_that_is_given(self):
        offered = self.offered("leash race --h")
        self.assertLessEqual({"--header", "--hedge-delay", "--help"}, set(offered))
        self.assertTrue(all(word.startswith("--h") for word in offered), offered)
        self.assertEqual(self.offered("leash demo --h"), ["--help"])
        self.assertEqual(self.offered("leash demo --qu"), ["--quick"])

    def test_the_values_of_an_option_that_takes_few(self):
        self.assertEqual(sorted(self.offered("leash race --format ")), ["json", "text"])
        self.assertEqual(self.offered("leash race --format j"), ["json"])
        self.assertEqual(sorted(self.offered("leash demo --lang ")), ["en", "zh"])

    def test_files_where_a_file_is_meant(self):
        self.assertEqual(self.offered("leash race -o pa"), ["page.html"])
        self.assertEqual(self.offered("leash race --output pa"), ["page.html"])

    def test_no_file_where_none_is_meant(self):
        self.assertEqual(self.offered("leash race -m pa"), self.nothing("pa"))
        self.assertEqual(self.offered("leash pa"), self.nothing("pa"))

    def nothing(self, word):
        """What offered() returns when nothing is offered for that word."""
        return [word]


class OnATerminal(Offers):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.terminal = self.start(pathlib.Path(folder.name))
        self.addCleanup(self.terminal.close)

    def offered(self, line):
        return self.terminal.offered(line)

    def test_a_value_behind_an_equals_sign(self):
        self.assertIn("json", self.offered("leash race --format=js")[0])

    def test_a_files_name_with_a_space_is_one_word(self):
        self.assertEqual(self.offered("leash race -o two"), ["two\\", "words.txt"])


class InBash(OnATerminal, unittest.TestCase):
    SETUP = r"""
. /usr/share/bash-completion/bash_completion
write() { printf '%s\n' "$READLINE_LINE" > "$ANSWER"; echo '<writ''ten>'; }
bind '"\C-t": insert-completions'
bind -x '"\C-g": write'
echo '<rea''dy>'
"""

    def start(self, folder):
        scripts = folder / "bash-completion/completions"
        scripts.mkdir(parents=True)
        (scripts / "leash").write_text(script_of("bash"))
        return Terminal(folder, ["bash", "--norc", "--noprofile", "-i"], self.SETUP,
                        {"BASH_COMPLETION_USER_DIR": str(folder / "bash-completion")})


class InZsh(OnATerminal, unittest.TestCase):
    SETUP = r"""
fpath=(~/functions $fpath)
autoload -Uz compinit
compinit -u -D
zle -C all-matches complete-word _generic
bindkey '^T' all-matches
zstyle ':completion:all-matches:*' insert yes
zstyle ':completion:all-matches::::' completer _all_matches _complete
write() { print -r -- "$BUFFER" > $ANSWER; print '<writ''ten>' }
zle -N write
bindkey '^G' write
bindkey '^U' kill-whole-line
print '<rea''dy>'
"""

    def start(self, folder):
        (folder / "functions").mkdir()
        (folder / "functions/_leash").write_text(script_of("zsh"))
        return Terminal(folder, ["zsh", "-f", "-i"], self.SETUP, {})


class InFish(Offers, unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        scripts = self.folder / "config/fish/completions"
        scripts.mkdir(parents=True)
        (scripts / "leash.fish").write_text(script_of("fish"))
        (self.folder / "leash").symlink_to(COMMAND)
        (self.folder / "files").mkdir()
        (self.folder / "files/page.html").touch()

    def offered(self, line):
        environment = {"PATH": f"{self.folder}:{os.environ['PATH']}", "HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder / "config"),
                       "XDG_DATA_HOME": str(self.folder / "data"), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(["fish", "-c", "complete -C $argv[1]", line], cwd=self.folder / "files", env=environment, check=True,
                              capture_output=True, text=True, timeout=PATIENCE)
        return [each.split("\t")[0] for each in done.stdout.splitlines()]

    def nothing(self, word):
        return []

    def test_it_says_what_an_option_does(self):
        text = subprocess.run(["fish", "-c", "complete -C 'leash race --time'"], cwd=self.folder / "files", check=True,
                              env={"PATH": f"{self.folder}:{os.environ['PATH']}", "XDG_CONFIG_HOME": str(self.folder / "config"),
                                   "HOME": str(self.folder)},
                              capture_output=True, text=True, timeout=PATIENCE).stdout
        self.assertEqual(text, "--timeline\tWhat happened when, on stderr\n")


def script_of(shell):
    return subprocess.run([COMMAND, "--completion", shell], check=True, capture_output=True, text=True, timeout=60).stdout





if __name__ == "__main__":
    unittest.main(verbosity=2)
