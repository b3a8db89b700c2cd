package main

import (
	"runtime"
	"sync"
)

const parked = 200_000

// memoryParked is what the process takes from the system for a goroutine that waits on a channel which all of them share.
func memoryParked() (float64, string) {
	before := system()
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
	grown := system() - before
	close(never)
	ended.Wait()
	return float64(grown) / parked, "B"
}

func system() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.Sys
}
