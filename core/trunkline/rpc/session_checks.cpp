// How the extension comes into force, and checks of frames with it (extension/FORMAT.md).
#include <trunkline/rpc/session_state.hpp>

#include <trunkline/base/assert.hpp>

namespace trunkline::rpc {

void session::state::extend(bool checks) {
    TRUNKLINE_ASSERT(decoder_.has_value());
    output.fence();  // what agrees to it leaves first
    if (agreed == nullptr) {
        agreed = std::make_unique<agreed_extension>();
        decoder_->give_extension_frames();
    }
    if (checks) {
        checked = true;
        decoder_->check_frames();
        output.release();
    }
}

void session::state::await_checks() {
    output.hold();
    checked = true;
}

void session::state::agree(call_id id, std::span<slice> text, bool checks, std::uint64_t now_us) {
    if (find_call(id) == nullptr) {
        return;
    }
    bool const is_news = agreed == nullptr || (checks && !checked);
    if (is_news) {
        output.fence();
    }
    answer(id, status::success, text, now_us, nullptr);
    if (is_news) {
        extend(checks);
    }
}

}  // namespace trunkline::rpc
