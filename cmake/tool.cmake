# The leash command, in the build's root: build/release/leash.
file(GLOB leash_tool_sources CONFIGURE_DEPENDS
  "${PROJECT_SOURCE_DIR}/tool/*.cpp" "${PROJECT_SOURCE_DIR}/tool/*/*.cpp")
if(NOT leash_tool_sources)
  return()
endif()
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(ZLIB REQUIRED)
find_path(LEASH_PROTOZERO protozero/pbf_message.hpp REQUIRED)
mark_as_advanced(LEASH_PROTOZERO)

add_executable(leash ${leash_tool_sources})
target_include_directories(leash PRIVATE "${PROJECT_SOURCE_DIR}/tool")
target_include_directories(leash SYSTEM PRIVATE "${LEASH_PROTOZERO}")
target_compile_definitions(leash PRIVATE LEASH_VERSION="${PROJECT_VERSION}")
target_link_libraries(leash PRIVATE leash::http leash_warnings CLI11::CLI11 nlohmann_json::nlohmann_json
  yaml-cpp ZLIB::ZLIB)
leash_compile_together(leash GROUPS tool/bench tool/demo "tool/goroutines|tool/shown" tool/oom "tool/race|tool/request" "tool/leaks|tool/why"
    "tool/completion|tool/manual|tool/words"
  HEADERS <CLI/CLI.hpp> <fmt/format.h> <leash/http.hpp> <leash/leash.hpp> <nlohmann/json.hpp>)
set_target_properties(leash PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")

# The manual pages and the shells' completions, which the command writes itself: see tool/manual and tool/completion.
set(leash_pages "${PROJECT_BINARY_DIR}/pages")
add_custom_command(OUTPUT "${leash_pages}/written"
  COMMAND "${CMAKE_COMMAND}" -E rm -rf "${leash_pages}"
  COMMAND leash --manual "${leash_pages}/man1"
  COMMAND leash --completion bash > "${leash_pages}/leash"
  COMMAND leash --completion zsh > "${leash_pages}/_leash"
  COMMAND leash --completion fish > "${leash_pages}/leash.fish"
  COMMAND "${CMAKE_COMMAND}" -E touch "${leash_pages}/written"
  DEPENDS leash VERBATIM COMMENT "Writing the manual pages and the completions")
add_custom_target(leash_pages ALL DEPENDS "${leash_pages}/written")
