#!/usr/bin/env python3
"""The layering rules of the tree, and the proof that each of them can fail.

tests/layering.txt names the floors and puts every public header on one. Checked:
  - a file includes only files of its own floor and of lower ones;
  - a core header includes of others only what is the standard library's, fmt's, or allowed by the table; it reaches no
    Boost and no curl, through whatever it includes (the compiler's own list of files is read);
  - every public header compiles alone, without a warning, and stands in the table, and every row has its header;
  - <leash/leash.hpp> costs what the headers of others in it cost: preprocessed it has at most 1.3 times their lines;
  - no file is longer than 500 lines.

Run: layering_test.py [ROOT]. The compiler is CXX (else clang++-19).
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMPILER = shlex.split(os.environ.get("CXX", "clang++-19"))
LANGUAGE = ["-std=c++20"]
FLAGS = [*LANGUAGE, "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
LONGEST = 500
WHOLE = "leash.hpp"  # the header that includes the whole core
HEAVIEST = 1.3
FOLDERS = ("include", "src", "tool", "tests", "examples", "bench", "cmake", "scripts", "web", "docs")
CODE = {".hpp", ".cpp", ".h", ".c", ".py", ".sh", ".go", ".js", ".cmake"}
STANDARD = re.compile(r"[a-z_]+|fmt/\w+\.h")
FOREIGN = re.compile(r"(?:^|/)(boost|curl)/")
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*[<\"]([^>\"]+)[>\"]", re.MULTILINE)


class Table:
    """tests/layering.txt, read."""

    def __init__(self, root):
        self.height = {}  # floor -> height
        self.core = set()  # floors of the core
        self.headers = {}  # public header's file name -> floor
        self.allowed = set()  # what else a header of the core may include
        for line in (root / "tests/layering.txt").read_text().splitlines():
            words = line.split("#")[0].split()
            if words[:1] == ["floor"]:
                self.height[words[1]] = int(words[2])
                if "core" in words[3:]:
                    self.core.add(words[1])
            elif words[:1] == ["header"]:
                self.headers[words[1]] = words[2]
            elif words[:1] == ["allow"]:
                self.allowed.add(words[1])

    def floor_of(self, path):
        """The floor of a file, given by its path from the root; None when it stands on none (tests, examples)."""
        parts = pathlib.PurePosixPath(path).parts
        if parts[:3] == ("include", "leash", "detail"):
            return parts[3] if len(parts) > 4 else None
        if parts[:2] == ("include", "leash"):
            return self.headers.get("/".join(parts[2:]))
        if parts[:1] == ("src",):
            return parts[1] if len(parts) > 2 else None
        return "tool" if parts[:1] == ("tool",) else None


def sources(root, *folders):
    """The C++ files in these folders, as paths from the root."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".hpp", ".cpp"):
                yield path.relative_to(root).as_posix()


def resolve(root, includer, name):
    """The file of the repository that this #include means, or None when it is somebody else's."""
    beside = (root / includer).parent / name
    for candidate in (beside, root / "include" / name, root / "src" / name, root / "tool" / name):
        if candidate.is_file():
            return pathlib.Path(os.path.normpath(candidate)).relative_to(root).as_posix()
    return None


def upward_includes(root, table):
    """A file includes only files of its own floor and of lower ones, and the core's of others only what is allowed."""
    for path in sources(root, "include", "src", "tool"):
        floor = table.floor_of(path)
        if floor not in table.height:
            yield f"{path}: stands on no floor; put it into tests/layering.txt"
            continue
        for name in INCLUDE.findall((root / path).read_text()):
            if floor in table.core and FOREIGN.search(name):
                yield f"{path}: a file of the core includes {name}"
            target = resolve(root, path, name)
            if not target and floor in table.core and path.startswith("include/"):
                if not STANDARD.fullmatch(name) and name not in table.allowed:
                    yield f"{path}: includes {name}; a header of the core may not, unless tests/layering.txt allows it"
            other = target and table.floor_of(target)
            if other not in table.height or other == floor:
                continue
            if table.height[other] >= table.height[floor]:
                yield f"{path} (floor {floor}) includes {target} (floor {other})"


