# The libraries, by floor. leash_core knows fmt and threads; leash_net adds Boost.Asio; leash_http adds curl and Beast.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)

# leash_add_library(<name> <alias> FLOORS <floor>... LINKS <target>...): a static library of src/<floor>/*.cpp and its folders.
# A floor that has no sources yet gives an interface library: whoever links it keeps working.
function(leash_add_library name alias)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "FLOORS;LINKS;PRIVATE_LINKS")
  set(sources)
  foreach(floor IN LISTS arg_FLOORS)
    file(GLOB found CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${floor}/*.cpp" "${PROJECT_SOURCE_DIR}/src/${floor}/*/*.cpp")
    list(APPEND sources ${found})
  endforeach()
  if(sources)
    add_library(${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:leash_warnings> ${arg_PRIVATE_LINKS})
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/src")
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(leash::${alias} ALIAS ${name})
  set_target_properties(${name} PROPERTIES EXPORT_NAME ${alias})
  target_compile_features(${name} ${scope} cxx_std_20)
  target_include_directories(${name} ${scope} "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>")
  target_link_libraries(${name} ${scope} ${arg_LINKS})
endfunction()

leash_add_library(leash_core core FLOORS base sched sync leak race LINKS fmt::fmt Threads::Threads)
# Programs that bring an arena or a worker of their own (bench/trace_cost) leave those of the archive out.
# What runs while threads stand, or in a signal's handler, is built without sanitizers, which would take locks that somebody
# stands with; and calls no function of the C library that the compiler has put in the place of a loop.
set(leash_while_threads_stand src/base/world/gate.cpp src/base/world/stop.cpp src/base/world/memory_map.cpp
  src/leak/proof/reach.cpp src/leak/proof/reach_now.cpp)
set(leash_options_while_threads_stand -fno-builtin -O2)
if(LEASH_SANITIZE)
  list(APPEND leash_options_while_threads_stand -fno-sanitize=all)
  # They have to know which one there is all the same: of its own thread, and of what it keeps. As gcc says it.
  if(LEASH_SANITIZE MATCHES "thread")
    list(APPEND leash_options_while_threads_stand -D__SANITIZE_THREAD__=1)
  elseif(LEASH_SANITIZE MATCHES "address")
    list(APPEND leash_options_while_threads_stand -D__SANITIZE_ADDRESS__=1)
  endif()
endif()
set_source_files_properties(${leash_while_threads_stand} PROPERTIES COMPILE_OPTIONS "${leash_options_while_threads_stand}")
leash_compile_together(leash_core GROUPS src/base src/sched src/sync src/leak src/race
  ALONE src/base/arena.cpp src/sched/worker.cpp ${leash_while_threads_stand})

# Writes the profiles; headers alone, and in no header of ours.
find_path(LEASH_PROTOZERO protozero/pbf_writer.hpp)
mark_as_advanced(LEASH_PROTOZERO)
if(NOT LEASH_PROTOZERO)
  message(FATAL_ERROR "leash needs protozero's headers, which were not found; on Debian: libprotozero-dev.")
endif()
target_include_directories(leash_core SYSTEM PRIVATE "${LEASH_PROTOZERO}")

# For the tests of programs that use leash. Of its headers, gtest.hpp and catch2.hpp want those frameworks, which who includes
# them links.
leash_add_library(leash_testing testing FLOORS testing LINKS leash::core)
leash_compile_together(leash_testing GROUPS src/testing)

find_package(Boost 1.81 REQUIRED)
leash_add_library(leash_net net FLOORS net LINKS leash::core Boost::headers)
leash_compile_together(leash_net GROUPS src/net)

find_package(CURL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(prometheus-cpp REQUIRED)
leash_add_library(leash_http http FLOORS http LINKS leash::net
  PRIVATE_LINKS CURL::libcurl ZLIB::ZLIB prometheus-cpp::core)
leash_compile_together(leash_http GROUPS src/http/client "src/http/debug|src/http/server")
target_compile_definitions(leash_http PRIVATE LEASH_VERSION="${PROJECT_VERSION}")
# The core knows the debug server by weak symbols, for which no linker would look into an archive.
target_link_options(leash_http INTERFACE "LINKER:--undefined=leash_start_debug_server")
