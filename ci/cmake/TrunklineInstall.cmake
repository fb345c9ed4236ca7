# Installs the libraries of core and transports with their headers, and the package that
# `find_package(Trunkline)` finds. Included last: Trunkline::core collects what the folders made.
include(CMakePackageConfigHelpers)

add_library(trunkline_core INTERFACE)
target_link_libraries(trunkline_core INTERFACE trunkline_base trunkline_frame trunkline_rpc trunkline_bitcode
    trunkline_typed trunkline_store)
set_target_properties(trunkline_core PROPERTIES EXPORT_NAME core)
add_library(Trunkline::core ALIAS trunkline_core)
install(TARGETS trunkline_core EXPORT Trunkline)

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/Trunkline")
install(EXPORT Trunkline NAMESPACE Trunkline:: FILE TrunklineExports.cmake DESTINATION "${package_folder}")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/TrunklineConfig.cmake.in"
    "${PROJECT_BINARY_DIR}/TrunklineConfig.cmake" INSTALL_DESTINATION "${package_folder}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/TrunklineConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/TrunklineConfig.cmake" "${PROJECT_BINARY_DIR}/TrunklineConfigVersion.cmake"
    "${CMAKE_CURRENT_LIST_DIR}/TrunklineLibraries.cmake" DESTINATION "${package_folder}")
