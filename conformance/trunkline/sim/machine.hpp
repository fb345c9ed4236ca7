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
    /// Told when it runs again after a death, before anybody is served; may be empty.
    std::function<void(store::store const&)> inspect = {};
    /// What stands before the store, in place of the backend that it is given; may be empty.
    std::function<std::shared_ptr<store_service::store_backend>(
        std::shared_ptr<store_service::store_backend>)>
        before_store = {};
    /// The level that the store really has: another one than `level` is a lie.
    std::optional<store::durability> real_level = {};
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
    /// It dies within the next writes, in the middle of one of them. False unless it runs.
    bool die_while_writing();
    /// One of the next calls of the disk fails, a write, a sync or a cut; somebody sees to it
    /// within seconds, and starts the machine again. False unless it runs.
    bool fail_disk();
    /// Nothing that was planned happens any more, and it runs, started again if anything had been.
    void mend();

private:
    [[nodiscard]] std::string const& name() const noexcept { return plan_.url; }
    void plan_disk(store::faulty_disk::plan faults);
    void die_after(transport::runtime::duration time);
    [[nodiscard]] bool has_died();

    world& at_;
    machine_plan plan_;
    std::unique_ptr<store::faulty_disk> disk_;
    bool is_faulty_ = false;  // something is planned for the disk
    std::unique_ptr<store::store> store_;
    std::shared_ptr<store_service::store_backend> backend_;
    std::optional<rpc_server> server_;
    std::unique_ptr<transport::timer> death_;
    std::unique_ptr<transport::timer> restart_;
};

}  // namespace trunkline::sim
