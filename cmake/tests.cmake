# Test programs, one a group of floors. ctest runs each of their suites in a process of its own, under the group's label: thousands
# of processes, one a test, take longer than the tests.
find_package(GTest REQUIRED)

# What the tests themselves are compiled with besides; the libraries that they test are not.
set(LEASH_TEST_OPTIONS "" CACHE STRING "Compiler options for the files of the tests alone")
set(precompiled_for_tests <gmock/gmock.h> <gtest/gtest.h> <leash/explore.hpp> <leash/leash.hpp> <leash/testing.hpp>)

# leash_test_sources(<variable> <folder>...): the files of tests/<folder>.
function(leash_test_sources variable)
  set(sources)
  foreach(folder IN LISTS ARGN)
    file(GLOB found CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/${folder}/*.cpp" "${PROJECT_SOURCE_DIR}/tests/${folder}/*/*.cpp")
    list(APPEND sources ${found})
  endforeach()
  if(LEASH_SANITIZE)
    # What sanitizers keep for themselves holds addresses of all that they look at: there leaks are missed, though nothing false is
    # said. Tests of that stay, those that wait for a leak to be found do not.
    list(FILTER sources EXCLUDE REGEX "/leak/report/(announce|survivors|deadlock)_test|/testing/no_leaks/|/explore/(failures|bubble)_test|/why/why_test|/suspects/suspects_test|/leak/proof/(at_once|channel_kernels|group_kernels|lock_kernels|pattern_kernels|precondition|prover|scale|signal_stacks|unwinding)_test")
  endif()
  set(${variable} ${sources} PARENT_SCOPE)
endfunction()

# leash_add_test_program(<name> BATCHES <number> SOURCES <file>... LINKS <target>... DEFINITIONS <definition>... HEADERS <header>...):
# a GoogleTest program; its files are compiled in so many batches, HEADERS beforehand.
function(leash_add_test_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "BATCHES" "SOURCES;LINKS;DEFINITIONS;HEADERS")
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests" "${PROJECT_SOURCE_DIR}/src")
  target_compile_definitions(${name} PRIVATE ${arg_DEFINITIONS})
  target_compile_options(${name} PRIVATE ${LEASH_TEST_OPTIONS})
  target_link_libraries(${name} PRIVATE ${arg_LINKS} leash_warnings GTest::gmock GTest::gtest GTest::gtest_main)
  leash_compile_together(${name} BATCHES ${arg_BATCHES} HEADERS ${arg_HEADERS})
endfunction()

# leash_add_tests(<name> LABEL <label> TIMEOUT <seconds> BATCHES <number> FOLDERS <folder>... SOURCES <file>... LINKS <target>...): a
# test program of tests/<folder>/*.cpp and of SOURCES, which are relative to tests/, and its suites as tests.
function(leash_add_tests name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL;TIMEOUT;BATCHES" "FOLDERS;SOURCES;LINKS;DEFINITIONS;HEADERS")
  leash_test_sources(sources ${arg_FOLDERS})
  list(TRANSFORM arg_SOURCES PREPEND "${PROJECT_SOURCE_DIR}/tests/")
  leash_add_test_program(${name} BATCHES ${arg_BATCHES} SOURCES ${sources} ${arg_SOURCES} LINKS ${arg_LINKS} DEFINITIONS ${arg_DEFINITIONS}
    HEADERS ${precompiled_for_tests} ${arg_HEADERS})
  # What ctest reads: which suites there are, the program is asked when the tests are run.
  set(list "${PROJECT_BINARY_DIR}/suites_of_${name}.cmake")
  file(GENERATE OUTPUT "${list}" CONTENT
"set(program \"$<TARGET_FILE:${name}>\")
set(name ${name})
set(label ${arg_LABEL})
set(timeout ${arg_TIMEOUT})
set(results \"${PROJECT_BINARY_DIR}/results\")
include(\"${PROJECT_SOURCE_DIR}/cmake/suites.cmake\")
")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${list}")
endfunction()

find_package(ZLIB REQUIRED)
find_library(LEASH_RAPIDCHECK rapidcheck REQUIRED)
mark_as_advanced(LEASH_RAPIDCHECK)

leash_add_tests(leash_core_tests LABEL core TIMEOUT 600 BATCHES 16
  FOLDERS base sched sync leak race testing SOURCES corpus/runner/marks.cpp LINKS leash::testing)
# The core beside a reference model: programs made at random, and all schedules of small ones.
leash_add_tests(leash_model_tests LABEL model TIMEOUT 1800 BATCHES 2 FOLDERS model LINKS leash::testing ${LEASH_RAPIDCHECK})
leash_add_tests(leash_net_tests LABEL net TIMEOUT 300 BATCHES 4
  FOLDERS net http LINKS leash::http leash::testing ZLIB::ZLIB HEADERS <leash/asio.hpp> <leash/http.hpp> <leash/http_server.hpp>)
if(TARGET leash)
  find_package(nlohmann_json REQUIRED)
  leash_add_tests(leash_tool_tests LABEL tool TIMEOUT 300 BATCHES 4
    FOLDERS tool
    SOURCES http/test_server.cpp ../tool/bench/bench_report.cpp ../tool/bench/bench_results.cpp ../tool/bench/bench_text.cpp
      ../tool/bench/load_plan.cpp ../tool/goroutines/gunzip.cpp ../tool/goroutines/profile.cpp ../tool/goroutines/site.cpp
      ../tool/shown/chart.cpp ../tool/shown/progress_bar.cpp
    LINKS leash::http nlohmann_json::nlohmann_json ZLIB::ZLIB
    DEFINITIONS LEASH_COMMAND="$<TARGET_FILE:leash>" HEADERS <nlohmann/json.hpp>)
  add_dependencies(leash_tool_tests leash)
  target_include_directories(leash_tool_tests PRIVATE "${PROJECT_SOURCE_DIR}/tool")
  target_include_directories(leash_tool_tests SYSTEM PRIVATE "${LEASH_PROTOZERO}")
endif()

# Programs that tests run and look at from outside: with the debug server, and without.
add_executable(leash_debugged "${PROJECT_SOURCE_DIR}/tests/programs/debugged.cpp")
target_link_libraries(leash_debugged PRIVATE leash::http leash_warnings)
add_executable(leash_debugged_core "${PROJECT_SOURCE_DIR}/tests/programs/debugged.cpp")
target_link_libraries(leash_debugged_core PRIVATE leash::core leash_warnings)

# Tests of others that leave goroutines behind, in both frameworks.
find_package(Catch2 QUIET)
if(NOT Catch2_FOUND)
  message(FATAL_ERROR "leash's tests need Catch2, version 2 or 3, which was not found; on Debian: catch2. -DLEASH_TESTS=OFF builds none.")
endif()
add_executable(leash_no_leaks_gtest "${PROJECT_SOURCE_DIR}/tests/programs/no_leaks_gtest.cpp")
target_link_libraries(leash_no_leaks_gtest PRIVATE leash::testing leash_warnings GTest::gtest)
add_executable(leash_no_leaks_catch2 "${PROJECT_SOURCE_DIR}/tests/programs/no_leaks_catch2.cpp")
# Version 2 is headers alone; with version 3 comes a main.
target_link_libraries(leash_no_leaks_catch2 PRIVATE leash::testing leash_warnings
  $<IF:$<TARGET_EXISTS:Catch2::Catch2WithMain>,Catch2::Catch2WithMain,Catch2::Catch2>)

find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME NoLeaks
  COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tests/no_leaks_test.py"
    $<TARGET_FILE:leash_no_leaks_gtest> $<TARGET_FILE:leash_no_leaks_catch2>)
set_tests_properties(NoLeaks PROPERTIES LABELS testing TIMEOUT 300)
add_test(NAME DebugServer
  COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tests/debug_server_test.py"
    $<TARGET_FILE:leash_debugged> $<TARGET_FILE:leash_debugged_core>)
set_tests_properties(DebugServer PROPERTIES LABELS net TIMEOUT 300)
add_test(NAME Layering COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tests/layering_test.py")
set_tests_properties(Layering PROPERTIES LABELS layering TIMEOUT 300 ENVIRONMENT "CXX=${CMAKE_CXX_COMPILER}")

# What the command says, word for word (make golden writes it anew), its manual pages, and what shells offer for it.
if(TARGET leash)
  foreach(subject Golden Manual Completion)
    string(TOLOWER ${subject} file)
    add_test(NAME Command.${subject}
      COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tests/tool/${file}_test.py" $<TARGET_FILE:leash>)
    set_tests_properties(Command.${subject} PROPERTIES LABELS tool TIMEOUT 300)
  endforeach()
  add_test(NAME Command.GoroutinesOfGo
    COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tests/tool/goroutines_go_test.py" $<TARGET_FILE:leash>
      "${PROJECT_BINARY_DIR}/goroutines_of_go")
  set_tests_properties(Command.GoroutinesOfGo PROPERTIES LABELS tool TIMEOUT 700)
endif()

# What make install installs can be used by others. Under a sanitizer they would have to be built with it too.
if(TARGET leash AND NOT LEASH_SANITIZE AND NOT LEASH_MUTATIONS)
  add_test(NAME Install
    COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tests/install_test.py" "${PROJECT_BINARY_DIR}" "${CMAKE_CXX_COMPILER}")
  set_tests_properties(Install PROPERTIES LABELS install TIMEOUT 600)
endif()

# What gdb shows of goroutines. A sanitizer's run-time library has debuggers of its own in mind.
if(NOT LEASH_SANITIZE AND NOT LEASH_MUTATIONS)
  add_executable(leash_gdb_parked "${PROJECT_SOURCE_DIR}/tests/gdb/parked.cpp")
  target_include_directories(leash_gdb_parked PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  target_link_libraries(leash_gdb_parked PRIVATE leash::core leash_warnings)
  add_test(NAME Gdb COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tests/gdb/gdb_test.py" $<TARGET_FILE:leash_gdb_parked>)
  set_tests_properties(Gdb PROPERTIES LABELS gdb TIMEOUT 300)
endif()

if(LEASH_EXAMPLES)
  add_test(NAME Examples
    COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tests/examples_test.py" "${PROJECT_BINARY_DIR}/examples")
  set_tests_properties(Examples PROPERTIES LABELS examples TIMEOUT 300)
endif()

# Every test that Go has of what leash has too is named in tests/go_semantics.md.
add_test(NAME GoSemantics
  COMMAND Python3::Interpreter "${PROJECT_SOURCE_DIR}/tests/go_semantics_test.py" $<TARGET_FILE:leash_core_tests>)
set_tests_properties(GoSemantics PROPERTIES LABELS semantics TIMEOUT 60)

# In the mutants build every rule of tests/mutations.txt is a test: switched off, it must be noticed. leash_mutation_tests has just
# the files with suites that the table names.
if(LEASH_MUTATIONS)
  set(mutation_test Python3::Interpreter "${PROJECT_SOURCE_DIR}/tests/mutation_test.py")
  set(table "${PROJECT_SOURCE_DIR}/tests/mutations.txt")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${table}")
  file(STRINGS "${table}" mutations REGEX "^[a-z]")
  string(REGEX MATCHALL "[A-Za-z0-9_]+[.][A-Za-z0-9_*]+" named "${mutations}")
  list(TRANSFORM named REPLACE "[.].*" "")
  list(REMOVE_DUPLICATES named)
  list(JOIN named "|" named)
  leash_test_sources(candidates base sched sync leak race testing)
  set(sources)
  foreach(source IN LISTS candidates)
    file(STRINGS "${source}" found REGEX "^(TEST|TEST_F|TEST_P)\\((${named}),")
    if(found)
      list(APPEND sources "${source}")
    endif()
  endforeach()
  leash_test_sources(model model)
  leash_add_test_program(leash_mutation_tests BATCHES 16 SOURCES ${sources} ${model} LINKS leash::testing ${LEASH_RAPIDCHECK}
    HEADERS ${precompiled_for_tests})
  add_test(NAME Mutation.table COMMAND ${mutation_test} table)
  set(mutation_names Mutation.table)
  list(TRANSFORM mutations REPLACE "^([a-z_]+).*" "\\1")
  list(REMOVE_DUPLICATES mutations)
  foreach(rule IN LISTS mutations)
    add_test(NAME Mutation.${rule} COMMAND ${mutation_test} $<TARGET_FILE:leash_mutation_tests> ${rule})
    list(APPEND mutation_names Mutation.${rule})
  endforeach()
  set_tests_properties(${mutation_names} PROPERTIES LABELS mutation TIMEOUT 700)
endif()
