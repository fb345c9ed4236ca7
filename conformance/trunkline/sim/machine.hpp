// A server with a store on a disk of its own, which can die in every way and be started again.
#pragma once

#include <trunkline/peer/rpc_server.hpp>
#include <trunkline/sim/world.hpp>
#include <trunkline/store/durability.hpp>
#include <trunkline/store/faulty_disk.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/store_service/backend.hpp>
#include <trunkline/transport/runtime.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace trunkline::sim {

/// Where it listens, what it promises, and what a user puts in.
struct machine_plan {
    std::string url;  ///< of its one endpoint, which its name is, too
    /// When writes are acknowledged. Those at `none` and `os` may be torn by a loss of power, so
    /// such a machine only dies as a process does.
    store::durability level = store::durability::os;
    /// Gives each server its handlers beside those of the store; may be empty.
    std::function<void(rpc_server::builder&)> furnish = {};
    /// Told when it runs again after a death, each time, before anybody is served; may be empty.
    std::function<void(store::store const&)> inspect = {};
    /// What stands before the store, in place of the backend that it is given; may be empty.
    std::function<std::shared_ptr<store_service::store_backend>(
        std::shared_ptr<store_service::store_backend>)>
        before_store = {};
    /// The level that the store really has: another one than `level` is a lie.
    std::optional<store::durability> real_level = {};
    /// What its disk becomes after a death, in place of what should be left; may be empty.
    std::function<std::unique_ptr<store::faulty_disk>(std::unique_ptr<store::faulty_disk>)>
        after_death = {};
};

/// Serves the nine methods of a store. Runs from the moment it is made. Single-threaded.
class machine {
public:
    /// Runs in `at`, which outlives it.
    machine(world& at, machine_plan plan);
    ~machine();
    machine(machine const&) = delete;
    machine& operator=(machine const&) = delete;

    /// Whether it runs.
    [[nodiscard]] bool is_up() const noexcept { return server_.has_value(); }
    /// As the plan says.
    [[nodiscard]] machine_plan const& plan() const noexcept { return plan_; }

    /// Starts it unless it runs.
    void start();
    /// It dies now, and all its connections break. Of the disk there is left what was promised: at
    /// levels that wait for the disk the power goes, else the process dies. False unless it runs.
    bool die();
    /// It dies within the next writes, in the middle of one of them. It counts as a fault when it
    /// comes to that. Nothing unless it runs, or where its disk has failed already; so with
    /// fail_disk().
    void die_while_writing();
    /// One of the next calls of the disk fails, a write, a sync or a cut; then somebody sees to it
    /// within seconds, and starts the machine again.
    void fail_disk();
    /// Nothing that was planned happens any more, and it runs, started again if anything had come.
    void mend();

    /// How often its disk has failed.
    [[nodiscard]] std::size_t disk_failures() const noexcept { return disk_failures_; }
    /// Whether it has, and nobody has seen to it.
    [[nodiscard]] bool is_failing() const noexcept { return is_failing_; }

private:
    [[nodiscard]] std::string const& name() const noexcept { return plan_.url; }
    [[nodiscard]] bool can_fail() const noexcept { return is_up() && !is_failing_; }
    void open_store();
    void serve();
    void plan_disk(store::faulty_disk::plan const& faults);
    void look_at_disk();
    [[nodiscard]] bool has_died();

    world& at_;
    machine_plan plan_;
    std::unique_ptr<store::faulty_disk> disk_;
    store::faulty_disk::plan faults_;
    bool is_failing_ = false;
    bool is_founded_ = false;
    std::size_t disk_failures_ = 0;
    std::unique_ptr<store::store> store_;
    std::shared_ptr<store_service::store_backend> backend_;
    std::optional<rpc_server> server_;
    std::unique_ptr<transport::timer> death_;
    std::unique_ptr<transport::timer> restart_;
};

}  // namespace trunkline::sim
