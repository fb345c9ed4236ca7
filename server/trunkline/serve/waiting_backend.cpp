#include <trunkline/serve/waiting_backend.hpp>

#include <utility>

namespace trunkline::server {

void waiting_backend::write(std::span<store::key_value const> entries,
                            store_service::tail_answer answer) {
    push(std::make_unique<disk_job>(entries), std::move(answer));
}

void waiting_backend::remove(bytes_view key, store_service::tail_answer answer) {
    push(std::make_unique<disk_job>(key), std::move(answer));
}

void waiting_backend::push(std::unique_ptr<disk_job> job, store_service::tail_answer answer) {
    auto const number = next_++;
    unanswered_.emplace(number, std::move(answer));
    writer_.push(std::move(job), *this, number);
}

void waiting_backend::on_done(std::vector<outcome> done) {
    loop_.post([this, done = std::move(done)] {
        for (auto const& each : done) {
            auto node = unanswered_.extract(each.number);
            node.mapped()(each.tail);
        }
    });
}

}  // namespace trunkline::server
