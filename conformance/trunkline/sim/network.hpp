// The network of a simulation: links of any shape, which break, stall and clog by chance.
#pragma once

#include <trunkline/conformance/pipe_network.hpp>
#include <trunkline/sim/chance.hpp>
#include <trunkline/sim/story.hpp>
#include <trunkline/transport/network.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
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

    /// Links that were ever dialled to `url`.
    [[nodiscard]] std::size_t made(std::string_view url) const;
    /// Links that broke as reset_one() had planned.
    [[nodiscard]] std::size_t breaks() const;
    /// Bytes that have arrived, at servers or at clients.
    [[nodiscard]] std::uint64_t carried(bool from_client) const;

    /// What makes one fault good, and no other one.
    using cure = std::function<void()>;

    /// A link breaks at once, and what is on its way is lost; false where there is no link.
    bool cut_one();
    /// A link breaks after some bytes more, in the middle of whatever that is, unless it is cured
    /// before. No cure where there is no link, or where that is planned already. So with the
    /// others.
    cure reset_one();
    /// One direction of a link carries nothing.
    cure stall_one();
    /// No link carries anything in one of the directions, nor does any that is made meanwhile.
    cure clog();
    /// All links to `url` break.
    void cut_all(std::string_view url);

private:
    class router;
    struct link {
        std::size_t number;
        std::string url;
        std::shared_ptr<transport::pipe_control> control;
        bool stalls[2] = {false, false};  // by itself, in the directions of pipe_end
        std::optional<transport::pipe_end> breaks_from = {};
        std::uint64_t breaks_at = 0;  // when that many bytes have arrived
    };

    [[nodiscard]] conformance::link_plan plan();
    [[nodiscard]] link* any_link();
    [[nodiscard]] link* link_of(std::size_t number);
    [[nodiscard]] transport::pipe_end any_direction();
    [[nodiscard]] static bool has_broken(link const& of);
    void tell(link const& of, std::string const& what);
    void drop_closed();
    void stall(link const& of, transport::pipe_end from);

    chance& random_;
    story& tells_;
    std::vector<link> links_;  // open ones, the oldest first
    bool clogged_[2] = {false, false};
    std::map<std::string, std::size_t, std::less<>> made_;  // by URL
    std::size_t numbers_ = 0;
    std::size_t most_links_ = 0;
    std::size_t breaks_ = 0;  // of links that are not in the list any more
    transport::pipe_options next_;
    conformance::pipe_network plain_;
    conformance::pipe_network websocket_;
};

}  // namespace trunkline::sim
