# The front door. Everything here sets itself up: see scripts/setup.sh for what it may install, and when.
#   make demo ARGS="--quick --lang zh"     YES=1: install without asking     SETUP=no: install nothing     GO=: the Go of make bench

setup     := scripts/setup.sh
configure := cmake --log-level=WARNING --preset
build     := cmake --build --preset
PREFIX    ?= /usr/local
ARGS      ?=

# A build keeps the compiler that it was configured with; who names another one is told.
named_compiler := $(if $(filter environment% command%,$(origin CXX)),$(CXX))
same_compiler   = used=$$(sed -n 's/^set(CMAKE_CXX_COMPILER "\(.*\)")/\1/p' build/release/CMakeFiles/*/CMakeCXXCompiler.cmake 2>/dev/null); \
  [ -z '$(named_compiler)' ] || [ -z "$$used" ] || [ "$$(command -v '$(named_compiler)')" = "$$used" ] || \
  { echo "build/ was made with $$used, and CXX names $(named_compiler): make clean first." >&2; exit 2; }

# The steps of a target come one after the other; Ninja and ctest use all processors.
.NOTPARALLEL:
.PHONY: help demo test announce-test build-tests run-tests build-mutations run-mutations trust corpus golden build bench install format check-format check-tidy clean

help:
	@echo 'make demo          the article, happening for real against two HTTP servers on this machine'
	@echo 'make test          build everything and run all tests'
	@echo 'make trust         the long forms of all tests, sanitizers on everything, GCC 14; hours; ARGS: which steps'
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
	@$(same_compiler)
	@[ -f build/release/build.ninja ] || $(configure) release -DLEASH_TESTS=OFF >&2
	@$(build) release --target leash >&2

demo: build
	@build/release/leash demo $(ARGS)

test: announce-test build-tests run-tests build-mutations run-mutations

# Measured with clang 19 on two processors: 19 minutes of building without a compiler cache, and 4 of running tests.
announce-test:
	@[ -f build/release/leash_core_tests ] || echo "make test builds everything and runs all tests, then those of single rules switched off:" \
	  "about $$((38 / $$(nproc) + 4)) minutes the first time." >&2

# What make test is made of.
build-tests:
	@$(setup) build test
	@$(same_compiler)
	@$(configure) release >&2
	@scripts/announce.sh release all 'the tests'
	@$(build) release

run-tests:
	@rm -rf build/release/results
	@ctest --preset release -j $$(nproc); status=$$?; \
	  scripts/count_tests.py build/release/results --names build/tests.txt && exit $$status

build-mutations:
	@$(setup) build test
	@$(configure) mutants >&2
	@scripts/announce.sh mutants leash_mutation_tests 'the tests whose rules can be switched off'
	@$(build) mutants --target leash_mutation_tests

run-mutations:
	@ctest --preset mutants -L mutation -j $$(nproc)

# All long forms, by hand or at night: see scripts/trust.sh.
trust:
	@$(setup) build test check trust
	@scripts/trust.sh $(ARGS)

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
