// What may still be sent on one stream.
#pragma once

#include <trunkline/flow/limits.hpp>

#include <cstdint>

namespace trunkline::flow {

/// A value. Counts bytes of payload.
class send_credit {
public:
    explicit send_credit(std::uint32_t first) noexcept : left_(first) {}

    /// The receiver takes so many more. False, and nothing is changed, when that would be above
    /// credit_max.
    [[nodiscard]] bool grant(std::uint32_t bytes) noexcept {
        if (bytes > credit_max - left_) {
            return false;
        }
        left_ += bytes;
        return true;
    }

    /// `bytes`, at most left(), have been sent.
    void take(std::uint64_t bytes) noexcept { left_ -= bytes; }

    /// Bytes that may be sent now.
    [[nodiscard]] std::uint64_t left() const noexcept { return left_; }

private:
    std::uint64_t left_;
};

}  // namespace trunkline::flow
