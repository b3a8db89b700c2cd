// How long Go's goroutineleak profile takes: leakprofile leaked|chain NUMBER prints seconds. Needs Go 1.26 with
// GOEXPERIMENT=goroutineleakprofile, or a newer one.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"time"
)

func waitFor(mine, _ chan struct{}) { <-mine }

// In the shape of bench/leak_proof/leak_proof.cpp; what it returns has to be kept.
func start(kind string, number int) chan struct{} {
	last := make(chan struct{})
	for i := 0; i < number; i++ {
		if kind == "chain" {
			mine := make(chan struct{})
			go waitFor(mine, last)
			last = mine
		} else {
			go waitFor(make(chan struct{}), nil)
		}
	}
	return last
}

func main() {
	number, bad := 0, error(nil)
	if len(os.Args) == 3 {
		number, bad = strconv.Atoi(os.Args[2])
	}
	profile := pprof.Lookup("goroutineleak")
	if number == 0 || bad != nil || profile == nil {
		fmt.Fprintln(os.Stderr, "leakprofile: give leaked or chain and a number, to a Go that has the goroutineleak profile")
		os.Exit(2)
	}
	kept := start(os.Args[1], number)
	time.Sleep(time.Second)
	began := time.Now()
	if err := profile.WriteTo(io.Discard, 1); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(time.Since(began).Seconds())
	runtime.KeepAlive(kept)
}
