package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const connections = 64

// used is the processor time of this process so far.
func used() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// overHTTP measures the processor time of an operation that `goroutines` do at once on one client. Their first ones
// are not measured: they open the connections.
func overHTTP(goroutines int, operation func(client *http.Client, origin string)) func() (float64, string) {
	return func() (float64, string) {
		origin := os.Getenv("LEASH_BENCH_ORIGIN")
		if origin == "" {
			fmt.Fprintln(os.Stderr, "LEASH_BENCH_ORIGIN is not set: run this with bench/run.py")
			os.Exit(1)
		}
		var perOperation float64
		testing.Benchmark(func(b *testing.B) {
			transport := &http.Transport{MaxIdleConnsPerHost: connections, DisableCompression: true}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport}
			var left int64
			workOff := func(operations int) {
				left = int64(operations)
				var working sync.WaitGroup
				working.Add(goroutines)
				for i := 0; i < goroutines; i++ {
					go func() {
						defer working.Done()
						for atomic.AddInt64(&left, -1) >= 0 {
							operation(client, origin)
						}
					}()
				}
				working.Wait()
			}
			workOff(goroutines)
			b.ResetTimer()
			before := used()
			workOff(b.N)
			perOperation = float64(used()-before) / float64(b.N)
		})
		return perOperation, "ns"
	}
}

func get(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}

func getOf(path string) func() (float64, string) {
	return overHTTP(connections, func(client *http.Client, origin string) {
		if _, err := get(context.Background(), client, origin+path); err != nil {
			panic(err)
		}
	})
}

// The first answer wins, the other request is cancelled; the race is over when both goroutines have ended, as
// leash's is.
func raceOf(first, second string) func() (float64, string) {
	return overHTTP(connections/2, func(client *http.Client, origin string) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		answers := make(chan []byte, 2)
		var both sync.WaitGroup
		both.Add(2)
		for _, path := range []string{first, second} {
			go func(url string) {
				defer both.Done()
				if body, err := get(ctx, client, url); err == nil {
					answers <- body
				} else if ctx.Err() == nil {
					panic(err)
				}
			}(origin + path)
		}
		<-answers
		cancel()
		both.Wait()
	})
}
