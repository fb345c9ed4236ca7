// Calls of a store, made once and sent often, and what answers each of them.
#pragma once

#include <trunkline/base/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace trunkline::load {

/// What each call asks for.
enum class store_operation : std::uint8_t { write, read, exists, batch_write, batch_read };

/// What is asked of a store.
struct store_work {
    store_operation asks = store_operation::read;
    std::size_t size = 100;    ///< bytes of a value
    std::size_t batch = 1000;  ///< entries of a call, for the batch operations
    std::size_t keys = 1000;   ///< different ones, fewer where their values are large
    bool packable = false;     ///< values of few different bytes instead of random ones
    std::uint64_t seed = 1;    ///< the same seed makes the same calls
};

/// One call and its answer.
struct store_call {
    std::uint64_t method_id = 0;
    std::vector<std::byte> arguments;  ///< encoded
    std::vector<std::byte> answer;     ///< encoded
    bool any_tail = false;             ///< the answer tells where the file ends, whatever that is

    /// What is wrong with `body` as its answer; empty where nothing is.
    [[nodiscard]] std::string_view fault_of(bytes_view body) const;
};

/// What `of` asks for; senders take them in turns.
[[nodiscard]] std::vector<store_call> make_calls(store_work const& of);

/// What has to be written before those can be answered; empty where nothing has.
[[nodiscard]] std::vector<store_call> make_preparation(store_work const& of);

}  // namespace trunkline::load
