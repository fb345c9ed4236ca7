// For tests and fuzz targets: frames as bytes, and what a protocol makes of bytes, in words.
#pragma once

#include <trunkline/websocket/protocol.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::websocket::testing {

inline constexpr mask_key test_mask = 0x3d21fa37;

/// What a transcript says of a protocol that failed.
inline std::string failed(websocket_error error) {
    return "failed: " + std::string(describe(error));
}

/// One whole frame as `sender` puts it on the wire.
inline std::string frame(role sender, opcode code, std::string_view payload, bool fin = true,
                         mask_key mask = test_mask, bool compressed = false) {
    frame_header header{.payload_size = payload.size(), .mask = mask, .code = code, .fin = fin};
    header.compressed = compressed;
    header.masked = sender == role::client;
    std::array<std::byte, header_size_max> bytes{};
    std::size_t const size = encode_header(header, bytes);
    std::string out(as_text(bytes_view(bytes).first(size)));
    out += payload;
    if (header.masked) {
        apply_mask(std::as_writable_bytes(std::span(out)).subspan(size), mask);
    }
    return out;
}

inline std::string close_payload(unsigned code, std::string_view reason = {}) {
    std::string out = {static_cast<char>(code >> 8), static_cast<char>(code & 0xffU)};
    return out += reason;
}

inline role other(role side) {
    return side == role::server ? role::client : role::server;
}

/// Feeds bytes and writes down whole messages, control events and the end, one line each; what is
/// left of an unfinished message is not written down, since it depends on how the bytes were cut.
class transcript {
public:
    explicit transcript(role side, websocket_limits const& limits = {},
                        deflate_agreement agreed = {}, std::size_t room = 1000)
        : protocol_(side, agreed), limits_(limits), room_(room) {}

    void feed(std::string_view bytes) {
        std::string copy(bytes);
        auto input = std::as_writable_bytes(std::span(copy));
        inflation into{.room = room_, .spare = &spare_};
        for (;;) {
            event const told = protocol_.next(input, limits_, into);
            if (told.type == event_type::none) {
                break;
            }
            add(told);
            into.room = room_;
        }
    }

    [[nodiscard]] std::vector<std::string> const& lines() const { return lines_; }
    /// What was wrong, once something was.
    [[nodiscard]] std::optional<websocket_error> failure() const { return failure_; }
    /// The code of a Close that was wrong, 0 for none.
    [[nodiscard]] unsigned refused_close() const { return refused_close_; }
    [[nodiscard]] protocol& machine() { return protocol_; }

    /// The control frames that wait, as bytes; masks come from seed 1.
    [[nodiscard]] std::string control() {
        std::array<std::byte, control_wire_size_max> out;
        std::size_t const size = protocol_.encode_control(out, masks_);
        protocol_.control_taken();
        return std::string(as_text(bytes_view(out).first(size)));
    }

private:
    void add(event const& told) {
        std::string const bytes(as_text(told.bytes));
        switch (told.type) {
            case event_type::none:
            case event_type::full:
                break;
            case event_type::data:
                if (told.begins != begins_) {
                    lines_.push_back("border lost");
                }
                begins_ = told.ends;
                message_ += bytes;
                if (told.ends) {
                    lines_.push_back((told.kind == message_kind::text ? "text " : "binary ") +
                                     message_);
                    message_.clear();
                }
                break;
            case event_type::ping:
                lines_.push_back("ping " + bytes);
                break;
            case event_type::pong:
                lines_.push_back("pong " + bytes);
                break;
            case event_type::close:
                lines_.push_back("close " + std::to_string(told.code) + " " + bytes);
                protocol_.queue_close(told.code, {});
                break;
            case event_type::failed:
                lines_.push_back("failed: " + std::string(describe(told.error)));
                protocol_.queue_close(told.error);
                failure_ = told.error;
                refused_close_ = told.code;
                break;
        }
    }

    protocol protocol_;
    websocket_limits limits_;
    mask_generator masks_{1};
    std::vector<std::byte> room_;
    std::unique_ptr<inflater> spare_;
    std::vector<std::string> lines_;
    std::string message_;
    std::optional<websocket_error> failure_;
    unsigned refused_close_ = 0;
    bool begins_ = true;
};

}  // namespace trunkline::websocket::testing
