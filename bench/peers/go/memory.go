package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
)

const parked = 200_000

// memoryParked is what the process grows by for a goroutine that waits on a channel which all of them share.
func memoryParked() (float64, string) {
	before := resident()
	never := make(chan int)
	var started, ended sync.WaitGroup
	started.Add(parked)
	ended.Add(parked)
	for i := 0; i < parked; i++ {
		go func() {
			started.Done()
			<-never
			ended.Done()
		}()
	}
	started.Wait()
	grown := resident() - before
	close(never)
	ended.Wait()
	return float64(grown) / parked, "B"
}

// resident is the process's resident memory in bytes.
func resident() int {
	runtime.GC()
	statm, err := os.ReadFile("/proc/self/statm")
	var total, pages int
	if err == nil {
		_, err = fmt.Sscan(string(statm), &total, &pages)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "/proc/self/statm: %v\n", err)
		os.Exit(1)
	}
	return pages * os.Getpagesize()
}
