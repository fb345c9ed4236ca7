// A message that came from a peer, together with the bytes that its views point into.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/bitcode/decode.hpp>
#include <trunkline/peer/call_metadata.hpp>

#include <utility>
#include <vector>

namespace trunkline {

/// Owns what it shows: may be kept, and handed to another thread. Moves, does not copy.
template <class Message>
class received {
public:
    /// Decodes `body`, of which it keeps a copy when the message points into it. Fails with a
    /// bitcode_error.
    [[nodiscard]] static result<received> copy_of(bytes_view body,
                                                  bitcode_limits const& limits = {}) {
        return read_as<result<received>>(body, limits, [](error_code why) { return why; });
    }

    /// The same without a copy.
    [[nodiscard]] static result<received> taken(std::vector<std::byte> body,
                                                bitcode_limits const& limits = {}) {
        result<received> made(boost::system::in_place_value, nothing{});
        if (error_code const failed = bitcode::decode_into(made->message_, body, limits)) {
            made = failed;
        } else if (bitcode::has_views<Message>) {
            made->bytes_ = std::move(body);  // the views stay: the bytes do not move
        }
        return made;
    }

    /// As copy_of() for other kinds of result: `failed` makes the error of one.
    template <class Result, class Failed>
    [[nodiscard]] static Result read_as(bytes_view body, bitcode_limits const& limits,
                                        Failed const& failed) {
        Result made(boost::system::in_place_value, nothing{});
        if constexpr (bitcode::has_views<Message>) {
            made->bytes_.assign(body.begin(), body.end());
            body = made->bytes_;
        }
        if (error_code const why = bitcode::decode_into(made->message_, body, limits)) {
            made = failed(why);
        }
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

    /// Of an answer: what came with it from a peer that has agreed to the extension. Of a request
    /// see call_context, of a part stream_reader::metadata().
    [[nodiscard]] call_metadata const& metadata() const noexcept { return metadata_; }

    /// Bytes that it holds beside the object itself; not those of the metadata.
    [[nodiscard]] std::size_t allocated_size() const noexcept {
        return bytes_.capacity() + message_.allocated_size();
    }

private:
    struct nothing {};

public:
    /// For its own functions.
    explicit received(nothing) noexcept {}
    /// As above.
    void came_with(call_metadata what) noexcept { metadata_ = std::move(what); }

private:
    std::vector<std::byte> bytes_;
    bitcode::decoded<Message> message_;
    call_metadata metadata_;
};

}  // namespace trunkline
