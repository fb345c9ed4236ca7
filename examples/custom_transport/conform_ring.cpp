// The ring, held to the rules of the kit.
#include "ring/ring_network.hpp"

#include <trunkline/conformance/run/main.hpp>

#include <unistd.h>

#include <memory>
#include <string>

using namespace trunkline::conformance;

class rings final : public fixture {
public:
    explicit rings(place const& where) : network_(*where.sockets) {}
    trunkline::transport::network& network() override { return network_; }
    std::string url() override {
        return "ring:@custom" + std::to_string(::getpid()) + "." + std::to_string(++count_);
    }

private:
    ring::network network_;
    int count_ = 0;
};

int main(int count, char** arguments) {
    features const has{.shapes = false, .virtual_time = false, .identity = true};
    return run_main(
        count, arguments,
        {{"ring", has, [](place const& where) { return std::make_unique<rings>(where); }}});
}
