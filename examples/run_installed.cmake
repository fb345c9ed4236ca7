# Installs the build BUILD, then builds and runs the project EXAMPLE against what was installed.
function(run)
    execute_process(COMMAND ${ARGV} RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${ARGV}\n${said}")
    endif()
endfunction()

set(prefix "${BUILD}/installed")
set(folder "${BUILD}/examples/${EXAMPLE}")
file(REMOVE_RECURSE "${prefix}" "${folder}")
run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${prefix}")
run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/${EXAMPLE}" -B "${folder}" -G "${GENERATOR}"
    "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_PREFIX_PATH=${prefix}" -DCMAKE_BUILD_TYPE=Debug)
run("${CMAKE_COMMAND}" --build "${folder}")
run("${folder}/${EXAMPLE}" "${folder}/example.store")
