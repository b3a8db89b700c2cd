package main

import (
	"context"
	"sync"
	"testing"
)

// Both answer at once, and the first answer is the result; the loser's stays in the buffer.
func raceBuffered(b *testing.B) {
	for i := 0; i < b.N; i++ {
		answers := make(chan int, 2)
		go func() { answers <- 1 }()
		go func() { answers <- 2 }()
		<-answers
	}
}

// The first answers at once, the second never does and has to be told. A race is over when the loser has ended, as leash's is.
func raceContext(b *testing.B) {
	for i := 0; i < b.N; i++ {
		ctx, cancel := context.WithCancel(context.Background())
		answers := make(chan int, 2)
		var both sync.WaitGroup
		both.Add(2)
		go func() {
			defer both.Done()
			answers <- 1
		}()
		go func() {
			defer both.Done()
			<-ctx.Done()
		}()
		<-answers
		cancel()
		both.Wait()
	}
}
