// The pipes, held to the rules of the kit.
#include "pipes/pipe_network.hpp"

#include <trunkline/conformance/run/main.hpp>

#include <memory>
#include <string>

using namespace trunkline::conformance;

class piped final : public fixture {
public:
    explicit piped(place const& where) : network_(*where.sockets, RELAY) {}
    trunkline::transport::network& network() override { return network_; }
    std::string url() override { return "pipes:" + std::to_string(++count_); }
    std::size_t links() const override { return network_.children(); }

private:
    pipes::network network_;
    int count_ = 0;
};

int main(int count, char** arguments) {
    features const has{.shapes = false, .virtual_time = false, .reset = false};
    return run_main(
        count, arguments,
        {{"pipes", has, [](place const& where) { return std::make_unique<piped>(where); }}});
}
