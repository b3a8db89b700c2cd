# A file for pkg-config for each library, and leash.pc, which is all of them but testing.
#
# The libraries are archives, so that everybody who links one also links what it uses: that stands under Requires and Libs. Under
# Requires.private it would take --static, which on Debian also asks for the archives of everything that curl uses.
set(pkg_config_folder "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

# The prefix, seen from a .pc file's own folder.
if(IS_ABSOLUTE "${pkg_config_folder}")
  set(pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/${pkg_config_folder}"
    OUTPUT_VARIABLE up)
  set(pc_prefix "\${pcfiledir}/${up}")
endif()
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_INCLUDEDIR BASE_DIRECTORY "\${prefix}" OUTPUT_VARIABLE pc_include)
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_LIBDIR BASE_DIRECTORY "\${prefix}" OUTPUT_VARIABLE pc_lib)

# leash_add_pc(<name> <description> [REQUIRES <package>...] [CFLAGS <flag>...] [LIBS <flag>...])
function(leash_add_pc name description)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "REQUIRES;CFLAGS;LIBS")
  list(JOIN arg_REQUIRES ", " requires)
  list(JOIN arg_CFLAGS " " cflags)
  list(JOIN arg_LIBS " " libs)
  configure_file("${PROJECT_SOURCE_DIR}/cmake/leash.pc.in" "${PROJECT_BINARY_DIR}/pkgconfig/${name}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/pkgconfig/${name}.pc" DESTINATION "${pkg_config_folder}")
endfunction()

set(same_version "= ${PROJECT_VERSION}")

# Boost brings no .pc file; where the compiler finds its headers by itself, nothing need be said.
set(boost_cflags)
foreach(folder IN LISTS Boost_INCLUDE_DIRS)
  if(NOT folder IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
    list(APPEND boost_cflags "-I${folder}")
  endif()
endforeach()

leash_add_pc(leash-core "Goroutines, channels, select and contexts for C++20" REQUIRES fmt
  CFLAGS "-I\${includedir}" -pthread LIBS "-L\${libdir}" -lleash_core -pthread)
leash_add_pc(leash-testing "For the tests of programs that use leash" REQUIRES "leash-core ${same_version}"
  LIBS "-L\${libdir}" -lleash_testing)
leash_add_pc(leash-net "Boost.Asio operations awaited in goroutines" REQUIRES "leash-core ${same_version}"
  CFLAGS ${boost_cflags} LIBS "-L\${libdir}" -lleash_net)
leash_add_pc(leash-http "An HTTP client whose requests end with their goroutine, a server, and the debug server"
  REQUIRES "leash-net ${same_version}" libcurl zlib prometheus-cpp-core
  LIBS "-L\${libdir}" -Wl,--undefined=leash_start_debug_server -lleash_http)
leash_add_pc(leash "${PROJECT_DESCRIPTION}" REQUIRES "leash-http ${same_version}")
