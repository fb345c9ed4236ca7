# Every library that Trunkline uses, in one place. All of them are Debian 12 packages; `ci/install`
# puts them on a machine.
include(TrunklineLibraries)
foreach(package Threads Boost Boost.JSON OpenSSL ZLIB xxhash deflate)
    trunkline_find_package(${package} why_not)
    if(why_not)
        message(FATAL_ERROR "Trunkline needs ${why_not}.")
    endif()
endforeach()

# Programs only.
find_package(spdlog REQUIRED)
find_package(tomlplusplus REQUIRED)
find_path(CLI11_INCLUDE_DIR CLI/CLI.hpp REQUIRED)
add_library(trunkline_cli11 INTERFACE)
target_include_directories(trunkline_cli11 SYSTEM INTERFACE "${CLI11_INCLUDE_DIR}")

if(TRUNKLINE_BUILD_TESTS)
    find_package(GTest REQUIRED)
    find_package(rapidcheck REQUIRED)
    find_package(Python3 REQUIRED COMPONENTS Interpreter)
    include(GoogleTest)
    enable_testing()
endif()
if(TRUNKLINE_BUILD_BENCHMARKS)
    find_package(benchmark REQUIRED)
endif()
