# Asks `program` for its rules and transports, and writes a ctest entry for each pair into the file `entries`
# (trunkline_add_conformance).
set(given ${arguments})
execute_process(COMMAND "${program}" ${given} --list OUTPUT_VARIABLE told COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "(^|\n)[A-Z]+-[0-9]+" rules "${told}")
string(REGEX MATCHALL "\n[A-Za-z0-9_]+  (virtual|real) time" transports "${told}")
if(NOT rules OR NOT transports)
    message(FATAL_ERROR "${program} --list names no rules or no transports")
endif()
set(quoted "")
foreach(word IN LISTS given)
    string(APPEND quoted " [==[${word}]==]")
endforeach()
set(made "")
foreach(transport IN LISTS transports)
    string(REGEX MATCH "[A-Za-z0-9_]+" transport "${transport}")
    foreach(rule IN LISTS rules)
        string(STRIP "${rule}" rule)
        set(entry "${name}.${transport}.${rule}")
        string(APPEND made
            "add_test([==[${entry}]==] [==[${program}]==]${quoted} --rule ${rule} --transport ${transport})\n"
            "set_tests_properties([==[${entry}]==] PROPERTIES LABELS [==[${labels}]==] TIMEOUT ${timeout} "
            "SKIP_RETURN_CODE 3)\n")
    endforeach()
endforeach()
file(WRITE "${entries}" "${made}")
