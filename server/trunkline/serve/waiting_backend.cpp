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
    room const left = writer_.push(disk_job::make(what), *this, next_);
    if (left == room::none) {
        answer.refuse(store_service::waiting_refusal_text);
        return;
    }
    if (left == room::little) {
        answer.stop_input();
    }
    unanswered_.emplace(next_++, std::move(answer));
}

void waiting_backend::on_done(disk_job_list done) {
    bool first = false;
    {
        std::lock_guard const lock(mutex_);
        first = done_.empty();
        done_.append(std::move(done));
    }
    if (first) {
        loop().post([this] { answer_all(); });
    }
}

// A job goes before its answer: who is told finds the room.
void waiting_backend::answer_all() {
    disk_job_list done;
    {
        std::lock_guard const lock(mutex_);
        std::swap(done, done_);
    }
    while (!done.empty()) {
        auto job = done.pop_front();
        auto const tail = job->tail();
        auto node = unanswered_.extract(job->number());
        job.reset();
        node.mapped()(tail);
    }
}

}  // namespace trunkline::server
