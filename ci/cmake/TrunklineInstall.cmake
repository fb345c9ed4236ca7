# Installs the package (docs/install.md): the program, the pages, and the libraries with their headers, each as a
# component for find_package(Trunkline) and for pkg-config. Included last: what the components are and what they link
# to is read off the targets that the folders made.
include(CMakePackageConfigHelpers)

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/Trunkline")
set(package_drafts "${PROJECT_BINARY_DIR}/package-files")

# Where users find what our libraries link to: the name that TrunklineConfig.cmake looks for, and what pkg-config says.
# Boost has no pkg-config files, and a library of the name is all that there is to link to.
set(package_of_Boost::headers Boost)
set(package_of_Boost::system Boost)
set(libs_of_Boost::system -lboost_system)
set(package_of_Boost::url Boost)
set(libs_of_Boost::url -lboost_url)
set(package_of_Boost::json Boost.JSON)
set(libs_of_Boost::json -lboost_json)
set(package_of_Threads::Threads Threads)
set(libs_of_Threads::Threads -pthread)
set(package_of_OpenSSL::Crypto OpenSSL)
set(requires_of_OpenSSL::Crypto libcrypto)
set(package_of_OpenSSL::SSL OpenSSL)
set(requires_of_OpenSSL::SSL libssl)
set(package_of_ZLIB::ZLIB ZLIB)
set(requires_of_ZLIB::ZLIB zlib)
set(package_of_trunkline_xxhash xxhash)
set(requires_of_trunkline_xxhash libxxhash)
set(package_of_trunkline_deflate deflate)
set(requires_of_trunkline_deflate libdeflate)

# What the component links to, in <out>_components, <out>_private_components, <out>_packages, <out>_requires and
# <out>_libs.
function(trunkline_links_of component out)
    get_target_property(links trunkline_${component} INTERFACE_LINK_LIBRARIES)
    foreach(kind components private_components packages requires libs)
        set(${kind} "")
    endforeach()
    foreach(link IN LISTS links)
        set(visibility "")
        if(link MATCHES "BUILD_INTERFACE")
            continue()
        elseif(link MATCHES "^\\$<LINK_ONLY:(.+)>$")
            set(link "${CMAKE_MATCH_1}")
            set(visibility private_)
        elseif(NOT link)
            continue()
        endif()
        string(REGEX REPLACE "^(Trunkline::|trunkline_)" "" name "${link}")
        if(name IN_LIST package_components)
            list(APPEND ${visibility}components ${name})
        elseif(package_of_${link})
            list(APPEND packages ${package_of_${link}})
            list(APPEND requires ${requires_of_${link}})
            list(APPEND libs ${libs_of_${link}})
        else()
            message(FATAL_ERROR "trunkline_${component} is installed and links to ${link}, which is neither a "
                "component nor named in TrunklineInstall.cmake")
        endif()
    endforeach()
    foreach(kind components private_components packages requires libs)
        list(REMOVE_DUPLICATES ${kind})
        set(${out}_${kind} "${${kind}}" PARENT_SCOPE)
    endforeach()
endfunction()

# Appends the component to package_order, after all those that it links to.
function(trunkline_put_in_order component)
    if(NOT component IN_LIST package_order)
        trunkline_links_of(${component} its)
        foreach(link IN LISTS its_components its_private_components)
            trunkline_put_in_order(${link})
        endforeach()
        list(APPEND package_order ${component})
        set(package_order "${package_order}" PARENT_SCOPE)
    endif()
endfunction()

# Trunkline::core and Trunkline::transports: all components of a room.
set(package_components "")
foreach(room core transports server conformance)
    get_property(members GLOBAL PROPERTY TRUNKLINE_COMPONENTS_OF_${room})
    list(APPEND package_components ${members})
    if(room MATCHES "^(core|transports)$")
        list(APPEND package_components ${room})
        add_library(trunkline_${room} INTERFACE)
        list(TRANSFORM members PREPEND trunkline_)
        target_link_libraries(trunkline_${room} INTERFACE ${members})
        set_target_properties(trunkline_${room} PROPERTIES EXPORT_NAME ${room})
        add_library(Trunkline::${room} ALIAS trunkline_${room})
    endif()
endforeach()
set(package_order "")
foreach(component IN LISTS package_components)
    trunkline_put_in_order(${component})
endforeach()

# From the folder of the .pc files to the prefix, so that the prefix may be moved.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
    set(package_prefix "${CMAKE_INSTALL_PREFIX}")
