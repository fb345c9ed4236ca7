# What the installed libraries link to; included by this build and by TrunklineConfig.cmake. Debian's xxHash and
# libdeflate come without a CMake configuration, so they get an imported target each.
function(trunkline_find_library name header library)
    if(TARGET trunkline_${name})
        return()
    endif()
    find_path(TRUNKLINE_${name}_INCLUDE_DIR ${header} REQUIRED)
    find_library(TRUNKLINE_${name}_LIBRARY ${library} REQUIRED)
    mark_as_advanced(TRUNKLINE_${name}_INCLUDE_DIR TRUNKLINE_${name}_LIBRARY)
    add_library(trunkline_${name} INTERFACE IMPORTED GLOBAL)
    target_include_directories(trunkline_${name} INTERFACE "${TRUNKLINE_${name}_INCLUDE_DIR}")
    target_link_libraries(trunkline_${name} INTERFACE "${TRUNKLINE_${name}_LIBRARY}")
endfunction()

trunkline_find_library(xxhash xxhash.h xxhash)
trunkline_find_library(deflate libdeflate.h deflate)
