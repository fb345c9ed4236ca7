// How the parts of a stream look to those who read and write them.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/bitcode/output.hpp>
#include <trunkline/peer/call_failure.hpp>
#include <trunkline/peer/read_message.hpp>
#include <trunkline/peer/received.hpp>
#include <trunkline/peer/stream_input.hpp>
#include <trunkline/typed/method.hpp>

#include <utility>
#include <vector>

namespace trunkline::peers {

/// Parts of a described type, as records.
template <class Part>
struct part_form {
    static constexpr part_shape shape = part_shape::records;
    static constexpr bool has_views = bitcode::has_views<Part>;
    using sent = Part;
    using item = received<Part>;

    [[nodiscard]] static bitcode::encoded encode(sent part) {
        return bitcode::encode(std::move(part));
    }
    [[nodiscard]] static call_result<item> read(std::vector<std::byte> bytes) {
        return read_message<Part>(std::move(bytes));
    }
};

/// Plain bytes, without borders.
template <>
struct part_form<typed::raw> {
    static constexpr part_shape shape = part_shape::raw;
    static constexpr bool has_views = true;
    using sent = bytes_view;
    using item = std::vector<std::byte>;

    [[nodiscard]] static bitcode::encoded encode(bytes_view part) {
        bitcode::output lent{bitcode_limits{}};
        lent.borrow({part, {}});
        return std::move(lent).finish();
    }
    [[nodiscard]] static call_result<item> read(std::vector<std::byte> bytes) { return bytes; }
};

}  // namespace trunkline::peers
