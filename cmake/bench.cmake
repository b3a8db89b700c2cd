# leash_bench: bench/*.cpp on Google Benchmark; leash_http_bench: bench/http/*.cpp. `make bench` runs them beside their peers.
find_package(benchmark REQUIRED)
file(GLOB leash_bench_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bench/*.cpp")
add_executable(leash_bench ${leash_bench_sources})
target_link_libraries(leash_bench PRIVATE leash::core leash_warnings benchmark::benchmark)
file(GLOB leash_http_bench_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bench/http/*.cpp")
add_executable(leash_http_bench ${leash_http_bench_sources})
target_link_libraries(leash_http_bench PRIVATE leash::http leash_warnings benchmark::benchmark)
