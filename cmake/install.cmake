# make install: the command with its pages, the libraries with their headers, a package for find_package(leash [COMPONENTS …]), and
# files for pkg-config. Nothing in them names the prefix, so that an installed tree can be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(leash_components core testing net http)
set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/leash")

if(TARGET leash)
  install(TARGETS leash RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
  install(DIRECTORY "${leash_pages}/man1" DESTINATION "${CMAKE_INSTALL_MANDIR}")
  install(FILES "${leash_pages}/leash" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
  install(FILES "${leash_pages}/_leash" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
  install(FILES "${leash_pages}/leash.fish" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
endif()

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/leash" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_SOURCE_DIR}/packaging/gdb/leash.py" DESTINATION "${CMAKE_INSTALL_DATADIR}/leash/gdb")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")

# Builds what is installed, and no test.
add_custom_target(shipped)
foreach(target leash leash_pages leash_core leash_testing leash_net leash_http)
  if(TARGET ${target})
    add_dependencies(shipped ${target})
  endif()
endforeach()

# An export for each library, so that a user of the core alone need not have Boost or curl.
foreach(component IN LISTS leash_components)
  install(TARGETS leash_${component} EXPORT leash-${component}
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(EXPORT leash-${component} NAMESPACE leash:: DESTINATION "${package_folder}")
endforeach()

write_basic_package_version_file("${PROJECT_BINARY_DIR}/leash-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_SOURCE_DIR}/cmake/leash-config.cmake" "${PROJECT_BINARY_DIR}/leash-config-version.cmake"
  DESTINATION "${package_folder}")

include(cmake/pkg_config.cmake)
