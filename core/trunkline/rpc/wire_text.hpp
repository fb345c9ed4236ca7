// The wire as a test writes and reads it: messages and frames of one layout.
#pragma once

#include <trunkline/frame/testing.hpp>
#include <trunkline/rpc/header.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::rpc::testing {

using byte_string = std::vector<std::byte>;

inline byte_string operator+(byte_string first, byte_string const& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

class wire_text {
public:
    explicit wire_text(frame::layout of) : layout_(of) {}

    /// The head of a message, metadata included.
    [[nodiscard]] std::string head(std::uint8_t type, std::uint32_t request_id,
                                   std::uint64_t method_id, std::string_view metadata) const {
        auto const fixed = encode_header(
            {type, request_id, method_id, static_cast<std::uint16_t>(metadata.size())});
        return std::string(as_text(fixed)) + std::string(metadata);
    }

    [[nodiscard]] byte_string frame(frame::kind of, std::uint32_t stream_id, std::uint32_t sequence,
                                    std::string_view payload) const {
        return frame::testing::encode({frame::testing::make(of, stream_id, sequence, payload)},
                                      layout_);
    }

    /// The header of a frame that promises `payload_size` bytes.
    [[nodiscard]] byte_string promise(frame::kind of, std::uint32_t stream_id,
                                      std::uint32_t sequence, std::size_t payload_size) const {
        std::array<std::byte, frame::header_size_max> bytes;
        std::size_t const size =
            frame::encode_header({static_cast<std::uint32_t>(payload_size), stream_id, sequence,
                                  static_cast<std::uint8_t>(of), 0},
                                 layout_, bytes);
        return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
    }

    /// A whole message on a stream of its own, its request id.
    [[nodiscard]] byte_string message(std::uint8_t type, std::uint32_t request_id,
                                      std::uint64_t method_id, std::string_view metadata,
                                      std::string_view payload) const {
        return frame(frame::kind::open, request_id, 0,
                     head(type, request_id, method_id, metadata) + std::string(payload)) +
               frame(frame::kind::end, request_id, 1, "");
    }

    [[nodiscard]] byte_string call(std::uint32_t request_id, std::uint64_t method_id,
                                   std::string_view arguments) const {
        return message(0, request_id, method_id, arguments, "");
    }

    [[nodiscard]] std::vector<frame::testing::whole_frame> frames(bytes_view bytes) const {
        frame::decoder from(layout_, 16 * mib);
        std::vector<frame::testing::whole_frame> found;
        while (auto const part = from.next(bytes).value()) {
            found.push_back({part->head.stream_id, part->head.sequence, part->head.kind_byte,
                             std::string(as_text(part->bytes))});
        }
        return found;
    }

    /// The finished responses in `bytes`, as "request status method: body".
    [[nodiscard]] std::vector<std::string> read(bytes_view bytes) const {
        std::map<std::uint32_t, std::string> open;
        std::vector<std::string> found;
        for (auto const& each : frames(bytes)) {
            std::string& message = open[each.stream_id];
            message += each.payload;
            if (each.kind_byte != static_cast<std::uint8_t>(frame::kind::end)) {
                continue;
            }
            header const fields = decode_header(as_bytes(message));
            found.push_back(std::to_string(fields.request_id) + " status " +
                            std::to_string(int{message[header_size]}) + " method " +
                            std::to_string(fields.method_id) + ": " +
                            message.substr(header_size + fields.metadata_size));
            open.erase(each.stream_id);
        }
        return found;
    }

private:
    frame::layout layout_;
};

}  // namespace trunkline::rpc::testing
