#include <trunkline/peer/peer.hpp>

#include <utility>

namespace trunkline {
namespace {

class orderly_close final : public peers::task {
public:
    explicit orderly_close(transport::close_reason why) : why_(std::move(why)) {}
    void run(peers::line& on) override { on.close(why_); }
    void drop(error_code) override {}

private:
    transport::close_reason why_;
};

class begun_watch final : public peers::task {
public:
    explicit begun_watch(std::weak_ptr<peers::state_watcher const> who) : who_(std::move(who)) {}
    void run(peers::line& on) override { on.watchers().add(std::move(who_)); }
    void drop(error_code) override {}

private:
    std::weak_ptr<peers::state_watcher const> who_;
};

}  // namespace

void peer::close(transport::close_code code, std::string_view reason) const {
    constexpr std::size_t reason_size_max = 123;  // RFC 6455 section 5.5
    auto const said = transport::may_be_said(code) ? code : transport::close_code::normal;
    line_->submit(std::make_shared<orderly_close>(
        transport::close_reason{said, std::string(reason.substr(0, reason_size_max))}));
}

state_watch peer::watch(std::function<void(transport::connection_state, error_code)> told) const {
    auto kept = std::make_shared<peers::state_watcher const>(std::move(told));
    line_->submit(std::make_shared<begun_watch>(kept));
    return kept;
}

}  // namespace trunkline
