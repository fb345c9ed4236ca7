// Endpoints "memory:name" within one process: who listens there, and how to dial them.
#pragma once

#include <trunkline/memory/link.hpp>
#include <trunkline/transport/network.hpp>

#include <memory>
#include <string_view>

namespace trunkline::memory {

/// Connections of one listener that were dialled and not yet accepted; one more is refused.
inline constexpr std::size_t backlog_max = 1024;

/// The names of one process, or of one test: whoever listens and dials on the same hub meets.
/// Made by main, handed over by reference; outlives its listeners and dialers. Any thread.
class hub final : public transport::network {
public:
    hub();
    ~hub() override;
    hub(hub const&) = delete;
    hub& operator=(hub const&) = delete;

    /// Listens on `url`, such as "memory:store", on the thread of `loop`. Dials are refused until
    /// it is started. Fails with invalid_endpoint, or with address_in_use while another listener
    /// has the name.
    [[nodiscard]] result<std::unique_ptr<transport::listener>> listen(transport::runtime& loop,
                                                                      std::string_view url,
                                                                      link_options const& options);

    /// The same, where each frame is a message.
    [[nodiscard]] result<std::unique_ptr<transport::listener>> listen(
        transport::runtime& loop, std::string_view url) override;

    /// A dialer on the thread of `loop`. Dials fail with invalid_endpoint or connection_refused.
    [[nodiscard]] std::unique_ptr<transport::dialer> make_dialer(transport::runtime& loop) override;

private:
    friend class memory_listener;
    friend class memory_dialer;
    class names;
    std::shared_ptr<names> names_;
};

}  // namespace trunkline::memory
