#!/usr/bin/env python3
"""leash goroutines reads a real Go program: what its runtime's functions mean, and what net/http/pprof serves.

Run: goroutines_go_test.py COMMAND FOLDER. The program is built, and Go keeps its cache, in FOLDER. Skipped where there is no Go.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

FOLDER = pathlib.Path(sys.argv.pop())
COMMAND = pathlib.Path(sys.argv.pop()).resolve(strict=True)

# Each function blocks for the reason that stands behind it.
BLOCKED = {
    "send": ("func send() { make(chan int) <- 1 }", "chan send"),
    "receive": ("func receive() { <-make(chan int) }", "chan receive"),
    "choose": ("func choose() { a := make(chan int); select { case <-a: case a <- 1: } }", "select"),
    "forever": ("func forever() { select {} }", "select (no cases)"),
    "sleep": ("func sleep() { time.Sleep(time.Hour) }", "sleep"),
    "lock": ("func lock() { var m sync.Mutex; m.Lock(); m.Lock() }", "sync.Mutex.Lock"),
    "readLock": ("func readLock() { var m sync.RWMutex; m.Lock(); m.RLock() }", "sync.RWMutex.RLock"),
    "group": ("func group() { var w sync.WaitGroup; w.Add(1); w.Wait() }", "sync.WaitGroup.Wait"),
    "condition": ("func condition() { c := sync.NewCond(&sync.Mutex{}); c.L.Lock(); c.Wait() }", "sync.Cond.Wait"),
}
PROGRAM = """package main

import (
    "fmt"
    "net"
    "net/http"
    _ "net/http/pprof"
    "sync"
    "time"
)

%(functions)s

func main() {
    %(starts)s
    for i := 0; i < 20; i++ { go send() }
    l, err := net.Listen("tcp", "127.0.0.1:0")
    if err != nil { panic(err) }
    fmt.Println(l.Addr())
    panic(http.Serve(l, nil))
}
"""


class Go(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        go = shutil.which("go")
        if go is None:
            raise unittest.SkipTest("there is no Go: apt-get install golang-go")
        FOLDER.mkdir(parents=True, exist_ok=True)
        source = FOLDER / "blocked.go"
        source.write_text(PROGRAM % {"functions": "\n".join(text for text, _ in BLOCKED.values()),
                                     "starts": "; ".join(f"go {name}()" for name in BLOCKED)})
        environment = {**os.environ, "GO111MODULE": "off", "GOFLAGS": "", "GOCACHE": str(FOLDER / "cache"), "CGO_ENABLED": "0"}
        subprocess.run([go, "build", "-o", "blocked", "blocked.go"], cwd=FOLDER, env=environment, check=True, timeout=600)
        cls.process = subprocess.Popen([FOLDER / "blocked"], stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.process.stdout.close)
        cls.addClassCleanup(cls.process.wait)
        cls.addClassCleanup(cls.process.kill)
        cls.address = cls.process.stdout.readline().strip()
        cls.sites = cls.sites_when_blocked()

    @classmethod
    def sites_when_blocked(cls):
        wanted = {("net.(*netFD).accept", "IO wait"), *((f"main.{name}", reason) for name, (_, reason) in BLOCKED.items())}
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            sites = cls.report(cls.address)["sites"]
            if wanted <= {(site["function"], site["reason"]) for site in sites} and sites[0]["total"] == 21:
                return sites
        raise AssertionError(f"not all of {wanted} in {sites}")

    @staticmethod
    def report(*words):
        done = subprocess.run([COMMAND, "goroutines", "--format", "json", *words], env={**os.environ, "no_proxy": "*"},
                              capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return json.loads(done.stdout)

    def test_each_function_stands_for_its_reason(self):
        sites = {site["function"]: site for site in self.sites}
        for name, (_, reason) in BLOCKED.items():
            self.assertEqual(sites[f"main.{name}"]["reason"], reason, name)
            self.assertTrue(sites[f"main.{name}"]["file"].endswith("/blocked.go"))
        self.assertEqual(sites["net.(*netFD).accept"]["entry"], "main.main")

    def test_the_largest_site_comes_first(self):
        first = self.sites[0]
        self.assertEqual((first["function"], first["total"], first["instances"]), ("main.send", 21, {self.address: 21}))

    def test_nothing_of_the_programs_own_grows(self):
        changed = self.report("--diff", "100ms", self.address)["sites"]
        self.assertEqual([site["function"] for site in changed if site["function"].startswith("main.")], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
