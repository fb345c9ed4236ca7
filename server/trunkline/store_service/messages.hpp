// What the nine methods of the store take and give (FORMAT.md, "Methods"). Every byte string is a
// view; answers with values come in two forms with the same bytes: views for whoever reads them,
// slices for whoever sends them.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/recycled_memory.hpp>
#include <trunkline/base/slice.hpp>
#include <trunkline/bitcode/describe.hpp>
#include <trunkline/store/store.hpp>

#include <cstdint>
#include <optional>
#include <tuple>

/// The entries of a batch are decoded to what the store takes.
template <>
struct trunkline::bitcode::description<trunkline::store::key_value> {
    static constexpr auto fields() {
        return std::tuple(&store::key_value::key, &store::key_value::payload);
    }
};

namespace trunkline::store_service {

/// Of len, is_empty and file_size: whatever is sent is ignored.
struct no_arguments {
    static constexpr auto fields() { return std::tuple(); }
};

/// Of write.
struct write_request {
    bytes_view key;      ///< any bytes
    bytes_view payload;  ///< at least one byte, and not a single zero byte
    static constexpr auto fields() {
        return std::tuple(&write_request::key, &write_request::payload);
    }
};

/// Of batch_write.
struct batch_write_request {
    recycled_vector<store::key_value> entries;  ///< written in this order
    static constexpr auto fields() { return std::tuple(&batch_write_request::entries); }
};

/// Of read, delete and exists.
struct key_request {
    bytes_view key;  ///< any bytes
    static constexpr auto fields() { return std::tuple(&key_request::key); }
};

/// Of batch_read.
struct batch_read_request {
    recycled_vector<bytes_view> keys;  ///< answered in this order
    static constexpr auto fields() { return std::tuple(&batch_read_request::keys); }
};

/// Of write, batch_write and delete: where the store's file ends now.
struct tail_response {
    std::uint64_t tail_offset = 0;  ///< bytes of the file after the call
    static constexpr auto fields() { return std::tuple(&tail_response::tail_offset); }
};

/// Of read. `Bytes` is a view where it is read, and a slice where it is written.
template <class Bytes>
struct read_response {
    std::optional<Bytes> entry_payload;  ///< empty when the key has no value
    static constexpr auto fields() { return std::tuple(&read_response::entry_payload); }
};

/// One result per key, in the order of the request.
template <class Bytes>
struct batch_read_response {
    recycled_vector<std::optional<Bytes>> entries_payloads;  ///< one for each key
    static constexpr auto fields() { return std::tuple(&batch_read_response::entries_payloads); }
};

/// Of exists and is_empty.
struct flag_response {
    bool value = false;  ///< the answer
    static constexpr auto fields() { return std::tuple(&flag_response::value); }
};

/// Of len (live keys) and file_size (bytes).
struct number_response {
    std::uint64_t value = 0;  ///< the answer
    static constexpr auto fields() { return std::tuple(&number_response::value); }
};

}  // namespace trunkline::store_service
