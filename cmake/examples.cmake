# Every examples/*.cpp is a program of its own, build/release/examples/<name>; so is the program that the README shows, so that it
# cannot stop being true.
file(GLOB leash_examples CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/examples/*.cpp")

set(readme "${PROJECT_SOURCE_DIR}/README.md")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${readme}")
file(READ "${readme}" program)
string(REGEX REPLACE "^.*\n```cpp\n" "" program "${program}")
string(REGEX REPLACE "\n```.*$" "\n" program "${program}")
file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/examples/readme.cpp" CONTENT "${program}" @ONLY)
if(EXISTS "${PROJECT_SOURCE_DIR}/include/leash/leash.hpp")
  list(APPEND leash_examples "${PROJECT_BINARY_DIR}/examples/readme.cpp")
endif()

foreach(source IN LISTS leash_examples)
  cmake_path(GET source STEM stem)
  add_executable(example_${stem} ${source})
  target_link_libraries(example_${stem} PRIVATE leash::http leash::testing leash_warnings)
  set_target_properties(example_${stem} PROPERTIES
    OUTPUT_NAME ${stem} RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/examples")
endforeach()
