#include <trunkline/load/dialed_lines.hpp>

namespace trunkline::load {

/// What a dialer has begun goes on; whoever asked is no longer told once this is destroyed.
class dialed_lines::attempt final : public transport::pending_connection {
public:
    attempt(dialed_lines& owner, opened done) : done_(std::make_shared<opened>(std::move(done))) {
        owner.by_.dial(owner.url_, [waiting = std::weak_ptr<opened>(done_)](auto made) {
            if (auto const asked = waiting.lock()) {
                (*asked)(std::move(made));  // may destroy the attempt
            }
        });
    }

private:
    std::shared_ptr<opened> done_;
};

std::unique_ptr<transport::pending_connection> dialed_lines::open(std::size_t /*number*/,
                                                                  opened done) {
    return std::make_unique<attempt>(*this, std::move(done));
}

}  // namespace trunkline::load
