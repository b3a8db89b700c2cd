#!/usr/bin/env python3
"""The debug server, from outside: go tool pprof, protoc, Prometheus and impolite clients look at a real program.

Run: debug_server_test.py DEBUGGED DEBUGGED_CORE. The first links leash::http, the second does not; see
tests/programs/debugged.cpp.
"""

import contextlib
import gzip
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
CORE = sys.argv.pop()
PROGRAM = sys.argv.pop()
TIMEOUT = 60
GOROUTINE = "/debug/pprof/goroutine"
LEAKED = "/debug/pprof/goroutineleak"


class Debugged:
    """A program that runs with its debug server until the end of the with block."""

    def __init__(self, *words, address="127.0.0.1:0", program=PROGRAM):
        self.process = subprocess.Popen(
            [program, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "LEASH_DEBUG_ADDR": address})
        self.said = self.process.stderr.readline()
        found = re.search(r"http://(.+):(\d+)/debug/pprof/$", self.said.strip())
        self.port = int(found.group(2)) if found else None
        self.expect("ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Not communicate(): it passes over what readline() has read ahead.
        killer = threading.Timer(TIMEOUT, self.process.kill)
        killer.start()
        self.process.stdin.close()
        self.rest = self.process.stderr.read()
        self.process.wait()
        killer.cancel()
        self.process.stdout.close()
        self.process.stderr.close()

    def expect(self, line):
        got = self.process.stdout.readline().strip()
        assert got == line, f"{got!r} instead of {line!r}; it said: {self.said}"

    def tell(self, line, answer):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        self.expect(answer)

    def park_ten_more(self):
        self.tell("more", "parked")

    def leak_five(self):
        """Returns once all five have parked, and are proven."""
        self.tell("leak", "leaked")
        until = time.monotonic() + TIMEOUT
        while not self.ask(LEAKED + "?debug=1")[2].startswith(b"goroutineleak profile: total 5\n"):
            assert time.monotonic() < until, "the five are not proven to be leaked"

    def url(self, path=GOROUTINE):
        return f"http://127.0.0.1:{self.port}{path}"

    def ask(self, path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        with contextlib.closing(connection):
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()

    def resident(self):
        """Bytes of memory that it has."""
        pages = pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


def run(*words, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, timeout=TIMEOUT, check=False, **options)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def needs(tool, package):
    return unittest.skipUnless(shutil.which(tool), f"{tool} is not installed; on Debian: {package}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class WithProgram(unittest.TestCase):
    words = ()

    @classmethod
    def setUpClass(cls):
        cls.program = cls.enterClassContext(Debugged(*cls.words))
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="leash-debug-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)


class Pprof(WithProgram):
    def pprof(self, *words):
        environment = {**os.environ, "GOFLAGS": "-mod=mod", "GOPROXY": "off", "HOME": str(self.folder),
                       "PPROF_TMPDIR": str(self.folder / "pprof"), "no_proxy": "*"}
        code, said, complaints = run("go", "tool", "pprof", *words, env=environment)
        self.assertEqual(code, 0, complaints)
        return said


class Leaks(Pprof):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program.leak_five()

    @needs("go", "golang-go")
    def test_are_what_go_tool_pprof_shows(self):
        said = self.pprof("-top", self.program.url(LEAKED))
        self.assertIn("Type: goroutineleak", said)
        self.assertIn("Showing nodes accounting for 5, 100% of 5 total", said)
        self.assertRegex(said, r" 5 +100% +100% +5 +100%  send_to_nobody\n")

    @needs("go", "golang-go")
    def test_have_a_label_of_their_own(self):
        said = self.pprof("-raw", self.program.url(LEAKED))
        self.assertIn("PeriodType: goroutineleak count\n", said)
        self.assertIn("leak:[proven]", said)

    def test_are_marked_as_in_go(self):
        status, _, body = self.program.ask(LEAKED + "?debug=2")
        self.assertEqual(status, 200)
        self.assertEqual(len(re.findall(rb"(?m)^goroutine \d+ \[chan send \(leaked\)\]:$", body)), 5)

    def test_are_named_in_the_file_that_is_saved(self):
        for query, name in (("", "goroutineleak"), ("?suspects=1", "goroutineleak"), ("?seconds=1", "goroutineleak-delta")):
            status, headers, body = self.program.ask(LEAKED + query)
            self.assertEqual((status, headers["Content-Disposition"], body[:2]), (200, f'attachment; filename="{name}"', b"\x1f\x8b"))

    def test_are_counted_in_the_index(self):
        self.assertIn('<td>5</td><td><a href="goroutineleak?debug=1">', self.program.ask("/debug/pprof/")[2].decode())


class Profiles(Pprof):
    def saved(self):
        path = self.folder / "goroutine.pb"
        path.write_bytes(gzip.decompress(self.program.ask(GOROUTINE)[2]))
        return path

    def assert_top(self, said):
        self.assertIn("Type: goroutine", said)
        self.assertIn("Showing nodes accounting for 1100, 100% of 1100 total", said)
        self.assertRegex(said, r"1000 90\.91% 90\.91% +1000 90\.91%  send_it\n")
        self.assertRegex(said, r" 100  9\.09% +100% +100  9\.09%  sleeper\n")
        self.assertRegex(said, r" 0 +0% +100% +1000 90\.91%  created by start_racers\n")

    @needs("go", "golang-go")
    def test_go_tool_pprof_reads_the_url(self):
        self.assert_top(self.pprof("-top", self.program.url()))

    @needs("go", "golang-go")
    def test_go_tool_pprof_reads_a_file_that_is_not_compressed(self):
        self.assert_top(self.pprof("-top", self.saved()))

    @needs("go", "golang-go")
    def test_go_tool_pprof_shows_whole_stacks_with_their_labels(self):
        said = self.pprof("-traces", self.program.url())
        self.assertRegex(said, r"reason: +chan send\n +created: +\S+debugged\.cpp:\d+\n +age: +\S+\n +waiting: +\S+\n"
                               r" +1000 +send_it\n +request\n +racer\n +created by start_racers\n")

    @needs("go", "golang-go")
    def test_go_tool_pprof_finds_nothing_to_complain_about(self):
        said = self.pprof("-raw", self.program.url())
        self.assertIn("PeriodType: goroutine count\nPeriod: 1\n", said)
        self.assertIn("reason:[chan send]", said)
        self.assertRegex(said, r"1: 0x0 M=1 \S+ \S+debugged\.cpp:\d+")

    @needs("protoc", "protobuf-compiler")
    def test_protoc_decodes_it_and_knows_every_field(self):
        with self.saved().open("rb") as profile:
            code, said, complaints = run("protoc", f"--proto_path={HERE}", "--decode=Profile", HERE / "profile.proto", stdin=profile)
        self.assertEqual((code, complaints), (0, ""))
        self.assertNotRegex(said, r"(?m)^ *\d+[:\s]")  # how it shows what the .proto does not know
        self.assertRegex(said, r'(?s)sample {.*location {.*function {.*string_table: ""\n')
        for table in ("location", "function"):
            ids = re.findall(rf"(?m)^{table} {{\n  id: (\d+)", said)
            self.assertEqual(ids, [str(i + 1) for i in range(len(ids))], table)

    @needs("go", "golang-go")
    def test_a_difference_shows_what_came_in_the_meantime(self):
        grown = 0
        with Debugged() as program:
            for seconds in (1, 2, 4, 8, 16):  # where this process stood still for all of them, nothing came
                status, headers, body = self.answer_while_more_are_parked(program, f"{GOROUTINE}?seconds={seconds}")
                self.assertEqual(status, 200)
                self.assertIn("goroutine-delta", headers["Content-Disposition"])
                path = self.folder / "delta.pb.gz"
                path.write_bytes(body)
                said = self.pprof("-raw", path)
                grown = sum(map(int, re.findall(r"(?m)^ +(-?\d+): [\d ]+$", said)))
                if grown >= 10:
                    break
        self.assertGreaterEqual(grown, 10, said)
        self.assertRegex(said, r"Duration: \d")
        self.assertGreaterEqual(int(re.search(r"Duration: (\d+)", said).group(1)), seconds)
        self.assertIn(" send_it ", said)
        self.assertNotIn(" sleeper ", said)
        self.assertNotIn("age:[", said)

    @staticmethod
    def answer_while_more_are_parked(program, path):
        answers = []
        asking = threading.Thread(target=lambda: answers.append(program.ask(path)))
        asking.start()
        while asking.is_alive():
            program.park_ten_more()
            asking.join(0.01)
        return answers[0]

    def test_the_answer_is_a_file(self):
        status, headers, body = self.program.ask(GOROUTINE)
        self.assertEqual(status, 200)
        self.assertEqual(headers["Content-Type"], "application/octet-stream")
        self.assertEqual(headers["Content-Disposition"], 'attachment; filename="goroutine"')
        self.assertEqual(body[:2], b"\x1f\x8b")

    def test_the_texts_are_those_that_go_has(self):
        status, headers, body = self.program.ask(GOROUTINE + "?debug=1")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/plain; charset=utf-8"))
        self.assertTrue(body.startswith(b"goroutine profile: total 1100\n1000 @ 0x"), body[:100])
        status, _, body = self.program.ask(GOROUTINE + "?debug=2")
        self.assertEqual(status, 200)
        self.assertEqual(len(re.findall(rb"(?m)^goroutine \d+ \[chan send\]:$", body)), 1000)


class Requests(WithProgram):
    def assert_refused(self, query, sentence):
        status, _, body = self.program.ask(GOROUTINE + "?" + query)
        self.assertEqual((status, body.decode()), (400, sentence + "\n"))

    def test_with_bad_queries_are_told_which_key_and_what_is_allowed(self):
        debug = "give 0 (protobuf), 1 (text, grouped) or 2 (text, one by one)"
        seconds = "give a whole number of seconds from 1 to 3600"
        self.assert_refused("debug=3", f"debug=3: {debug}")
        self.assert_refused("debug=", f"debug=: {debug}")
        self.assert_refused("debug=-1", f"debug=-1: {debug}")
        self.assert_refused("debug=0x1", f"debug=0x1: {debug}")
        self.assert_refused("debug=99999999999999999999", f"debug=99999999999999999999: {debug}")
        self.assert_refused("debug=%1B%5B31m", f"debug=?[31m: {debug}")
        self.assert_refused("debug=" + "9" * 5000, f"debug={'9' * 40}...: {debug}")
        self.assert_refused("seconds=0", f"seconds=0: {seconds}")
        self.assert_refused("seconds=-5", f"seconds=-5: {seconds}")
        self.assert_refused("seconds=1e9", f"seconds=1e9: {seconds}")
        self.assert_refused("seconds=3601", f"seconds=3601: {seconds}")
        self.assert_refused("debug=1&debug=2", "debug is given twice: give it once")
        self.assert_refused("gc=1", "gc: there is no such key; there are debug and seconds")
        self.assert_refused("=", ": there is no such key; there are debug and seconds")
        self.assert_refused("debug=%4", "the query has a % that two hexadecimal digits do not follow")
        self.assert_refused("&".join(f"k{i}" for i in range(1000)), "the query has more keys than any page takes")
        self.assert_refused("seconds=1&debug=1", "seconds and debug cannot be joined: the difference between two moments is for "
                                                 "programs, leave debug out")
        self.assertEqual(self.program.ask("/metrics?x=1")[::2], (400, b"x: there is no such key; /metrics takes none\n"))

    def test_for_pages_that_do_not_exist_are_told_which_do(self):
        for path in ("/", "/debug/pprof/heap", "/debug/pprof/goroutine/", "/../etc/passwd", "/%00", "*"):
            status, _, body = self.program.ask(path)
            self.assertEqual(status, 404, path)
            self.assertIn("\n  /debug/pprof/goroutine\n", body.decode())

    def test_without_the_last_slash_are_sent_on(self):
        status, headers, _ = self.program.ask("/debug/pprof")
        self.assertEqual((status, headers["Location"]), (301, "/debug/pprof/"))

    def test_by_other_methods_are_refused(self):
        for path in ("/debug/pprof/", GOROUTINE, "/debug/pprof/cmdline", "/metrics"):
            for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"):
                status, headers, _ = self.program.ask(path, method)
                self.assertEqual((status, headers.get("Allow")), (405, "GET, HEAD"), (path, method))

    def test_by_head_get_the_heads_of_get_alone(self):
        for path in ("/debug/pprof/", GOROUTINE, GOROUTINE + "?debug=1", GOROUTINE + "?debug=2", "/debug/pprof/cmdline", "/metrics"):
            got = self.program.ask(path)
            head = self.program.ask(path, "HEAD")
            self.assertEqual(head[0], 200, path)
            self.assertEqual(head[2], b"")
            if path != "/metrics":  # its length changes with the figures
                self.assertEqual(head[1], got[1], path)

    def test_by_head_do_not_wait_for_a_profile_that_nobody_gets(self):
        # The profile would be there after an hour: nobody here waits that long.
        status, headers, _ = self.program.ask(GOROUTINE + "?seconds=3600", "HEAD")
        self.assertEqual(status, 200)
        self.assertIn("goroutine-delta", headers["Content-Disposition"])

    def test_for_a_foreign_host_are_refused(self):
        for host in ("evil.example", "localhost.evil.example:6060", "127.0.0.1.evil.example"):
            self.assertEqual(self.program.ask("/metrics", Host=host)[0], 403, host)
        for host in ("localhost", "LOCALHOST:1", "127.0.0.1:6060", "[::1]:6060", "10.0.0.1"):
            self.assertEqual(self.program.ask("/metrics", Host=host)[0], 200, host)

    def test_for_the_index_get_counts_and_links(self):
        status, headers, body = self.program.ask("/debug/pprof/")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/html; charset=utf-8"))
        self.assertIn("<td>1100</td>", body.decode())
        for link in re.findall(r'href="([^"]+)"', body.decode()):
            if "seconds" not in link:
                self.assertEqual(self.program.ask(urllib.parse.urljoin("/debug/pprof/", link))[0], 200, link)

    def test_for_the_index_get_commands_that_name_this_server(self):
        page = self.program.ask("/debug/pprof/", Host="localhost:1234")[2].decode()
        for command in ("goroutines", "leaks", "why"):
            self.assertRegex(page, rf"\nleash {command} http://localhost:1234(\n|</pre>)")
        self.assertEqual(page.count("http://localhost:1234/debug/pprof/goroutine\n"), 2)
        self.assertEqual(page.count("http://localhost:1234/debug/pprof/goroutineleak\n"), 1)

    def test_for_the_command_line_get_it(self):
        self.assertEqual(self.program.ask("/debug/pprof/cmdline")[2].decode(), PROGRAM)


class Metrics(WithProgram):
    def test_have_the_text_format_and_say_what_there_is(self):
        status, headers, body = self.program.ask("/metrics")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
        text = body.decode()
        self.assertIn('\nleash_goroutines{state="waiting"} 1100\n', text)
        self.assertRegex(text, r'\nleash_build_info\{version="[\d.]+",compiler="(clang|gcc) [^"]+"\} 1\n')
        figures = dict(re.findall(r"(?m)^(process_\w+) (\S+)$", text))
        self.assertLess(abs(float(figures["process_start_time_seconds"]) - time.time()), 600)
        self.assertLess(abs(float(figures["process_resident_memory_bytes"]) - self.program.resident()), 64 << 20)
        self.assertEqual(float(figures["process_threads"]), len(os.listdir(f"/proc/{self.program.process.pid}/task")))
        self.assertGreater(float(figures["process_cpu_seconds_total"]), 0)
        files = os.listdir(f"/proc/{self.program.process.pid}/fd")
        self.assertLess(abs(float(figures["process_open_fds"]) - len(files)), 8)

    @needs("promtool", "prometheus")
    def test_are_clean_for_promtool(self):
        code, said, complaints = run("promtool", "check", "metrics", input=self.program.ask("/metrics")[2])
        self.assertEqual((code, said, complaints), (0, "", ""))

    @needs("prometheus", "prometheus")
    def test_are_scraped_by_prometheus(self):
        port = free_port()
        configuration = self.folder / "prometheus.yml"
        configuration.write_text("scrape_configs:\n  - job_name: leash\n    scrape_interval: 1s\n    static_configs:\n"
                                 f"      - targets: ['127.0.0.1:{self.program.port}']\n")
        with (self.folder / "log").open("w") as log:
            prometheus = subprocess.Popen(
                ["prometheus", f"--config.file={configuration}", f"--storage.tsdb.path={self.folder / 'data'}",
                 f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
        try:
            value = self.queried(port, 'leash_goroutines{state="waiting"}')
        finally:
            prometheus.terminate()
            prometheus.wait(TIMEOUT)
        self.assertEqual(value, "1100", (self.folder / "log").read_text()[-2000:])

    @staticmethod
    def queried(port, query):
        """The value of a metric, once Prometheus has it."""
        until = time.monotonic() + TIMEOUT
        while time.monotonic() < until:
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):  # not yet
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
                with contextlib.closing(connection):
                    connection.request("GET", "/api/v1/query?" + urllib.parse.urlencode({"query": query}))
                    result = json.loads(connection.getresponse().read()).get("data", {}).get("result")
                    if result:
                        return result[0]["value"][1]
            time.sleep(0.1)
        return None


class Crowds(WithProgram):
    words = ("100000",)
    room = 96 << 20

    def test_of_a_hundred_profiles_at_once_are_answered_or_told_to_wait(self):
        before = self.program.resident()
        answers = []
        paths = [GOROUTINE, GOROUTINE + "?debug=1", LEAKED, "/metrics", "/debug/pprof/"]
        asking = [threading.Thread(target=lambda path=paths[i % len(paths)]: answers.append(self.program.ask(path))) for i in range(100)]
        for each in asking:
            each.start()
        for each in asking:
            each.join()
        self.assertEqual(len(answers), 100)
        for status, headers, _ in answers:
            self.assertIn(status, (200, 503))
            if status == 503:
                self.assertIn("Retry-After", headers)
        self.assertGreaterEqual(sum(status == 200 for status, _, _ in answers), 50)
        self.assertLess(self.program.resident() - before, self.room)

    def test_of_slow_readers_hold_up_nobody_and_no_memory(self):
        before = self.program.resident()
        with contextlib.ExitStack() as stack:
            for _ in range(100):
                slow = stack.enter_context(socket.create_connection(("127.0.0.1", self.program.port)))
                slow.sendall(f"GET {GOROUTINE}?debug=2 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                self.assertEqual(slow.recv(8), b"HTTP/1.1")
            self.assertEqual(self.program.ask("/metrics")[0], 200)
            self.assertEqual(self.program.ask(GOROUTINE)[0], 200)
            self.assertLess(self.program.resident() - before, self.room)

    def test_of_goroutines_are_grouped_and_none_is_missing(self):
        _, _, body = self.program.ask(GOROUTINE)
        self.assertLess(len(body), 10_000)
        _, _, text = self.program.ask(GOROUTINE + "?debug=1")
        self.assertTrue(text.startswith(b"goroutine profile: total 110000\n100000 @ "), text[:80])
        _, _, text = self.program.ask(GOROUTINE + "?debug=2")
        self.assertEqual(text.count(b"\ncreated by "), 110000)


class Environment(unittest.TestCase):
    def test_names_the_address_and_the_program_ends_as_usual(self):
        with Debugged() as program:
            self.assertIn("leash: debug server at http://127.0.0.1:", program.said)
        self.assertEqual((program.process.returncode, program.rest), (0, ""))

    def test_with_a_name_for_this_machine_or_none_listens_on_this_machine_alone(self):
        for address in ("localhost:0", ":0"):
            with Debugged(address=address) as program:
                self.assertIn("http://127.0.0.1:", program.said)
            self.assertEqual(program.rest, "")

    def test_with_an_address_of_ipv6_listens_there(self):
        with Debugged(address="[::1]:0") as program:
            self.assertIn("http://[::1]:", program.said)

    def test_with_an_address_for_all_says_that_others_may_reach_it(self):
        with Debugged(address="0.0.0.0:0") as program:
            self.assertEqual(program.ask("/metrics", Host="a.name:1")[0], 200)
        self.assertIn("leash: other machines may reach it", program.rest)

    def test_with_what_is_no_address_ends_the_program_with_the_reason(self):
        for address, why in (("6060", "there is no port"), ("127.0.0.1:", "there is no port"), ("127.0.0.1:99999", "there is no port"),
                             ("example.com:1", '"example.com" is no IP address'), ("[::1]", "there is no port")):
            code, _, said = run(PROGRAM, "1", env={**os.environ, "LEASH_DEBUG_ADDR": address}, stdin=subprocess.DEVNULL)
            self.assertNotEqual(code, 0)
            self.assertIn(f'the debug server cannot listen on "{address}": {why}', said)

    def test_with_a_port_that_is_taken_goes_on_and_says_so(self):
        with Debugged() as first, Debugged(address=f"127.0.0.1:{first.port}") as second:
            self.assertIn(f"cannot listen on 127.0.0.1:{first.port}: Address already in use. The program goes on without it", second.said)

    def test_is_not_obeyed_by_a_program_that_does_not_link_the_server(self):
        with Debugged(program=CORE) as program:
            self.assertIn("LEASH_DEBUG_ADDR=127.0.0.1:0 is ignored", program.said)
            self.assertIn("Link leash::http.", program.said)
        self.assertEqual(program.process.returncode, 0)

    def test_shows_a_program_whose_workers_are_all_busy(self):
        with Debugged("10", "busy") as program:
            _, _, text = program.ask(GOROUTINE + "?debug=2")
            self.assertEqual(text.count(b"[running]"), 2, text.decode())
            self.assertIn(b"hold_worker", text)
            self.assertIn(b'leash_goroutines{state="running"} 2\n', program.ask("/metrics")[2])


if __name__ == "__main__":
    unittest.main(verbosity=2)
