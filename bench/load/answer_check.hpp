// One answer as it arrives, held against what it has to be without being kept.
#pragma once

#include "workload.hpp"

#include <trunkline/rpc/header.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace trunkline::load {

/// The head of an answer with its status.
inline constexpr std::size_t answer_head_size = rpc::header_size + 1;

/// From the first byte of a response to its last.
class answer_check {
public:
    /// Takes the bytes of the head from the front of `piece`. True when the head is there.
    [[nodiscard]] bool take_head(bytes_view& piece) noexcept;

    /// The fields of the head, once it is there.
    [[nodiscard]] rpc::header head() const noexcept { return rpc::decode_header(head_); }

    /// Takes bytes of the body of the answer to `asked`.
    void take_body(bytes_view piece, exchange const& asked) noexcept;

    /// What is wrong with the whole answer to `asked`; empty when it is right.
    [[nodiscard]] std::string verdict(exchange const& asked) const;

private:
    [[nodiscard]] std::string body_verdict(exchange const& asked) const;

    std::array<std::byte, answer_head_size> head_{};
    std::size_t head_filled_ = 0;
    std::array<std::byte, 64> begin_{};  // of the body: a number, or what went wrong
    std::size_t size_ = 0;               // of the body
    bool equal_ = true;
};

}  // namespace trunkline::load
