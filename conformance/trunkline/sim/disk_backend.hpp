// A store whose writes wait for the disk, in virtual time.
#pragma once

#include <trunkline/sim/chance.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/store_service/backend.hpp>
#include <trunkline/transport/runtime.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::sim {

/// Reads at once; writes some milliseconds later, those that have gathered together, as a server
/// does that has a thread for its disk.
class disk_backend final : public store_service::embedded_backend {
public:
    /// All outlive it. `died` is asked after each turn of the disk: then nobody is answered any
    /// more.
    disk_backend(store::store& of, transport::runtime& loop, chance& random,
                 std::function<bool()> died);

    /// As store_backend says.
    void write(std::span<store::key_value const> entries,
               store_service::tail_answer answer) override;
    /// As store_backend says.
    void remove(bytes_view key, store_service::tail_answer answer) override;

private:
    // One write or deletion with its own copy of all bytes.
    struct job {
        explicit job(store_service::tail_answer to) : answer(std::move(to)) {}

        std::vector<std::pair<std::string, std::string>> entries;
        std::vector<store::key_value> views;
        std::string removed_key;
        std::vector<bytes_view> removed;
        store_service::tail_answer answer;
    };

    void wait(std::unique_ptr<job> one);
    void turn();

    store::store& store_;
    transport::runtime& loop_;
    chance& random_;
    std::function<bool()> died_;
    std::vector<std::unique_ptr<job>> waiting_;
    std::unique_ptr<transport::timer> next_;
};

}  // namespace trunkline::sim
