#include <trunkline/websocket/error.hpp>

#include <string>

namespace trunkline::websocket {

namespace {

class websocket_category final : public boost::system::error_category {
public:
    char const* name() const noexcept override { return "trunkline.websocket"; }
    std::string message(int value) const override {
        return std::string(describe(static_cast<websocket_error>(value)));
    }
};

}  // namespace

error_code make_error_code(websocket_error error) noexcept {
    static websocket_category const category;
    return {static_cast<int>(error), category};
}

std::string_view describe(websocket_error error) noexcept {
    switch (error) {
        case websocket_error::reserved_bits:
            return "a reserved bit is set";
        case websocket_error::reserved_opcode:
            return "the opcode is not defined";
        case websocket_error::fragmented_control:
            return "a control frame must not be fragmented";
        case websocket_error::long_control:
            return "a control frame carries at most 125 bytes";
        case websocket_error::unexpected_continuation:
            return "there is no message to continue";
        case websocket_error::expected_continuation:
            return "the message before is not finished";
        case websocket_error::unmasked_frame:
            return "a client must mask its frames";
        case websocket_error::masked_frame:
            return "a server must not mask its frames";
        case websocket_error::non_minimal_length:
            return "the length is not in its shortest form";
        case websocket_error::invalid_length:
            return "the length has its highest bit set";
        case websocket_error::frame_too_big:
            return "the frame is above the limit";
        case websocket_error::message_too_big:
            return "the message is above the limit";
        case websocket_error::invalid_utf8:
            return "the text is not UTF-8";
        case websocket_error::invalid_close_size:
            return "a close payload has no byte or at least two";
        case websocket_error::invalid_close_code:
            return "the close code must not be sent";
        case websocket_error::text_refused:
            return "only binary messages are taken here";
        case websocket_error::invalid_deflate:
            return "the compressed message cannot be inflated";
    }
    return "unknown WebSocket error";
}

transport::close_code close_code_for(websocket_error error) noexcept {
    switch (error) {
        case websocket_error::frame_too_big:
        case websocket_error::message_too_big:
            return transport::close_code::message_too_big;
        case websocket_error::invalid_utf8:
        case websocket_error::invalid_deflate:
            return transport::close_code::invalid_payload;
        case websocket_error::text_refused:
            return transport::close_code::unsupported_data;
        default:
            return transport::close_code::protocol_error;
    }
}

}  // namespace trunkline::websocket