def compile_alone(root, header):
    """Compiles a file that holds one #include. Returns the compiler's complaints and the files that it read."""
    with tempfile.TemporaryDirectory() as folder:
        unit, reads = pathlib.Path(folder, "alone.cpp"), pathlib.Path(folder, "alone.d")
        unit.write_text(f"#include <leash/{header}>\n")
        done = subprocess.run(
            [*COMPILER, *FLAGS, "-I", root / "include", "-MD", "-MF", reads, "-MT", "alone", unit],
            capture_output=True, text=True, check=False)
        files = reads.read_text().replace("\\\n", " ").split()[1:] if reads.exists() else []
        return done.stderr if done.returncode else "", files


def headers_alone(root, table):
    """Every public header compiles alone; a core header's reads contain nothing of Boost or curl."""
    headers = sorted(path.name for path in (root / "include/leash").glob("*.hpp"))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, (complaints, reads) in zip(headers, pool.map(lambda h: compile_alone(root, h), headers)):
            if complaints:
                yield f"include/leash/{header} does not compile alone:\n{complaints}"
            foreign = [name for name in reads if FOREIGN.search(name)]
            if foreign and table.headers.get(header) in table.core:
                yield f"include/leash/{header}: a header of the core reaches {foreign[0]}"


def preprocessed(root, *flags, text):
    """What the compiler's preprocessor makes of a file with this text."""
    done = subprocess.run([*COMPILER, *LANGUAGE, *flags, "-I", root / "include", "-E", "-x", "c++", "-"],
                          input=text, capture_output=True, text=True, check=True)
    return done.stdout


def lines_of_the_whole(root):
    """The preprocessed lines of the header with the whole core, and of a file with nothing but the headers of others in it."""
    whole = preprocessed(root, text=f"#include <leash/{WHOLE}>\n")
    own = (root / "include").as_posix() + "/"
    read = {name for name in re.findall(r'^# \d+ "([^"]+)"', whole, re.MULTILINE) if name.startswith(own)}
    others = {name for path in read for name in INCLUDE.findall(pathlib.Path(path).read_text())
              if not resolve(root, pathlib.Path(path).relative_to(root), name)}
    alone = preprocessed(root, text="".join(f"#include <{name}>\n" for name in sorted(others)))
    return whole.count("\n"), alone.count("\n")


def heavy_whole(root):
    if not (root / "include/leash" / WHOLE).exists():
        return
    try:
        whole, others = lines_of_the_whole(root)
    except subprocess.CalledProcessError as error:
        yield f"include/leash/{WHOLE} cannot be preprocessed:\n{error.stderr}"
        return
    print(f"{root}: {whole} lines with <leash/{WHOLE}>, {others} with the headers of others in it alone", file=sys.stderr)
    if whole > HEAVIEST * others:
        yield f"include/leash/{WHOLE}: {whole} lines preprocessed, {HEAVIEST} times {others} at most"


def rows_without_header(root, table):
    for header in table.headers:
        if not (root / "include/leash" / header).is_file():
            yield f"tests/layering.txt: there is no header {header}"


def long_files(root):
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and path.suffix in CODE:
                lines = path.read_bytes().count(b"\n")
                if lines > LONGEST:
                    yield f"{path.relative_to(root)}: {lines} lines, {LONGEST} at most"


def violations(root):
    table = Table(root)
    return [*upward_includes(root, table), *headers_alone(root, table), *rows_without_header(root, table), *heavy_whole(root),
            *long_files(root)]


class TheTree(unittest.TestCase):
    def test_keeps_every_rule(self):
        found = violations(ROOT)
        self.assertFalse(found, "\n" + "\n".join(found))


