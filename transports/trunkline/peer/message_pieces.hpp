// A message of a stream on its way out, piece by piece.
#pragma once

#include <trunkline/base/slice.hpp>
#include <trunkline/bitcode/output.hpp>
#include <trunkline/typed/record.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace trunkline::peers {

/// A large message must not fill the output at once, or who writes one would wait for nobody and a
/// peer that does the same would read nothing.
class message_pieces {
public:
    /// `framed`: with the prefix of a record.
    message_pieces(bitcode::encoded message, bool framed) noexcept;

    /// The next at most `size_max` bytes, valid until the next call.
    [[nodiscard]] std::span<slice> next(std::size_t size_max);

    /// What has not been given is copied, where it views what somebody else has.
    void own();

    /// Bytes of the message.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    [[nodiscard]] bool all_given() const noexcept { return begun_ && at_ == count_; }

private:
    [[nodiscard]] slice cut(slice& from, std::size_t size);

    bitcode::encoded message_;
    std::array<std::byte, typed::record_prefix_size> prefix_{};
    bool prefix_due_;
    bool begun_ = false;
    std::size_t size_;
    std::size_t count_;             // of slices
    std::size_t at_ = 0;            // the slice
    std::size_t offset_ = 0;        // within it
    std::shared_ptr<pin> divided_;  // of a slice that goes in several pieces
    std::vector<slice> given_;
};

}  // namespace trunkline::peers
