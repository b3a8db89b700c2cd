# make install: the command, the libraries with their headers, and a package for find_package(leash [COMPONENTS core net http]).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/leash")

if(TARGET leash)
  install(TARGETS leash RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/leash" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")

# Builds what is installed, and no test.
add_custom_target(shipped)
foreach(target leash leash_core leash_net leash_http)
  if(TARGET ${target})
    add_dependencies(shipped ${target})
  endif()
endforeach()

# An export for each library, so that a user of the core alone need not have Boost or curl.
foreach(component core net http)
  install(TARGETS leash_${component} EXPORT leash-${component}
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(EXPORT leash-${component} NAMESPACE leash:: DESTINATION "${package_folder}")
endforeach()

write_basic_package_version_file("${PROJECT_BINARY_DIR}/leash-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_SOURCE_DIR}/cmake/leash-config.cmake" "${PROJECT_BINARY_DIR}/leash-config-version.cmake"
  DESTINATION "${package_folder}")
