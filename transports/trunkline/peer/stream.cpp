#include <trunkline/peer/stream.hpp>

namespace trunkline::peers {

/// The line's thread does what has been asked of a stream meanwhile.
class stream::turn final : public task {
public:
    explicit turn(std::shared_ptr<stream> of) noexcept : of_(std::move(of)) {}

    void run(peers::line&) override {
        of_->output().sends().turn_came();
        of_->catch_up();
    }
    void drop(error_code why) override { of_->output().sends().drop(why); }

private:
    std::shared_ptr<stream> of_;
};

void stream::submit(std::shared_ptr<task> what) {
    output().sends().put(std::move(what));
    go_on();
}

send_outcome stream::send(std::size_t cost, std::shared_ptr<task> part) {
    auto const outcome = output().sends().enter(cost, std::move(part));
    if (outcome.taken()) {
        go_on();
    }
    return outcome;
}

void stream::go_on() {
    auto const kept = shared_from_this();
    if (line_->where().is_here()) {
        catch_up();
    } else if (output().sends().needs_turn()) {
        line_->submit_later(std::make_shared<turn>(kept));
    }
}

// One by one: what runs may ask for more, which then does the rest first.
void stream::catch_up() {
    while (auto const next = output().sends().next()) {
        next->run(*line_);
    }
}

}  // namespace trunkline::peers
