#include <trunkline/rpc/error.hpp>

#include <string>

namespace trunkline::rpc {
namespace {

char const* sentence(rpc_error error) noexcept {
    switch (error) {
        case rpc_error::frame_too_large:
            return "a frame declares more payload than the limit";
        case rpc_error::held_too_much:
            return "the connection holds more unfinished bytes than the limit";
        case rpc_error::too_many_protocol_errors:
            return "too many frames had to be skipped";
        case rpc_error::out_of_memory:
            return "out of memory";
        case rpc_error::message_too_large:
            return "the message is larger than the limit";
        case rpc_error::metadata_too_large:
            return "metadata is larger than the limit";
        case rpc_error::too_many_streams:
            return "too many open streams on this connection";
        case rpc_error::too_many_calls:
            return "too many unfinished calls on this connection";
        case rpc_error::sequence_gap:
            return "frames of the message are missing";
        case rpc_error::bad_message_type:
            return "the message is neither call, response nor event";
        case rpc_error::cancelled_by_peer:
            return "cancelled by the peer";
        case rpc_error::not_connected:
            return "call attempted on a connection that has ended";
        case rpc_error::connection_lost:
            return "the connection ended before the answer";
        case rpc_error::unknown_call:
            return "there is no such open call";
        case rpc_error::no_layout:
            return "the peer answers in neither header layout";
        case rpc_error::queue_full:
            return "too many bytes wait to be sent to the peer";
        case rpc_error::not_extended:
            return "the peer has not agreed to the extension";
        case rpc_error::bad_fields:
            return "the header of the call cannot be read";
        case rpc_error::beyond_credit:
            return "more was sent than there was credit for";
        case rpc_error::peer_going_away:
            return "the peer takes no more calls";
        case rpc_error::deadline_passed:
            return "the time for the call has passed at the peer";
        case rpc_error::call_refused:
            return "the peer has refused the call before doing any of it";
        case rpc_error::bad_check:
            return "bytes of a frame have changed on their way";
        case rpc_error::not_checked:
            return "the peer does not check frames";
    }
    return "unknown RPC error";
}

class rpc_category final : public boost::system::error_category {
public:
    [[nodiscard]] char const* name() const noexcept override { return "trunkline.rpc"; }

    [[nodiscard]] std::string message(int value) const override {
        return sentence(static_cast<rpc_error>(value));
    }
};

}  // namespace

error_code make_error_code(rpc_error error) noexcept {
    static rpc_category const category;
    return {static_cast<int>(error), category};
}

bool is_refusal(error_code error) noexcept {
    return error == rpc_error::peer_going_away || error == rpc_error::call_refused;
}

}  // namespace trunkline::rpc
