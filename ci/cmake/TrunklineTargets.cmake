# One helper per kind of target, one line per use.

# trunkline_library(<name> ROOM <core|transports|server|conformance> SOURCES ... HEADERS ... LINKS ...
#     PRIVATE_LINKS ... [INSTALL | NO_INSTALL])
# makes trunkline_<name> with the alias Trunkline::<name>. The include path of a header is its file path minus the
# room. Libraries of core and transports are components of the installed package (TrunklineInstall.cmake), but those
# with NO_INSTALL: doubles and helpers of tests, which are built when something links to them. A library of another
# room is a component with INSTALL.
function(trunkline_library name)
    cmake_parse_arguments(arg "INSTALL;NO_INSTALL" "ROOM" "SOURCES;HEADERS;LINKS;PRIVATE_LINKS" ${ARGN})
    set(target trunkline_${name})
    set(room "${PROJECT_SOURCE_DIR}/${arg_ROOM}")
    if(arg_SOURCES)
        add_library(${target} STATIC ${arg_SOURCES})
        target_compile_features(${target} PUBLIC cxx_std_20)
        target_link_libraries(${target} PUBLIC ${arg_LINKS} PRIVATE ${arg_PRIVATE_LINKS}
            $<BUILD_INTERFACE:trunkline_private_options>)
        target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS "${room}" FILES ${arg_HEADERS})
        if(TRUNKLINE_SANITIZE AND arg_ROOM MATCHES "^(core|transports)$")
            # The release build compiles each by itself; here it would be the same work again.
            set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
        endif()
    else()
        add_library(${target} INTERFACE)
        target_compile_features(${target} INTERFACE cxx_std_20)
        target_link_libraries(${target} INTERFACE ${arg_LINKS})
        target_sources(${target} INTERFACE FILE_SET HEADERS BASE_DIRS "${room}" FILES ${arg_HEADERS})
    endif()
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
    add_library(Trunkline::${name} ALIAS ${target})
    if(arg_NO_INSTALL)
        set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ON)
        set_property(GLOBAL APPEND PROPERTY TRUNKLINE_HEADERS_OF_TESTS ${arg_HEADERS})
    elseif(arg_INSTALL OR arg_ROOM MATCHES "^(core|transports)$")
        set_property(GLOBAL APPEND PROPERTY TRUNKLINE_COMPONENTS_OF_${arg_ROOM} ${name})
    endif()
endfunction()

# How tests are compiled: quickly. What one of them names is no shadow over the others of its batch, and may be
# unnamed to the linker.
add_library(trunkline_test_options INTERFACE)
target_compile_options(trunkline_test_options INTERFACE -O0 -Wno-shadow
    $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)

