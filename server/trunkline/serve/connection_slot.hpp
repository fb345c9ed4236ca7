// The place of one connection in its table: the connection itself, or what is left of an idle one.
#pragma once

#include <trunkline/rpc/folded_session.hpp>
#include <trunkline/transport/byte_stream.hpp>
#include <trunkline/transport/driver.hpp>
#include <trunkline/transport/readiness_set.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace trunkline::server {

class connection_table;

/// What is made of the stream of a connection.
enum class link_kind : std::uint8_t {
    websocket,
    stream,  ///< frames back to back
};

/// All that an idle connection over a bare socket takes. For its table alone, which also owns what
/// it points at.
class connection_slot final : public transport::watched_handle {
public:
    explicit connection_slot(connection_table& owner) noexcept : owner_(owner) {}
    ~connection_slot() = default;

    void on_ready(bool readable, bool writable) override;

private:
    friend class connection_table;

    enum class content : std::uint8_t {
        nothing,  // free
        open,     // a driver
        socket,   // folded: `descriptor`
        stream,   // folded, over a stream that is more than a descriptor
    };

    struct open_connection {
        connection_slot& slot;
        std::size_t index = 0;                 // among the open ones
        std::uint64_t frames_when_opened = 0;  // received before
        std::string peer;                      // only where it is going to be logged
        std::unique_ptr<transport::driver> driver;
    };

    [[nodiscard]] bool is_folded() const noexcept {
        return content_ == content::socket || content_ == content::stream;
    }

    std::uint8_t probes_sent_ = 0;  // as in folded_driver
    content content_ : 2 = content::nothing;
    link_kind kind_ : 2 = link_kind::websocket;
    std::uint8_t form_ : 4 = 0;  // as in transport::capabilities
    connection_table& owner_;
    union {
        connection_slot* next_free_ = nullptr;
        open_connection* open_;
        transport::byte_stream* stream_;
    };
    rpc::folded_session session_;
    std::uint32_t heard_ms_ = 0;  // when, in the time of the table, modulo 2^32
};

static_assert(sizeof(connection_slot) == 64);

}  // namespace trunkline::server
