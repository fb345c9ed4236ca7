#include <trunkline/serve/waiting_backend.hpp>

#include <trunkline/store_service/service.hpp>

#include <utility>

namespace trunkline::server {

namespace {

// As the store refuses them: at once, and at no cost.
error_code refused(std::span<store::key_value const> entries) noexcept {
    for (auto const& each : entries) {
        if (each.payload.empty()) {
            return store::store_error::empty_payload;
        }
        if (each.payload.size() == 1 && each.payload.front() == std::byte{0}) {
            return store::store_error::null_payload;
        }
    }
    return {};
}

}  // namespace

void waiting_backend::write(std::span<store::key_value const> entries,
                            store_service::tail_answer answer) {
    if (error_code const why = refused(entries)) {
        answer(why);
    } else {
        push(entries, std::move(answer));
    }
}

void waiting_backend::remove(bytes_view key, store_service::tail_answer answer) {
    push(key, std::move(answer));
}

template <class What>
void waiting_backend::push(What const& what, store_service::tail_answer answer) {
    using room = disk_thread::room;
    if (!answer.keep(disk_job::cost_of(what))) {
        answer.refuse(store_service::waiting_refusal_text);
        return;
    }
    room const left = writer_.push(std::make_unique<disk_job>(what), *this, next_);
    if (left == room::none) {
        answer.refuse(store_service::waiting_refusal_text);
        return;
    }
    if (left == room::little) {
        answer.stop_input();
    }
    unanswered_.emplace(next_++, std::move(answer));
}

void waiting_backend::on_done(std::vector<outcome> done) {
    loop().post([this, done = std::move(done)] {
        for (auto const& each : done) {
            auto node = unanswered_.extract(each.number);
            node.mapped()(each.tail);
        }
    });
}

}  // namespace trunkline::server