else()
    string(REGEX REPLACE "[^/]+" ".." package_prefix "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
    set(package_prefix "\${pcfiledir}/${package_prefix}")
endif()

# trunkline_pkg_config(<file> <name> REQUIRES ... PRIVATE ... LIBS ... PRIVATE_LIBS ...) installs <file>.pc.
function(trunkline_pkg_config file name)
    cmake_parse_arguments(arg "" "" "REQUIRES;PRIVATE;LIBS;PRIVATE_LIBS" ${ARGN})
    set(libdir "\${prefix}")
    cmake_path(APPEND libdir "${CMAKE_INSTALL_LIBDIR}")
    set(includedir "\${prefix}")
    cmake_path(APPEND includedir "${CMAKE_INSTALL_INCLUDEDIR}")
    foreach(kind REQUIRES PRIVATE)
        list(TRANSFORM arg_${kind} REPLACE "^trunkline.+" "\\0 = ${PROJECT_VERSION}")
        list(JOIN arg_${kind} ", " arg_${kind})
    endforeach()
    list(JOIN arg_LIBS " " arg_LIBS)
    list(JOIN arg_PRIVATE_LIBS " " arg_PRIVATE_LIBS)
    file(CONFIGURE OUTPUT "${package_drafts}/${file}.pc" @ONLY CONTENT "prefix=@package_prefix@
libdir=@libdir@
includedir=@includedir@

Name: @name@
Description: @PROJECT_DESCRIPTION@
Version: @PROJECT_VERSION@
Requires: @arg_REQUIRES@
Requires.private: @arg_PRIVATE@
Libs: @arg_LIBS@
Libs.private: @arg_PRIVATE_LIBS@
Cflags: -I\${includedir}
")
    install(FILES "${package_drafts}/${file}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endfunction()

# The name of a component for pkg-config.
function(trunkline_pkg_config_names out)
    list(TRANSFORM ARGN REPLACE "_" "-" OUTPUT_VARIABLE names)
    list(TRANSFORM names PREPEND "trunkline-")
    set(${out} "${names}" PARENT_SCOPE)
endfunction()

set(package_links "")
foreach(component IN LISTS package_order)
    install(TARGETS trunkline_${component} EXPORT Trunkline-${component} FILE_SET HEADERS)
    install(EXPORT Trunkline-${component} NAMESPACE Trunkline:: FILE Trunkline-${component}.cmake
        DESTINATION "${package_folder}")

    trunkline_links_of(${component} its)
    set(its_all ${its_components} ${its_private_components})
    string(APPEND package_links "set(Trunkline_components_of_${component} ${its_all})\n"
        "set(Trunkline_packages_of_${component} ${its_packages})\n")

    trunkline_pkg_config_names(file ${component})
    trunkline_pkg_config_names(requires ${its_components})
    trunkline_pkg_config_names(private ${its_private_components})
    get_target_property(type trunkline_${component} TYPE)
    set(libs "")
    if(type STREQUAL "STATIC_LIBRARY")
        set(libs "-L\${libdir}" -ltrunkline_${component})
    endif()
    trunkline_pkg_config("${file}" "Trunkline ${component}" REQUIRES ${requires}
        PRIVATE ${private} ${its_requires} LIBS ${libs} PRIVATE_LIBS ${its_libs})
endforeach()
trunkline_pkg_config_names(all ${package_components})
trunkline_pkg_config(trunkline Trunkline REQUIRES ${all})

list(JOIN package_order " " package_components)  # each after those that it links to
set(package_fuzz_folder "${CMAKE_INSTALL_DATAROOTDIR}/trunkline/fuzz")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/TrunklineConfig.cmake.in"
    "${package_drafts}/TrunklineConfig.cmake" INSTALL_DESTINATION "${package_folder}" PATH_VARS package_fuzz_folder)
write_basic_package_version_file("${package_drafts}/TrunklineConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${package_drafts}/TrunklineConfig.cmake" "${package_drafts}/TrunklineConfigVersion.cmake"
    "${CMAKE_CURRENT_LIST_DIR}/TrunklineLibraries.cmake" "${CMAKE_CURRENT_LIST_DIR}/TrunklineHelpers.cmake"
    "${CMAKE_CURRENT_LIST_DIR}/TrunklineConformanceEntries.cmake" DESTINATION "${package_folder}")

# What trunkline_add_fuzzer() needs, and seeds for fuzzers of the same protocols.
install(FILES "${PROJECT_SOURCE_DIR}/fuzz/replay_test.cpp" DESTINATION "${package_fuzz_folder}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/fuzz/" DESTINATION "${package_fuzz_folder}"
    FILES_MATCHING REGEX "/fuzz/corpus/[^/]+/[^/]+$" REGEX "/fuzz/[^/]+\\.dict$" PATTERN ".gitkeep" EXCLUDE
    REGEX "/fuzz/(regressions|corpus/canary)" EXCLUDE REGEX "/fuzz/canary\\.dict$" EXCLUDE)

# The pages and examples lie as in the project, so that links lead on.
set(package_doc_folder "${CMAKE_INSTALL_DATAROOTDIR}/doc/trunkline")
file(GLOB package_pages RELATIVE "${PROJECT_SOURCE_DIR}" CONFIGURE_DEPENDS *.md docs/*.md conformance/*.md
    conformance/*/*.md)
file(GLOB_RECURSE package_format_pages RELATIVE "${PROJECT_SOURCE_DIR}" CONFIGURE_DEPENDS core/*.md transports/*.md
    server/*.md)
foreach(page IN LISTS package_pages package_format_pages ITEMS LICENSE)
    cmake_path(GET page PARENT_PATH folder)
    install(FILES "${PROJECT_SOURCE_DIR}/${page}" DESTINATION "${package_doc_folder}/${folder}")
endforeach()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/examples/" DESTINATION "${package_doc_folder}/examples"
    REGEX "/examples/CMakeLists\\.txt$" EXCLUDE)

# What the tests of the package know of this build.
get_property(headers_of_tests GLOBAL PROPERTY TRUNKLINE_HEADERS_OF_TESTS)
file(CONFIGURE OUTPUT "${package_drafts}/facts.json" @ONLY CONTENT [[{
    "source": "@PROJECT_SOURCE_DIR@",
    "version": "@PROJECT_VERSION@",
    "components": "@package_components@",
    "headers_of_tests": "@headers_of_tests@",
    "generator": "@CMAKE_GENERATOR@",
    "compiler": "@CMAKE_CXX_COMPILER@",
    "launcher": "@CMAKE_CXX_COMPILER_LAUNCHER@",
    "build_type": "@CMAKE_BUILD_TYPE@"
}
]])
