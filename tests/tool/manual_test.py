#!/usr/bin/env python3
"""The command's manual pages: one a command, each rendered by mandoc and by groff without a word of complaint.

Run: manual_test.py COMMAND.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

COMMAND = pathlib.Path(sys.argv.pop(1)).resolve(strict=True)


def output_of(*words, **options):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True, timeout=60,
                          **options).stdout


def rendered(page):
    """The page as plain text; bold letters are struck twice, by backspaces."""
    return re.sub(r".\x08", "", output_of("mandoc", "-Tascii", "-O", "width=200", page))


class Manual(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        epoch = {**os.environ, "SOURCE_DATE_EPOCH": "86400"}
        subprocess.run([COMMAND, "--manual", folder.name], check=True, env=epoch, timeout=60)
        cls.pages = {path.stem: path for path in pathlib.Path(folder.name).iterdir()}

    def test_each_command_has_a_page_and_nothing_else_has(self):
        block = re.search(r"^Commands:\n((?:  .*\n)+)", output_of(COMMAND, "--help"), re.MULTILINE)
        commands = re.findall(r"^  (\S+)", block.group(1), re.MULTILINE)
        self.assertIn("race", commands)
        self.assertEqual(set(self.pages), {"leash", *(f"leash-{name}" for name in commands)})

    def test_mandoc_and_groff_find_nothing_to_complain_of(self):
        for page in self.pages.values():
            # Below a warning is style alone: how long a line of the source is.
            lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning", page], capture_output=True, text=True, check=False)
            self.assertEqual((lint.stdout, lint.returncode), ("", 0))
            groff = subprocess.run(["groff", "-man", "-ww", "-Tutf8", page], capture_output=True, text=True, check=True)
            self.assertEqual(groff.stderr, "")

    def test_every_option_of_the_help_is_on_the_page(self):
        for name, page in self.pages.items():
            text = rendered(page)
            options = re.findall(r"^  (?:-\w, |    )(--[\w-]+)", output_of(COMMAND, *name.split("-")[1:], "--help"), re.MULTILINE)
            self.assertIn("--help", options)
            for option in options:
                self.assertRegex(text, rf"(?m)^ +(-\w, )?{option}\b", f"{name} {option}")

    def test_a_page_has_its_sections_its_date_and_the_pages_beside_it(self):
        text = rendered(self.pages["leash-race"])
        headings = re.findall(r"^[A-Z ]+$", text, re.MULTILINE)
        self.assertEqual(headings, ["NAME", "SYNOPSIS", "DESCRIPTION", "ARGUMENTS", "OPTIONS", "EXAMPLES", "EXIT STATUS", "SEE ALSO"])
        self.assertIn("leash-race - ask several URLs at once", text)
        self.assertIn("1970-01-02", text)
        self.assertIn("leash(1), ", text)
        self.assertNotIn("leash-race(1)", text)
        # What is no item stands as a paragraph, and an example's command above what it does.
        self.assertRegex(text, r"(?m)^ {5,7}Otherwise curl's number")
        self.assertRegex(text, r"(?m)^ {5,7}leash race https://\S+ https://\S+\n {10,}The first good answer")

    def test_the_page_of_all_names_each_command(self):
        self.assertRegex(rendered(self.pages["leash"]), r"(?m)^COMMANDS\n(.*\n)*? +race +Ask several URLs")


if __name__ == "__main__":
    unittest.main(verbosity=2)