# trunkline_test(<name> SOURCES ... LINKS ... [LABELS ...] [WHOLE] [MAIN])
# makes the test program <name>_test. Each of its tests becomes a ctest entry, or the program as a whole becomes one
# (WHOLE), for programs that enumerate their cases at run time. MAIN: the sources bring their own main().
function(trunkline_test name)
    if(NOT TRUNKLINE_BUILD_TESTS)
        return()
    endif()
    cmake_parse_arguments(arg "WHOLE;MAIN" "" "SOURCES;LINKS;LABELS" ${ARGN})
    set(target ${name}_test)
    add_executable(${target} ${arg_SOURCES})
    if(arg_MAIN)
        set(gtest GTest::gtest GTest::gmock)
    else()
        set(gtest GTest::gtest_main GTest::gmock)
    endif()
    target_link_libraries(${target} PRIVATE ${arg_LINKS} ${gtest} rapidcheck rapidcheck_gtest
        trunkline_private_options trunkline_test_options)
    target_compile_definitions(${target} PRIVATE TRUNKLINE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/test")
    # A test spends its time in the libraries, and compilers theirs in what every test includes.
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
    if(NOT arg_LABELS)
        set(arg_LABELS quick)
    endif()
    if(arg_WHOLE)
        # From the top folder, so that a relative TRUNKLINE_VECTORS means what it means to the person who sets it there.
        add_test(NAME ${name} COMMAND ${target} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
        set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 600)
    else()
        gtest_discover_tests(${target} TEST_PREFIX "${name}." NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60
            PROPERTIES TIMEOUT 300)
        # Several labels do not survive as an argument of gtest_discover_tests; so they are given when ctest reads the
        # list of the discovered tests.
        set(labels_file "${CMAKE_CURRENT_BINARY_DIR}/${target}_labels.cmake")
        file(CONFIGURE OUTPUT "${labels_file}" @ONLY CONTENT "if(${target}_TESTS)
    set_tests_properties(\${${target}_TESTS} PROPERTIES LABELS \"${arg_LABELS}\")
endif()
")
        set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${labels_file}")
    endif()
endfunction()

# trunkline_test_again(<name> <how> <setting> [FILTER f]) runs <name>_test once more, as one entry <name>.<how>, with a
# setting in its environment.
function(trunkline_test_again name how setting)
    if(NOT TRUNKLINE_BUILD_TESTS)
        return()
    endif()
    cmake_parse_arguments(arg "" "FILTER" "" ${ARGN})
    if(arg_FILTER)
        set(arg_FILTER --gtest_filter=${arg_FILTER})
    endif()
    add_test(NAME ${name}.${how} COMMAND ${name}_test --gtest_brief=1 ${arg_FILTER}
        WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    set_tests_properties(${name}.${how} PROPERTIES LABELS quick TIMEOUT 600 ENVIRONMENT ${setting})
endfunction()

# trunkline_test_folding(<name> [FILTER f]): with every idle connection of a server folded at once.
function(trunkline_test_folding name)
    trunkline_test_again(${name} folding TRUNKLINE_TEST_FOLDING=1 ${ARGN})
endfunction()

# trunkline_test_extension(<name> [FILTER f]): with clients that ask their servers to agree to the extension.
function(trunkline_test_extension name)
    trunkline_test_again(${name} extension TRUNKLINE_TEST_EXTENSION=1 ${ARGN})
endfunction()

# trunkline_test_async_wait(<name> [FILTER f]): with the readiness_set of systems that have no epoll.
function(trunkline_test_async_wait name)
    if(NOT TRUNKLINE_BUILD_TESTS OR NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
        return()
    endif()
    cmake_parse_arguments(arg "" "FILTER" "" ${ARGN})
    if(arg_FILTER)
        set(arg_FILTER FILTER readiness_default.*:${arg_FILTER})
    endif()
    target_link_libraries(${name}_test PRIVATE trunkline_readiness_choice)
    trunkline_test_again(${name} async_wait TRUNKLINE_TEST_READINESS=async_wait ${arg_FILTER})
endfunction()

# trunkline_fuzzer(<name> LINKS ...) makes the libFuzzer target fuzz_<name> from <name>.cpp (with <name>.dict when
# present; the target fuzzers builds all of them) and, in every build, the ctest entry fuzz_replay.<name> that runs
# corpus/<name> and regressions/<name>.
set(Trunkline_FUZZ_DIR "${PROJECT_SOURCE_DIR}/fuzz")
function(trunkline_fuzzer name)
    cmake_parse_arguments(arg "" "" "LINKS" ${ARGN})
    set(no_replay "")
    if(NOT TRUNKLINE_BUILD_TESTS)
        set(no_replay NO_REPLAY)
    endif()
    trunkline_add_fuzzer(${name} SOURCES ${name}.cpp LINKS ${arg_LINKS} trunkline_private_options ${no_replay}
        CORPUS "${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name}" "${CMAKE_CURRENT_SOURCE_DIR}/regressions/${name}")
    if(TARGET fuzz_${name})
        set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/fuzz")
    endif()
    if(TARGET replay_${name})
        set_target_properties(replay_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/test")
        set_tests_properties(fuzz_replay.${name} PROPERTIES LABELS "quick;fuzz-replay")
    endif()
endfunction()

# trunkline_benchmark(<name> LINKS ...) makes the program <name>_bench from <name>.cpp and a ctest entry that runs it
# for a moment.
function(trunkline_benchmark name)
    cmake_parse_arguments(arg "" "" "LINKS" ${ARGN})
    set(target ${name}_bench)
    add_executable(${target} ${name}.cpp)
    target_link_libraries(${target} PRIVATE ${arg_LINKS} benchmark::benchmark_main trunkline_private_options)
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bench")
    if(TRUNKLINE_BUILD_TESTS)
        add_test(NAME bench_smoke.${name} COMMAND ${target} --benchmark_min_time=0.001)
        set_tests_properties(bench_smoke.${name} PROPERTIES LABELS "quick;bench-smoke" TIMEOUT 300)
    endif()
endfunction()

# trunkline_package_test(<name> <tests> [<variable>=<value>...]) makes the ctest entry package.<name>: a module, or one
# test, of ci/package. It sees Trunkline as it is installed by the fixture package.install.
function(trunkline_package_test name tests)
    if(NOT TRUNKLINE_BUILD_TESTS OR TRUNKLINE_SANITIZE OR TRUNKLINE_COVERAGE)
        return()
    endif()
    add_test(NAME package.${name} COMMAND "${Python3_EXECUTABLE}" -m unittest -v ${tests}
        WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}/ci/package")
    set_tests_properties(package.${name} PROPERTIES LABELS "quick;package" TIMEOUT 600 FIXTURES_REQUIRED package
        ENVIRONMENT "TRUNKLINE_BUILD=${PROJECT_BINARY_DIR};PYTHONDONTWRITEBYTECODE=1;${ARGN}")
endfunction()

# trunkline_example(<name> [ARGUMENTS ...] [LINES_MAX <count>]) makes the ctest entry package.example.<name> for the
# project examples/<name>. Its program is run in a folder for this run alone, by the script `try` of the project where
# there is one; its sources have at most LINES_MAX lines.
function(trunkline_example name)
    cmake_parse_arguments(arg "" "LINES_MAX" "ARGUMENTS" ${ARGN})
    list(JOIN arg_ARGUMENTS " " arguments)
    trunkline_package_test(example.${name} test_example "TRUNKLINE_EXAMPLE=${name}"
        "TRUNKLINE_EXAMPLE_ARGUMENTS=${arguments}" "TRUNKLINE_EXAMPLE_LINES_MAX=${arg_LINES_MAX}")
endfunction()
