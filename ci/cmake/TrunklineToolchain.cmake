# Compiler settings that hold for every target of this build: language level, ccache, the private
# interface targets for warnings, sanitizers and coverage (never exported), and the output folders.
if(NOT CMAKE_CXX_STANDARD)
    set(CMAKE_CXX_STANDARD 20)
endif()
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(PROJECT_IS_TOP_LEVEL)
    set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
    find_program(TRUNKLINE_CCACHE ccache)
    if(TRUNKLINE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
        set(CMAKE_CXX_COMPILER_LAUNCHER "${TRUNKLINE_CCACHE}")
    endif()
endif()

set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_SANITIZED "-O1 -g1 -fno-omit-frame-pointer")

# Not -Wnon-virtual-dtor: g++ 12 sees one in every class derived from boost::system::error_category.
add_library(trunkline_private_options INTERFACE)
target_compile_options(trunkline_private_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow
    -Woverloaded-virtual -Wimplicit-fallthrough -Wcast-align -Wunused)
if(TRUNKLINE_WARNINGS_AS_ERRORS)
    target_compile_options(trunkline_private_options INTERFACE -Werror)
endif()
if(NOT TRUNKLINE_COVERAGE)
    # What is built, and may be installed, names its sources as they lie in the project: the same bytes wherever that
    # is. Not for Debug, where debuggers look for the sources.
    foreach(place "${PROJECT_SOURCE_DIR}=." "${PROJECT_BINARY_DIR}=build")
        target_compile_options(trunkline_private_options INTERFACE $<$<NOT:$<CONFIG:Debug>>:-ffile-prefix-map=${place}>)
    endforeach()
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 takes moved-from variants and functions for uninitialised once it has inlined them. clang and the
    # sanitizers look for the real ones.
    target_compile_options(trunkline_private_options INTERFACE $<$<CONFIG:RelWithDebInfo>:-Wno-maybe-uninitialized>)
endif()

if(TRUNKLINE_SANITIZE)
    add_compile_options(-fsanitize=${TRUNKLINE_SANITIZE} -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${TRUNKLINE_SANITIZE})
    if(TRUNKLINE_SANITIZE MATCHES "undefined")
        # The vptr check opens a pipe to see whether memory can be read, so it raises a false alarm in
        # tests that run out of descriptors.
        add_compile_options(-fno-sanitize=vptr)
    endif()
endif()
if(TRUNKLINE_BUILD_FUZZERS)
    # The libraries report their edges to libFuzzer; without that it would search blindly.
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(TRUNKLINE_COVERAGE)
    add_compile_options(--coverage)
    add_link_options(--coverage)
endif()
