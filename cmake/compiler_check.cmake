# Refuses the compilers that are known to produce wrong programs from right coroutines, each with
# its reason. Tested are clang 19 (.ci/run: everything) and GCC 14 (make trust: the core and its
# tests). clang 16 to 18 and GCC 13 are only believed to work.
#
# The refused one is forgotten: the next configuration chooses anew.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  unset(CMAKE_CXX_COMPILER CACHE)
  file(REMOVE_RECURSE "${CMAKE_BINARY_DIR}/CMakeFiles/${CMAKE_VERSION}")
  message(FATAL_ERROR
    "GCC ${CMAKE_CXX_COMPILER_VERSION} (${CMAKE_CXX_COMPILER}) silently miscompiles coroutines: it destroys temporaries in "
    "co_await expressions twice and drops some conditions; install clang-19 (make demo tells how), or use GCC 13 or newer.")
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 16)
  unset(CMAKE_CXX_COMPILER CACHE)
  file(REMOVE_RECURSE "${CMAKE_BINARY_DIR}/CMakeFiles/${CMAKE_VERSION}")
  message(FATAL_ERROR
    "clang ${CMAKE_CXX_COMPILER_VERSION} (${CMAKE_CXX_COMPILER}) is too old for leash's coroutines; "
    "install clang-19 (make demo tells how), or use clang 16 or newer.")
endif()
