# The leash command, in the build's root: build/release/leash.
file(GLOB leash_tool_sources CONFIGURE_DEPENDS
  "${PROJECT_SOURCE_DIR}/tool/*.cpp" "${PROJECT_SOURCE_DIR}/tool/*/*.cpp")
if(NOT leash_tool_sources)
  return()
endif()
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)

add_executable(leash ${leash_tool_sources})
target_include_directories(leash PRIVATE "${PROJECT_SOURCE_DIR}/tool")
target_compile_definitions(leash PRIVATE LEASH_VERSION="${PROJECT_VERSION}")
target_link_libraries(leash PRIVATE leash::http leash_warnings CLI11::CLI11 nlohmann_json::nlohmann_json)
set_target_properties(leash PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
