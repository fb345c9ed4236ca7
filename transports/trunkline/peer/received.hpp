// A message that came from a peer, together with the bytes that its views point into.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/bitcode/decode.hpp>

#include <utility>
#include <vector>

namespace trunkline {

/// Owns what it shows: may be kept, and handed to another thread. Moves, does not copy.
template <class Message>
class received {
public:
    /// Copies `body` and decodes the copy. Fails with a bitcode_error.
    [[nodiscard]] static result<received> copy_of(bytes_view body,
                                                  bitcode_limits const& limits = {}) {
        return taken({body.begin(), body.end()}, limits);
    }

    /// The same without a copy.
    [[nodiscard]] static result<received> taken(std::vector<std::byte> body,
                                                bitcode_limits const& limits = {}) {
        received made;
        made.bytes_ = std::move(body);
        auto decoded = bitcode::decode<Message>(made.bytes_, limits);
        if (!decoded) {
            return decoded.error();
        }
        made.message_ = std::move(*decoded);  // its views stay: the bytes do not move
        return made;
    }

    /// The message; its views are valid as long as this object.
    [[nodiscard]] Message& operator*() noexcept { return *message_; }
    /// As above.
    [[nodiscard]] Message const& operator*() const noexcept { return *message_; }
    /// As above.
    [[nodiscard]] Message* operator->() noexcept { return &*message_; }
    /// As above.
    [[nodiscard]] Message const* operator->() const noexcept { return &*message_; }

    /// Bytes that it holds beside the object itself.
    [[nodiscard]] std::size_t allocated_size() const noexcept {
        return bytes_.capacity() + message_.allocated_size();
    }

private:
    received() = default;

    std::vector<std::byte> bytes_;
    bitcode::decoded<Message> message_;
};

}  // namespace trunkline
