# leash_bench: bench/*.cpp on Google Benchmark; leash_http_bench: bench/http/*.cpp. `make bench` runs them beside their peers.
find_package(benchmark REQUIRED)
file(GLOB leash_bench_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bench/*.cpp")
add_executable(leash_bench ${leash_bench_sources})
target_link_libraries(leash_bench PRIVATE leash::core leash_warnings benchmark::benchmark)
file(GLOB leash_http_bench_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bench/http/*.cpp")
add_executable(leash_http_bench ${leash_http_bench_sources})
target_link_libraries(leash_http_bench PRIVATE leash::http leash_warnings benchmark::benchmark)

# What goroutines record for traces, and what it costs: a program that records all, and one without each part. bench/trace_cost.py
# counts their instructions by valgrind, which does not read this compiler's debug information.
add_custom_target(leash_trace_cost)
foreach(without nothing registry locations birthplaces)
  set(program leash_trace_cost_without_${without})
  add_executable(${program} EXCLUDE_FROM_ALL bench/trace_cost/trace_cost.cpp src/sched/worker.cpp)
  target_include_directories(${program} PRIVATE "${PROJECT_SOURCE_DIR}/src")
  string(TOUPPER ${without} part)
  target_compile_definitions(${program} PRIVATE LEASH_WITHOUT_${part})
  target_link_libraries(${program} PRIVATE leash::core leash_warnings)
  target_link_options(${program} PRIVATE -s)
  add_dependencies(leash_trace_cost ${program})
endforeach()

# What an explored schedule costs: bench/explore_cost.py.
add_executable(leash_explore_cost EXCLUDE_FROM_ALL bench/explore_cost/explore_cost.cpp)
target_link_libraries(leash_explore_cost PRIVATE leash::testing leash_warnings)
target_link_options(leash_explore_cost PRIVATE -s)

# How long a proof takes: bench/leak_proof.py.
add_executable(leash_leak_proof EXCLUDE_FROM_ALL bench/leak_proof/leak_proof.cpp)
target_include_directories(leash_leak_proof PRIVATE "${PROJECT_SOURCE_DIR}/src")
target_link_libraries(leash_leak_proof PRIVATE leash::core leash_warnings)
target_link_options(leash_leak_proof PRIVATE -s)
