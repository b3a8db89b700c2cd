#!/usr/bin/env python3
"""What is installed can be used: the project in examples/consumer is built against it, in both ways, and does what it says.

The tree is installed below a DESTDIR and then moved, so that nothing in it may depend on where it was installed.

Run: install_test.py BUILD_FOLDER COMPILER.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONSUMER = ROOT / "examples/consumer"
COMPILER = sys.argv.pop()
BUILD = pathlib.Path(sys.argv.pop()).resolve(strict=True)

SAID = {
    "racer": "winner: Google, goroutines left: 0\n",
    "racer_test": "passed\n",
    "timer": "the timer rang\n",
    "fetch": "number 1 won: you asked for /search\n",
}
OF_THE_CORE = ("racer", "racer_test")
WITHOUT_BOOST = "-DCMAKE_DISABLE_FIND_PACKAGE_Boost=ON"
WITHOUT_CURL = "-DCMAKE_DISABLE_FIND_PACKAGE_CURL=ON"


def run(*words, **options):
    """Runs it; returns its exit status and what it said."""
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300,
                          check=False, **options)
    return done.returncode, done.stdout


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="leash-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        stage = cls.folder / "stage"
        code, said = run("cmake", "--install", BUILD, "--prefix", "/usr/some/where", env={**os.environ, "DESTDIR": str(stage)})
        assert code == 0, said
        cls.prefix = cls.folder / "moved to"
        (stage / "usr/some/where").rename(cls.prefix)
        cls.left_in_stage = [path for path in stage.rglob("*") if not path.is_dir()]

    def scratch(self):
        return pathlib.Path(tempfile.mkdtemp(dir=self.folder))

    def configured(self, source, *options):
        """A folder that was configured, the exit status, and what CMake said in one line."""
        folder = self.scratch()
        code, said = run("cmake", "-G", "Ninja", "-S", source, "-B", folder, f"-DCMAKE_PREFIX_PATH={self.prefix}",
                         f"-DCMAKE_CXX_COMPILER={COMPILER}", "-DCMAKE_BUILD_TYPE=Release", *options)
        return folder, code, " ".join(said.split())

    def refused(self, packages, *options):
        """What CMake says of a project with this find_package, which has to fail."""
        source = self.scratch()
        (source / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.25)\nproject(refused LANGUAGES CXX)\n"
                                               f"find_package(leash {packages})\n")
        _, code, said = self.configured(source, *options)
        self.assertNotEqual(code, 0, said)
        return said

    def assert_programs(self, folder, names):
        for name in names:
            with self.subTest(program=name):
                self.assertEqual(run(folder / name, env={**os.environ, "no_proxy": "*"}), (0, SAID[name]))

    def assert_debug_server(self, program):
        said = run(program, env={**os.environ, "no_proxy": "*", "LEASH_DEBUG_ADDR": "127.0.0.1:0"})[1]
        self.assertIn("leash: debug server at http://127.0.0.1:", said)

    def pkg_config(self, *words, **environment):
        return run("pkg-config", *words, env={**os.environ, "PKG_CONFIG_PATH": f"{self.prefix}/lib/pkgconfig", **environment})

    def test_all_of_it_lies_below_the_prefix(self):
        self.assertEqual(self.left_in_stage, [])
        for name in ("bin/leash", "lib/libleash_core.a", "include/leash/leash.hpp", "include/leash/testing.hpp", "share/man/man1/leash.1",
                     "share/man/man1/leash-race.1", "share/bash-completion/completions/leash", "share/zsh/site-functions/_leash",
                     "share/fish/vendor_completions.d/leash.fish", "share/doc/leash/LICENSE",
                     "share/leash/gdb/leash.py"):
            self.assertTrue((self.prefix / name).is_file(), name)
        self.assertEqual(run(self.prefix / "bin/leash", "--version")[0], 0)

    def test_no_file_names_the_place_where_it_was_built_or_installed(self):
        files = [*self.prefix.rglob("*.cmake"), *self.prefix.rglob("*.pc")]
        self.assertGreater(len(files), 10)
        for path in files:
            for place in (str(ROOT), str(BUILD), "/usr/some/where"):
                self.assertNotIn(place, path.read_text(), path.name)

    def test_cmake_builds_the_consumer(self):
        folder, code, said = self.configured(CONSUMER)
        self.assertEqual(code, 0, said)
        code, said = run("cmake", "--build", folder, "-j", "2")
        self.assertEqual(code, 0, said)
        self.assert_programs(folder, SAID)
        self.assert_debug_server(folder / "fetch")
        self.assertEqual(run("ctest", "--test-dir", folder)[0], 0)

    def test_cmake_builds_what_needs_the_core_alone_where_there_is_no_boost_and_no_curl(self):
        folder, code, said = self.configured(CONSUMER, WITHOUT_BOOST, WITHOUT_CURL)
        self.assertEqual(code, 0, said)
        code, said = run("cmake", "--build", folder, "-j", "2")
        self.assertEqual(code, 0, said)
        self.assert_programs(folder, OF_THE_CORE)
        self.assertFalse((folder / "timer").exists() or (folder / "fetch").exists())

    def test_pkg_config_builds_the_consumer(self):
        folder = self.scratch() / "consumer"
        shutil.copytree(CONSUMER, folder)
        moved = folder.parent / "moved"  # the Makefile's shell would split a space in -I
        moved.symlink_to(self.prefix)
        code, said = run("make", "-j2", f"CXX={COMPILER}", f"PKG_CONFIG_PATH={moved}/lib/pkgconfig", cwd=folder)
        self.assertEqual(code, 0, said)
        self.assert_programs(folder, SAID)
        self.assert_debug_server(folder / "fetch")

    def test_pkg_config_asks_for_what_each_library_uses_and_no_more(self):
        core = self.pkg_config("--libs", "leash-core")[1].split()
        self.assertLess(core.index("-lleash_core"), core.index("-lfmt"))
        self.assertIn("-pthread", core)
        self.assertNotIn("-lcurl", core)
        testing = self.pkg_config("--libs", "leash-testing")[1].split()
        self.assertLess(testing.index("-lleash_testing"), testing.index("-lleash_core"))
        http = self.pkg_config("--libs", "leash-http")[1].split()
        order = [http.index(f"-l{name}") for name in ("leash_http", "leash_net", "leash_core", "fmt")]
        self.assertEqual(order, sorted(order))
        self.assertLess(http.index("-lleash_http"), http.index("-lcurl"))
        self.assertEqual(self.pkg_config("--libs", "leash")[1].split(), http)
        for name in ("leash", "leash-core", "leash-testing", "leash-net", "leash-http"):
            self.assertEqual(self.pkg_config("--validate", name), (0, ""))
            self.assertEqual(self.pkg_config("--modversion", name)[1].strip(), self.version())

    def version(self):
        return run(self.prefix / "bin/leash", "--version")[1].split()[1]

    def test_an_unknown_component_is_named_with_those_that_there_are(self):
        said = self.refused("REQUIRED COMPONENTS core htpt")
        self.assertIn("leash has no component htpt; it has core, testing, net, http.", said)

    def test_a_library_that_is_missing_is_named_with_its_package(self):
        self.assertIn("leash::http needs CURL, which was not found; on Debian: libcurl4-openssl-dev.",
                      self.refused("REQUIRED COMPONENTS http", WITHOUT_CURL))
        self.assertIn("leash::net needs Boost 1.81, which was not found; on Debian: libboost1.81-dev.",
                      self.refused("REQUIRED COMPONENTS http", WITHOUT_BOOST))
        self.assertIn("leash::net needs Boost 1.81", self.refused("REQUIRED", WITHOUT_BOOST))

    def test_another_version_is_refused(self):
        self.assertIn("0.2", self.refused("0.2 REQUIRED COMPONENTS core"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
