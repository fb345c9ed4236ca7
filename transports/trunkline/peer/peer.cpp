#include <trunkline/peer/peer.hpp>

namespace trunkline {
namespace {

class orderly_close final : public peers::task {
public:
    void run(peers::line& on) override { on.close(); }
    void drop(error_code) override {}
};

}  // namespace

void peer::close() const {
    line_->submit(std::make_shared<orderly_close>());
}

}  // namespace trunkline
