# What `cmake --install` puts where, and how other projects find it: find_package(pelton) gives
# pelton::shared (also called pelton::pelton) and, where the development files of the codec libraries
# are installed, pelton::static; pkg-config knows it as `pelton`. Nothing installed holds an absolute
# path, so the tree may be moved.
include(CMakePackageConfigHelpers)

install(TARGETS pelton RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY kernels/include/pelton io/include/pelton
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/pelton)
foreach(kind static shared)
  install(TARGETS pelton_${kind} EXPORT pelton-${kind} DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT pelton-${kind} NAMESPACE pelton:: DESTINATION ${package_dir})
endforeach()
configure_package_config_file(scripts/package/pelton-config.cmake.in
  ${PROJECT_BINARY_DIR}/package/pelton-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/pelton-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/pelton-config.cmake
              ${PROJECT_BINARY_DIR}/package/pelton-config-version.cmake DESTINATION ${package_dir})

# Private: only those who link statically need them.
set(pc_requires "libpng, libjpeg")
set(pc_libs "-pthread -lm")
if(URING_FOUND)
  string(APPEND pc_requires ", liburing")
endif()
if(PELTON_OPENMP)
  string(APPEND pc_libs " ${OpenMP_C_FLAGS}")
endif()
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH pc_up "/prefix/${pkgconfig_dir}" "/prefix")
configure_file(scripts/package/pelton.pc.in ${PROJECT_BINARY_DIR}/package/pelton.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/package/pelton.pc DESTINATION ${pkgconfig_dir})
