#include <trunkline/transport/error.hpp>

#include <string>

namespace trunkline::transport {
namespace {

class transport_category final : public boost::system::error_category {
public:
    char const* name() const noexcept override { return "trunkline.transport"; }

    std::string message(int value) const override {
        switch (static_cast<transport_error>(value)) {
            case transport_error::silent_peer:
                return "the peer sent nothing for the silence timeout";
            case transport_error::write_stalled:
                return "the peer took nothing for the stall timeout";
            case transport_error::handshake_timeout:
                return "the handshake was not finished in time";
            case transport_error::handshake_refused:
                return "the peer refused the handshake";
            case transport_error::protocol_error:
                return "the peer broke the rules of the transport";
            case transport_error::message_too_big:
                return "the peer sent a message above the limit";
            case transport_error::invalid_endpoint:
                return "the endpoint is not one that can be used here";
            case transport_error::closed:
                return "the connection was closed by this side";
            case transport_error::closed_by_peer:
                return "the connection was closed by the peer";
            case transport_error::link_lost:
                return "the link ended without an orderly close";
            case transport_error::too_many_connections:
                return "the limit on connections is reached";
            case transport_error::path_too_long:
                return "the path or name of a Unix socket is longer than 107 bytes";
            case transport_error::not_a_socket:
                return "the path has a file that is no socket";
            case transport_error::no_certificate:
                return "the endpoint needs a certificate, and none was given";
            case transport_error::rejected_by_peer:
                return "the peer closed the connection for what this side did";
        }
        return "unknown transport error";
    }
};

}  // namespace

error_code make_error_code(transport_error error) noexcept {
    static transport_category const category;
    return {static_cast<int>(error), category};
}

}  // namespace trunkline::transport
