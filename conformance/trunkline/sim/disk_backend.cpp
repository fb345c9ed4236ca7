#include <trunkline/sim/disk_backend.hpp>

#include <chrono>
#include <utility>

namespace trunkline::sim {

using namespace std::chrono_literals;

disk_backend::disk_backend(store::store& of, transport::runtime& loop, chance& random,
                           std::function<bool()> died)
    : embedded_backend(of), store_(of), loop_(loop), random_(random), died_(std::move(died)) {}

void disk_backend::write(std::span<store::key_value const> entries,
                         store_service::tail_answer answer) {
    auto made = std::make_unique<job>(std::move(answer));
    for (auto const& each : entries) {
        made->entries.emplace_back(as_text(each.key), as_text(each.payload));
    }
    for (auto const& [key, payload] : made->entries) {
        made->views.push_back({as_bytes(key), as_bytes(payload)});
    }
    wait(std::move(made));
}

void disk_backend::remove(bytes_view key, store_service::tail_answer answer) {
    auto made = std::make_unique<job>(std::move(answer));
    made->removed_key = as_text(key);
    made->removed.push_back(as_bytes(made->removed_key));
    wait(std::move(made));
}

void disk_backend::wait(std::unique_ptr<job> one) {
    waiting_.push_back(std::move(one));
    if (next_ == nullptr) {
        next_ = loop_.after(random_.between(100us, 8ms), [this] { turn(); });
    }
}

void disk_backend::turn() {
    next_ = nullptr;
    auto jobs = std::exchange(waiting_, {});
    std::vector<store::write_job> writes;
    for (auto const& each : jobs) {
        writes.push_back({each->views, each->removed});
    }
    store_.do_all(writes);
    if (died_()) {
        waiting_ = std::move(jobs);  // nobody is answered by a machine that is off
        return;
    }
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        jobs[i]->answer(writes[i].done);
    }
}

}  // namespace trunkline::sim
