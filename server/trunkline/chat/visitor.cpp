#include <trunkline/chat/visitor.hpp>

#include <trunkline/chat/open_link.hpp>
#include <trunkline/chat/visitors.hpp>

namespace trunkline::chat {

desk const& visitor::at_desk() const noexcept {
    return owner_.desk_;
}

std::size_t visitor::offer(std::span<rooms::shared_message const> messages) {
    if (is_doomed_) {
        return messages.size();
    }
    return content_ == content::open ? open_->send(messages) : owner_.offer_folded(*this, messages);
}

void visitor::on_overflow() {
    if (content_ == content::open) {
        open_->close({.code = transport::close_code::policy_violation, .reason = "too slow"});
    }
    owner_.doom(*this);
}

void visitor::on_open() {
    if (content_ == content::open) {
        open_->read_again();
    }
}

void visitor::on_ready(bool /*readable*/, bool /*writable*/) {
    owner_.on_ready(*this);
}

}  // namespace trunkline::chat
