// How the rooms of clients and servers come from a handle to its line and back.
#pragma once

#include <trunkline/peer/peer.hpp>

#include <memory>
#include <utility>

namespace trunkline::peers {

class line_access {
public:
    [[nodiscard]] static peer handle_of(std::shared_ptr<line> of) { return peer(std::move(of)); }
    [[nodiscard]] static std::shared_ptr<line> const& line_of(peer const& handle) noexcept {
        return handle.line_;
    }
};

}  // namespace trunkline::peers
