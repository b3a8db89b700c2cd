package main

import (
	"sync"
	"testing"
)

// A thousand at a time: what is measured is starting and ending, and not a heap of goroutines that grows with b.N.
func spawn(b *testing.B) {
	const batch = 1000
	for started := 0; started < b.N; started += batch {
		var group sync.WaitGroup
		group.Add(batch)
		for i := 0; i < batch; i++ {
			go group.Done()
		}
		group.Wait()
	}
}

func pingPong(b *testing.B) {
	ping, pong := make(chan int), make(chan int)
	go func() {
		for v := range ping {
			pong <- v
		}
		close(pong)
	}()
	for i := 0; i < b.N; i++ {
		ping <- i
		<-pong
	}
	close(ping)
	<-pong
}

func stream(b *testing.B, capacity int) {
	values := make(chan int, capacity)
	go func() {
		for i := 0; i < b.N; i++ {
			values <- i
		}
		close(values)
	}()
	for range values {
	}
}

func uncontended(b *testing.B) {
	values := make(chan int, 1)
	for i := 0; i < b.N; i++ {
		values <- i
		<-values
	}
}

// One of the two channels is always ready.
func selectOfTwo(b *testing.B) {
	channels := [2]chan int{make(chan int, 1), make(chan int, 1)}
	for i := 0; i < b.N; i++ {
		channels[i&1] <- i
		select {
		case <-channels[0]:
		case <-channels[1]:
		}
	}
}

func selectDefault(b *testing.B) {
	values := make(chan int, 1)
	for i := 0; i < b.N; i++ {
		select {
		case <-values:
			b.Fatal("a value that nobody sent")
		default:
		}
	}
}
