// Errors of the store.
#pragma once

#include <trunkline/base/result.hpp>

#include <type_traits>

namespace trunkline::store {

/// Messages in quotes are the published texts, character for character: they travel to clients.
enum class store_error {
    empty_payload = 1,  ///< "Payload cannot be empty."
    null_payload,       ///< "NULL-byte payloads cannot be written directly."
    not_a_store,        ///< a non-empty file without one valid entry
    locked,             ///< another writer has the file
    not_a_file,         ///< a directory, a device
    too_large,          ///< above 2^48 bytes
    read_only,          ///< opened for reading only, or an earlier write failed
    wrong_alignment,    ///< the file was written with another alignment
    unsupported_alignment,
    damaged,  ///< an inner entry fails its checksum: on open with verify_all, or when compacting
    null_stream,         ///< "NULL-byte-only streams cannot be written directly."
    same_key,            ///< "Cannot rename a key to itself"
    old_key_not_found,   ///< "Old key not found"
    same_storage,        ///< copying into the store itself; published_text() has the text
    key_not_found,       ///< copying an absent key; published_text() has the text
    mismatched_lengths,  ///< "Mismatched lengths for hashed and non-hashed keys."
};

/// Any thread.
[[nodiscard]] error_code make_error_code(store_error error) noexcept;

}  // namespace trunkline::store

template <>
struct boost::system::is_error_code_enum<trunkline::store::store_error> : std::true_type {};
