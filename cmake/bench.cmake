# leash_bench: bench/*.cpp on Google Benchmark. `make bench` runs it beside its peers.
file(GLOB leash_bench_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bench/*.cpp")
if(NOT leash_bench_sources)
  return()
endif()
find_package(benchmark REQUIRED)
add_executable(leash_bench ${leash_bench_sources})
target_link_libraries(leash_bench PRIVATE leash::core leash_warnings benchmark::benchmark)
