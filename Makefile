# The front door. Everything here sets itself up: see scripts/setup.sh for what it may install, and when.
#   make demo ARGS="--quick --lang zh"     YES=1: install without asking     SETUP=no: install nothing     GO=: the Go of make bench

setup     := scripts/setup.sh
configure := cmake --log-level=WARNING --preset
build     := cmake --build --preset
PREFIX    ?= /usr/local
ARGS      ?=

.PHONY: help demo test corpus golden build bench install format check-format check-tidy clean

help:
	@echo 'make demo          the article, happening for real against two HTTP servers on this machine'
	@echo 'make test          build everything and run all tests'
	@echo 'make corpus        explore the leak shapes of tests/corpus; writes build/corpus.tsv'
	@echo 'make golden        write anew what the command is tested to say (tests/tool/golden); look at the difference'
	@echo 'make build         the command, build/release/leash'
	@echo 'make bench         measure leash beside Go; writes build/bench/summary.json'
	@echo 'make install       install to PREFIX (now $(PREFIX)); DESTDIR is obeyed'
	@echo 'make format        format all C++ files; make check-format only looks'
	@echo 'make check-tidy    clang-tidy on the files that changed'
	@echo 'make clean         remove build/'

# Progress goes to stderr, so that `make demo` prints on stdout what the demo prints. A first configuration leaves the tests
# out: their packages are not needed to see the demo.
build:
	@$(setup) build
	@[ -f build/release/build.ninja ] || $(configure) release -DLEASH_TESTS=OFF >&2
	@$(build) release --target leash >&2

demo: build
	@build/release/leash demo $(ARGS)

test:
	@$(setup) build test
	@$(configure) release >&2
	@$(build) release
	@ctest --preset release -j $$(nproc)
	@$(configure) mutants >&2
	@$(build) mutants --target leash_core_tests
	@ctest --preset mutants -L mutation -j $$(nproc)

corpus:
	@$(setup) build test
	@$(configure) release >&2
	@$(build) release --target leash_corpus >&2
	@build/release/leash_corpus --tsv build/corpus.tsv $(ARGS)

golden: build
	@python3 tests/tool/golden_test.py --renew build/release/leash

bench:
	@$(setup) build test bench
	@$(configure) release >&2
	@$(build) release --target leash_bench leash_http_bench leash_trace_cost leash_leak_proof leash_explore_cost >&2
	@python3 bench/run.py $(ARGS)
	@python3 bench/trace_cost.py $(filter --smoke,$(ARGS))
	@python3 bench/leak_proof.py $(filter --smoke,$(ARGS))
	@python3 bench/explore_cost.py $(filter --smoke,$(ARGS))

install:
	@$(setup) build
	@[ -f build/release/build.ninja ] || $(configure) release -DLEASH_TESTS=OFF >&2
	@$(build) release --target shipped >&2
	@cmake --install build/release --prefix '$(PREFIX)'

format:
	@$(setup) check
	@scripts/format.sh

check-format:
	@$(setup) check
	@scripts/format.sh --check

check-tidy:
	@$(setup) build test check
	@scripts/tidy.sh

clean:
	@rm -rf build
