// Who is at the other end of a link that does not leave the machine.
#pragma once

#include <cstdint>

namespace trunkline::transport {

/// As the system had them when the connection was made; of a server, when it began to listen. A
/// value. Another process may have the same pid once this one has ended.
struct peer_credentials {
    std::int32_t pid = 0;   ///< the process; 0 where it is of no number that we can see
    std::uint32_t uid = 0;  ///< its effective user
    std::uint32_t gid = 0;  ///< its effective group

    friend bool operator==(peer_credentials const&, peer_credentials const&) noexcept = default;
};

}  // namespace trunkline::transport
