# Helpers for the tests of those who use the package; find_package(Trunkline) brings them, and the build of Trunkline
# uses them as well.

set(Trunkline_helpers_folder "${CMAKE_CURRENT_LIST_DIR}")

# trunkline_add_conformance(<program> [ARGUMENTS ...] [LABELS ...] [TIMEOUT <seconds>])
# makes a ctest entry <program>.<transport>.<rule> for each rule of the kit and each transport of the program, an
# executable target whose main() is run_main() (docs/conformance.md). A rule that is not applicable is shown as skipped.
# ARGUMENTS are given to each run, and choose among rules and transports as on the command line; LABELS are
# `conformance` and TIMEOUT is 300 unless given.
function(trunkline_add_conformance program)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "ARGUMENTS;LABELS")
    if(NOT arg_LABELS)
        set(arg_LABELS conformance)
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 300)
    endif()
    set(entries "${CMAKE_CURRENT_BINARY_DIR}/${program}_conformance.cmake")
    add_custom_command(TARGET ${program} POST_BUILD BYPRODUCTS "${entries}"
        COMMAND "${CMAKE_COMMAND}" "-Dprogram=$<TARGET_FILE:${program}>" "-Dname=${program}"
            "-Darguments=${arg_ARGUMENTS}" "-Dlabels=${arg_LABELS}" "-Dtimeout=${arg_TIMEOUT}" "-Dentries=${entries}"
            -P "${Trunkline_helpers_folder}/TrunklineConformanceEntries.cmake" VERBATIM)
    # Read by ctest, so that what was built last is what is tested.
    set(finder "${CMAKE_CURRENT_BINARY_DIR}/${program}_conformance_entries.cmake")
    file(CONFIGURE OUTPUT "${finder}" @ONLY CONTENT [[
if(EXISTS "@entries@")
    include("@entries@")
else()
    add_test(@program@.not_built @program@.not_built)
endif()
]])
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${finder}")
endfunction()

# trunkline_add_fuzzer(<name> SOURCES ... [LINKS ...] [CORPUS <folder> ...] [NO_REPLAY])
# makes, of sources that define LLVMFuzzerTestOneInput, the program replay_<name> and the ctest entry
# fuzz_replay.<name>: with any compiler it runs every file below the CORPUS folders, of which the first has to have
# some. Where TRUNKLINE_BUILD_FUZZERS is on, which needs clang, there is the libFuzzer target fuzz_<name> as well, and
# the target `fuzzers` builds all of them. Seeds for the protocols of Trunkline lie in
# ${Trunkline_FUZZ_DIR}/corpus/<target>, and words for -dict= in ${Trunkline_FUZZ_DIR}/<target>.dict.
function(trunkline_add_fuzzer name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "NO_REPLAY" "" "SOURCES;LINKS;CORPUS")
    if(TRUNKLINE_BUILD_FUZZERS)
        add_executable(fuzz_${name} ${arg_SOURCES})
        target_compile_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
        target_link_libraries(fuzz_${name} PRIVATE ${arg_LINKS})
        if(NOT TARGET fuzzers)
            add_custom_target(fuzzers)
        endif()
        add_dependencies(fuzzers fuzz_${name})
    endif()
    if(NOT arg_NO_REPLAY)
        add_executable(replay_${name} ${arg_SOURCES} "${Trunkline_FUZZ_DIR}/replay_test.cpp")
        target_link_libraries(replay_${name} PRIVATE ${arg_LINKS})
        target_compile_features(replay_${name} PRIVATE cxx_std_20)
        add_test(NAME fuzz_replay.${name} COMMAND replay_${name} ${arg_CORPUS})
        set_tests_properties(fuzz_replay.${name} PROPERTIES LABELS fuzz-replay TIMEOUT 300)
    endif()
endfunction()
