// The Go side of `make bench`: the cases of bench/README.md, one JSON row a case on standard output.
//
//	peer [-case REGEXP] [-benchtime 200ms]
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"testing"
)

type row struct {
	Case  string  `json:"case"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// timed turns a benchmark into nanoseconds per operation.
func timed(f func(*testing.B)) func() (float64, string) {
	return func() (float64, string) {
		r := testing.Benchmark(f)
		return float64(r.T.Nanoseconds()) / float64(r.N), "ns"
	}
}

var cases = []struct {
	name string
	run  func() (float64, string)
}{
	{"spawn", timed(spawn)},
	{"ping_pong", timed(pingPong)},
	{"one_way", timed(func(b *testing.B) { stream(b, 0) })},
	{"buffered_128", timed(func(b *testing.B) { stream(b, 128) })},
	{"uncontended", timed(uncontended)},
	{"select_2", timed(selectOfTwo)},
	{"select_default", timed(selectDefault)},
	{"race_2_buffered", timed(raceBuffered)},
	{"race_2_context", timed(raceContext)},
	{"memory_parked", memoryParked},
	{"http_get_small", getOf("/small")},
	{"http_get_64k", getOf("/64k")},
	{"http_race_2_cancelled", raceOf("/small", "/slow")},
	{"http_race_2_fast", raceOf("/small", "/small")},
}

func main() {
	testing.Init()
	only := flag.String("case", "", "run only the cases whose whole name matches this regular expression")
	benchtime := flag.String("benchtime", "200ms", "how long to measure each case")
	flag.Parse()
	if err := flag.Set("test.benchtime", *benchtime); err != nil {
		fmt.Fprintf(os.Stderr, "-benchtime %s: %v; say something like 200ms\n", *benchtime, err)
		os.Exit(2)
	}
	wanted, err := regexp.Compile("^(?:" + *only + ")$")
	if err != nil {
		fmt.Fprintf(os.Stderr, "-case: %v\n", err)
		os.Exit(2)
	}
	out := json.NewEncoder(os.Stdout)
	for _, c := range cases {
		if *only != "" && !wanted.MatchString(c.name) {
			continue
		}
		value, unit := c.run()
		if err := out.Encode(row{c.name, value, unit}); err != nil {
			fmt.Fprintf(os.Stderr, "standard output: %v\n", err)
			os.Exit(1)
		}
	}
}
