// The HTTP upgrade that opens a WebSocket, without I/O, for both roles (RFC 6455 section 4).
// Stricter than HTTP asks: FORMAT.md, "Upgrade".
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/websocket/deflate_agreement.hpp>
#include <trunkline/websocket/http_head.hpp>
#include <trunkline/websocket/origin.hpp>
#include <trunkline/websocket/ws_url.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace trunkline::websocket {

/// How far an upgrade has come; a page that was given counts as refused.
enum class upgrade_state : std::uint8_t { more, accepted, refused };

/// What a GET that asks for no upgrade gets with status 200.
struct http_page {
    std::string_view type;  ///< such as "text/html"; its charset is UTF-8
    std::string text;       ///< UTF-8
};

/// What a server asks of a request for a WebSocket.
struct upgrade_options {
    /// Paths that are served, compared exactly; a query may follow. Empty: any path.
    std::vector<std::string> paths{"/ws"};
    bool host_required = true;  ///< refuse requests without a Host field
    bool send_date = true;      ///< answer with a Date field
    /// How the answer writes the Connection field: the case is that of other programs.
    std::string_view connection_field = "upgrade";
    /// Tell a refused peer why; else nothing is answered to it.
    bool answers_refusals = true;
    /// Gives the page at a target such as "/" or "/x?y=z" to who asks with GET and for no upgrade;
    /// nothing, and where this is empty: that is refused, too.
    std::function<std::optional<http_page>(std::string_view target)> pages = {};
    bool deflate = false;  ///< accept offers of permessage-deflate; else they are not read
    /// The one subprotocol that is chosen when it is offered; empty: none, and offers are not read.
    std::string_view subprotocol = {};
    /// Whose web pages may connect; empty: all. Requests without an Origin field are not of web
    /// pages, and are let in (RFC 6455, section 10.2).
    std::vector<web_origin> origins = {};
};

/// The accepting side: bytes of a request in, a response and a verdict out.
class server_upgrade {
public:
    /// `options` outlives the object.
    explicit server_upgrade(upgrade_options const& options) noexcept : options_(options) {}

    /// Takes bytes from the front of `input`; what is left after `accepted` belongs to the
    /// WebSocket. After accepted or refused, response() is to be sent, and after refused the
    /// connection to be ended. `wall_clock_us`: microseconds since 1970 UTC, for the date.
    [[nodiscard]] upgrade_state feed(bytes_view& input, websocket_limits const& limits,
                                     std::uint64_t wall_clock_us);

    /// Makes the response to a request that will not be read further, such as 408 or 503.
    void refuse(unsigned status, std::string_view text, std::uint64_t wall_clock_us);

    /// The whole response; empty before the verdict, and where refusals are not answered.
    [[nodiscard]] std::string const& response() const noexcept { return response_; }

    /// True once a byte of the request came.
    [[nodiscard]] bool begun() const noexcept { return !head_.text().empty(); }

    /// Which of options.paths was asked for; 0 where any path is served.
    [[nodiscard]] std::size_t path_index() const noexcept { return path_index_; }

    /// What was agreed on, after accepted.
    [[nodiscard]] deflate_agreement deflate() const noexcept { return deflate_.agreed; }

    /// Whether upgrade_options::subprotocol was chosen, after accepted.
    [[nodiscard]] bool has_subprotocol() const noexcept { return subprotocol_; }

    /// The request's target with its query, after accepted.
    [[nodiscard]] std::string const& target() const noexcept { return target_; }

private:
    struct refusal;
    upgrade_state answer(std::uint64_t wall_clock_us);
    void respond(unsigned status, std::string_view type, std::string_view text,
                 std::uint64_t wall_clock_us);
    refusal check();
    upgrade_options const& options_;
    http_head head_;
    std::string response_;
    std::string target_;
    std::string key_;
    http_page page_;
    deflate_choice deflate_;
    bool subprotocol_ = false;
    std::size_t path_index_ = 0;
};

/// Why a server did not switch to WebSocket.
enum class upgrade_error {
    malformed_response = 1,  ///< not an HTTP/1.1 response head
    response_too_large,      ///< the head is above its limits
    not_switching,           ///< a status other than 101, but for those of unavailable
    wrong_upgrade,           ///< Upgrade or Connection do not say websocket and upgrade
    wrong_accept_key,        ///< the answer to our key is missing or wrong
    unasked_extension,       ///< an extension that we did not offer, or not in this form
    unasked_protocol,        ///< a subprotocol that we did not offer
    unavailable,             ///< a status that may be another one later: 408, 425, 429, 5xx
};

/// All of them are of the family transport_error::handshake_refused: compare
/// default_error_condition().
[[nodiscard]] error_code make_error_code(upgrade_error error) noexcept;

/// The dialling side: a request out, a verdict about the response's bytes.
class client_upgrade {
public:
    /// `key`: 16 random bytes. `deflate`: offer permessage-deflate. `subprotocol`: offer it, unless
    /// empty; outlives the object.
    client_upgrade(ws_url const& url, std::span<std::byte const, 16> key, bool deflate = false,
                   std::string_view subprotocol = {});

    /// The head to be sent.
    [[nodiscard]] std::string const& request() const noexcept { return request_; }

    /// As server_upgrade::feed. After refused, error() says why.
    [[nodiscard]] upgrade_state feed(bytes_view& input, websocket_limits const& limits);

    /// Why it was refused; empty before.
    [[nodiscard]] error_code error() const noexcept { return error_; }

    /// What was agreed on, after accepted.
    [[nodiscard]] deflate_agreement deflate() const noexcept { return deflate_; }

    /// Whether the server has chosen the subprotocol, after accepted.
    [[nodiscard]] bool has_subprotocol() const noexcept { return has_subprotocol_; }

    /// The status of the response, 0 before it was read.
    [[nodiscard]] unsigned status() const noexcept { return status_; }

private:
    error_code check();

    http_head head_;
    std::string request_;
    std::string accept_key_;
    error_code error_;
    unsigned status_ = 0;
    bool offers_deflate_;
    bool has_subprotocol_ = false;
    std::string_view subprotocol_;
    deflate_agreement deflate_;
};

}  // namespace trunkline::websocket

template <>
struct boost::system::is_error_code_enum<trunkline::websocket::upgrade_error> : std::true_type {};