class EachRuleCanFail(unittest.TestCase):
    """Small trees that keep every rule but one."""

    GOOD = {
        "tests/layering.txt": "floor base 1 core\nfloor sync 3 core\nfloor net 6\nheader low.hpp base\n"
                              "header high.hpp sync\nheader wire.hpp net\n",
        "include/leash/low.hpp": "#pragma once\n#include <leash/detail/base/list.hpp>\ninline int low() { return 1; }\n",
        "include/leash/detail/base/list.hpp": "#pragma once\n",
        "include/leash/high.hpp": "#pragma once\n#include <leash/low.hpp>\ninline int high() { return low(); }\n",
        "include/leash/wire.hpp": "#pragma once\n#include <boost/version.hpp>\n",
        "src/sync/high.cpp": "#include <leash/high.hpp>\n#include \"sync/local.hpp\"\n",
        "src/sync/local.hpp": "#pragma once\n",
    }

    def found_with(self, **changes):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in {**self.GOOD, **changes.get("files", {})}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return violations(root)

    def assert_found(self, sentence, files):
        found = self.found_with(files=files)
        self.assertEqual(len(found), 1, found)
        self.assertIn(sentence, found[0])

    def test_a_good_tree_has_no_violation(self):
        self.assertEqual(self.found_with(), [])

    def test_a_public_header_that_includes_a_higher_one_is_found(self):
        self.assert_found("low.hpp (floor base) includes include/leash/high.hpp (floor sync)", {
            "include/leash/low.hpp": "#pragma once\n#include <leash/high.hpp>\n",
            "include/leash/high.hpp": "#pragma once\n"})

    def test_a_source_that_includes_a_higher_floor_is_found(self):
        self.assert_found("src/base/pool.cpp (floor base) includes src/sync/local.hpp (floor sync)", {
            "src/base/pool.cpp": "#include \"../sync/local.hpp\"\n"})

    def test_a_detail_header_that_includes_a_higher_floor_is_found(self):
        self.assert_found("detail/base/list.hpp (floor base) includes include/leash/detail/sync/core.hpp", {
            "include/leash/detail/base/list.hpp": "#pragma once\n#include <leash/detail/sync/core.hpp>\n",
            "include/leash/detail/sync/core.hpp": "#pragma once\n"})

    def test_a_core_source_that_includes_asio_is_found(self):
        self.assert_found("a file of the core includes boost/asio.hpp", {
            "src/sync/high.cpp": "#include <boost/asio.hpp>\n"})

    def test_a_core_header_that_includes_what_is_not_allowed_is_found(self):
        high = {"include/leash/high.hpp": "#pragma once\n#include <pthread.h>\n"}
        self.assert_found("include/leash/high.hpp: includes pthread.h", high)
        allowed = self.GOOD["tests/layering.txt"] + "allow pthread.h\n"
        self.assertEqual(self.found_with(files={**high, "tests/layering.txt": allowed}), [])

    def test_a_core_header_that_reaches_boost_through_another_file_is_found(self):
        self.assert_found("high.hpp: a header of the core reaches /usr/include/boost/version.hpp", {
            "include/leash/high.hpp": "#pragma once\n#include <by_the_way.inc>\n",
            "include/by_the_way.inc": "#pragma once\n#include <boost/version.hpp>\n"})

    def test_a_header_that_does_not_compile_alone_is_found(self):
        self.assert_found("high.hpp does not compile alone", {
            "include/leash/high.hpp": "#pragma once\ninline std::size_t high() { return 1; }\n"})

    def test_a_header_with_a_warning_is_found(self):
        self.assert_found("high.hpp does not compile alone", {
            "include/leash/high.hpp": "#pragma once\ninline int high(long wide) { return wide; }\n"})

    def test_a_header_outside_the_table_is_found(self):
        self.assert_found("include/leash/stray.hpp: stands on no floor", {"include/leash/stray.hpp": "#pragma once\n"})

    def test_a_row_without_its_header_is_found(self):
        self.assert_found("there is no header gone.hpp", {
            "tests/layering.txt": self.GOOD["tests/layering.txt"] + "header gone.hpp base\n"})

    def test_a_whole_that_outweighs_what_it_includes_is_found(self):
        table = self.GOOD["tests/layering.txt"] + "header leash.hpp sync\n"
        light = "#pragma once\n#include <cstddef>\n#include <leash/high.hpp>\n"
        self.assertEqual(self.found_with(files={"tests/layering.txt": table, "include/leash/leash.hpp": light}), [])
        self.assert_found("include/leash/leash.hpp: ", {
            "tests/layering.txt": table, "include/leash/leash.hpp": light,
            "include/leash/detail/base/list.hpp": "#pragma once\n#include <many.inc>\n", "include/many.inc": "int same();\n" * 20_000})

    def test_a_file_of_501_lines_is_found(self):
        self.assert_found("src/sync/local.hpp: 501 lines, 500 at most", {"src/sync/local.hpp": "\n" * 501})


if __name__ == "__main__":
    if len(sys.argv) > 1:
        ROOT = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
