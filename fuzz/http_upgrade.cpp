// However a request or a response is cut, the upgrade comes to the same verdict with the same
// answer, takes nothing beyond the head, and holds no more than it may.
#include "check.hpp"

#include <trunkline/websocket/upgrade.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>

namespace {

using namespace trunkline;
using namespace trunkline::websocket;

websocket_limits small_limits() {
    websocket_limits limits;
    limits.http_head_size_max = 1000;
    limits.http_fields_max = 20;
    return limits;
}

using verdict = std::tuple<upgrade_state, std::string, std::size_t>;

template <class Feed>
std::pair<upgrade_state, std::size_t> run(bytes_view bytes, std::size_t step, Feed feed) {
    upgrade_state state = upgrade_state::more;
    std::size_t taken = 0;
    while (state == upgrade_state::more && taken < bytes.size()) {
        bytes_view part = bytes.subspan(taken, std::min(step, bytes.size() - taken));
        std::size_t const given = part.size();
        state = feed(part);
        taken += given - part.size();
    }
    TRUNKLINE_FUZZ_CHECK(taken <= small_limits().http_head_size_max + 1);
    return {state, taken};
}

verdict serve(bytes_view bytes, std::size_t step) {
    static upgrade_options const options{.paths = {"/ws", "/echo"}};
    server_upgrade upgrade(options);
    auto const [state, taken] =
        run(bytes, step, [&](bytes_view& part) { return upgrade.feed(part, small_limits(), 0); });
    std::string const& response = upgrade.response();
    TRUNKLINE_FUZZ_CHECK(response.starts_with("HTTP/1.1 101 ") ==
                         (state == upgrade_state::accepted));
    TRUNKLINE_FUZZ_CHECK((response.starts_with("HTTP/1.1 4") ||
                          response.starts_with("HTTP/1.1 5")) == (state == upgrade_state::refused));
    return {state, response, taken};
}

verdict dial(bytes_view bytes, std::size_t step) {
    static ws_url const url = *parse_ws_url("ws://x/ws");
    client_upgrade upgrade(url, std::array<std::byte, 16>{});
    auto const [state, taken] =
        run(bytes, step, [&](bytes_view& part) { return upgrade.feed(part, small_limits()); });
    TRUNKLINE_FUZZ_CHECK(upgrade.error().failed() == (state == upgrade_state::refused));
    return {state, upgrade.error().message(), taken};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 1) {
        return 0;
    }
    auto const judge = (data[0] & 1) != 0 ? dial : serve;
    std::size_t const step = 1 + data[0] / 2;
    bytes_view const bytes = std::as_bytes(std::span(data + 1, size - 1));
    verdict const whole = judge(bytes, bytes.size() + 1);
    TRUNKLINE_FUZZ_CHECK(whole == judge(bytes, step));
    TRUNKLINE_FUZZ_CHECK(whole == judge(bytes, 1));
    return 0;
}
