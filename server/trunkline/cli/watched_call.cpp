#include <trunkline/cli/watched_call.hpp>

#include <trunkline/peer/line_access.hpp>

#include <memory>

namespace trunkline::cli {
namespace {

class probe final : public peers::task {
public:
    [[nodiscard]] std::optional<traffic> wait() { return seen_.get_future().get(); }

    void run(peers::line& on) override {
        auto* const endpoint = on.endpoint();
        if (endpoint == nullptr) {
            seen_.set_value(std::nullopt);
            return;
        }
        auto const& session = endpoint->protocol();
        seen_.set_value(traffic{session.output_size(), session.held_size()});
    }
    void drop(error_code) override { seen_.set_value(std::nullopt); }

private:
    std::promise<std::optional<traffic>> seen_;
};

}  // namespace

std::optional<traffic> traffic_of(peer const& far) {
    auto const asked = std::make_shared<probe>();
    peers::line_access::line_of(far)->submit(asked);
    return asked->wait();
}

}  // namespace trunkline::cli
