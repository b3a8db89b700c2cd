# make install: the command, the libraries, the headers.
include(GNUInstallDirs)
if(TARGET leash)
  install(TARGETS leash RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
