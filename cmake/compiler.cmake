# Chooses clang when nobody chose a compiler: CXX and CMAKE_CXX_COMPILER are obeyed, and judged in compiler_check.cmake.
# Debian 12's own default, g++ 12, cannot compile coroutines correctly, so CMake's choice (c++) is never what is wanted.
if(NOT DEFINED CMAKE_CXX_COMPILER AND NOT DEFINED ENV{CXX} AND NOT DEFINED CMAKE_TOOLCHAIN_FILE)
  find_program(LEASH_CLANG NAMES clang++-19 clang++-18 clang++-17 clang++-16 clang++-20 clang++-21 clang++)
  mark_as_advanced(LEASH_CLANG)
  if(LEASH_CLANG)
    set(CMAKE_CXX_COMPILER "${LEASH_CLANG}")
  endif()
endif()
