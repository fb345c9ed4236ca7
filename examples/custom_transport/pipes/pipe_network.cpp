#include "pipe_network.hpp"

#include <csignal>
#include <utility>

namespace pipes {

network::network(trunkline::transport::asio_runtime& loop, std::string relay)
    : named_network(loop, "pipes", [this] { return make_link(); }),
      loop_(loop),
      relay_(std::move(relay)) {
    std::signal(SIGPIPE, SIG_IGN);
}

trunkline::result<network::link_ends> network::make_link() {
    child::ends ends;
    auto const at = children_.emplace(children_.end());
    auto made = child::start(loop_, relay_, ends, [this, at] { children_.erase(at); });
    if (!made) {
        children_.erase(at);
        return made.error();
    }
    *at = std::move(*made);
    return link_ends{std::move(ends.first), std::move(ends.second)};
}

}  // namespace pipes
