# Quick builds. With LEASH_UNITY the files of a folder are compiled together as one (a unity build), and headers that many files
# need are compiled once beforehand. What the compiler is told otherwise stays the same. Without it every file is compiled by
# itself, as tools need it that look at one file: clang-tidy, an editor's language server. docs/building.md has what it saves.
option(LEASH_UNITY "Compile the files of a folder together, and headers that many need beforehand" ${PROJECT_IS_TOP_LEVEL})

# leash_compile_together(<target> [GROUPS <folder[|folder]...>...] [ALONE <file>...] [BATCHES <number>] [HEADERS <header>...])
# GROUPS: the files below these folders (from the project's root) are compiled as one file.
# ALONE: these files (from the project's root) are compiled by themselves all the same.
# BATCHES: the files that are in no group are compiled as so many files; otherwise one by one. Which one a file is in follows from its
# name alone, so that a new file leaves the others where they are: with those whose names get on, and in the compiler's cache.
# HEADERS: compiled beforehand for all files of the target.
# A file that several targets have stays in the group that it was given first.
function(leash_compile_together target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "BATCHES" "GROUPS;ALONE;HEADERS")
  if(NOT LEASH_UNITY)
    return()
  endif()
  if(arg_HEADERS)
    target_precompile_headers(${target} PRIVATE ${arg_HEADERS})
    set_target_properties(${target} PROPERTIES PCH_INSTANTIATE_TEMPLATES ON)
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
      # Else the result holds the time at which each header was written, and ccache finds nothing again.
      target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
    endif()
  endif()
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    get_source_file_property(group "${source}" UNITY_GROUP)
    string(REPLACE "${PROJECT_SOURCE_DIR}/" "" from_root "${source}")
    if(group OR from_root IN_LIST arg_ALONE)
      continue()
    endif()
    foreach(folders IN LISTS arg_GROUPS)
      string(REPLACE "|" ";" each "${folders}")
      foreach(folder IN LISTS each)
        string(FIND "${source}" "${PROJECT_SOURCE_DIR}/${folder}/" at)
        if(at EQUAL 0)
          string(MAKE_C_IDENTIFIER "${folders}" group)
        endif()
      endforeach()
    endforeach()
    if(NOT group AND arg_BATCHES)
      string(MD5 batch "${from_root}")
      string(SUBSTRING "${batch}" 0 8 batch)
      math(EXPR batch "0x${batch} % ${arg_BATCHES}")
      set(group "batch_${batch}")
    endif()
    if(group)
      set_source_files_properties("${source}" PROPERTIES UNITY_GROUP "${group}")
    endif()
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()
