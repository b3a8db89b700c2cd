module leash/bench/peers/go

go 1.19
