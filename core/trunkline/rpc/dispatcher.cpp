#include <trunkline/rpc/dispatcher.hpp>

namespace trunkline::rpc {

bool dispatcher::add(std::uint64_t method_id, unary_handler handler) {
    return !streams_.contains(method_id) && unary_.emplace(method_id, std::move(handler)).second;
}

bool dispatcher::add_stream(std::uint64_t method_id, stream_handler handler) {
    return !unary_.contains(method_id) && streams_.emplace(method_id, std::move(handler)).second;
}

void dispatcher::wrap(
    std::function<unary_handler(std::uint64_t method_id, unary_handler)> const& unary,
    std::function<stream_handler(std::uint64_t method_id, stream_handler)> const& stream) {
    for (auto& [id, handler] : unary_) {
        handler = unary(id, std::move(handler));
    }
    for (auto& [id, handler] : streams_) {
        handler = stream(id, std::move(handler));
    }
    if (otherwise_) {
        otherwise_ = unary(0, std::move(otherwise_));
    }
}

unary_handler const* dispatcher::find(std::uint64_t method_id) const noexcept {
    auto const at = unary_.find(method_id);
    return at == unary_.end() ? nullptr : &at->second;
}

stream_handler const* dispatcher::find_stream(std::uint64_t method_id) const noexcept {
    auto const at = streams_.find(method_id);
    return at == streams_.end() ? nullptr : &at->second;
}

}  // namespace trunkline::rpc
