// The network of a simulation: links of any shape, which break, stall and clog by chance.
#pragma once

#include <trunkline/conformance/pipe_network.hpp>
#include <trunkline/sim/chance.hpp>
#include <trunkline/sim/story.hpp>
#include <trunkline/transport/network.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::sim {

/// "tcp://name:port" and "ws://name:port/path", with any name, over simulated pipes. Each new link
/// has a shape, a capacity and a latency by chance. Single-threaded.
class network final : public transport::network {
public:
    /// All of them outlive it.
    network(transport::simulated_runtime& loop, chance& random, story& tells);
    ~network() override;

    /// As transport::network says.
    [[nodiscard]] result<std::unique_ptr<transport::listener>> listen(
        transport::runtime& loop, std::string_view url) override;
    /// As transport::network says.
    [[nodiscard]] std::unique_ptr<transport::dialer> make_dialer(transport::runtime& loop) override;

    /// Links of which an end is open.
    [[nodiscard]] std::size_t links() const;
    /// The most of them at the same time.
    [[nodiscard]] std::size_t most_links() const noexcept { return most_links_; }

    /// A link breaks at once, and what is on its way is lost; false where there is no link. So with
    /// the others.
    bool cut_one();
    /// A link breaks after some bytes more, in the middle of whatever that is.
    bool reset_one();
    /// One direction of a link carries nothing, until mend().
    bool stall_one();
    /// No link carries anything in one of the directions, until mend().
    bool clog();
    /// All links to `url` break.
    void cut_all(std::string_view url);
    /// What stalls goes on, and nothing breaks later.
    void mend();

private:
    class router;
    struct link {
        std::size_t number;
        std::string url;
        std::shared_ptr<transport::pipe_control> control;
    };

    [[nodiscard]] conformance::link_plan plan();
    [[nodiscard]] link* any_link();
    [[nodiscard]] conformance::pipe_network& of(std::string_view url);
    void tell(link const& of, std::string const& what);
    void drop_closed();

    transport::simulated_runtime& loop_;
    chance& random_;
    story& tells_;
    std::vector<link> links_;  // open ones, the oldest first
    std::size_t made_ = 0;
    std::size_t most_links_ = 0;
    transport::pipe_options next_;
    conformance::pipe_network plain_;
    conformance::pipe_network websocket_;
};

}  // namespace trunkline::sim
