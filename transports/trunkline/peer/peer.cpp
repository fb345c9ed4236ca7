#include <trunkline/peer/peer.hpp>

namespace trunkline {
namespace {

class orderly_close final : public peers::task {
public:
    void run(peers::line& on) override {
        if (transport::driver* const driver = on.driver()) {
            driver->close(transport::close_code::normal, {});
            on.stop_handlers();
        }
    }
    void drop(error_code) override {}
};

}  // namespace

void peer::close() const {
    line_->submit(std::make_shared<orderly_close>());
}

}  // namespace trunkline
