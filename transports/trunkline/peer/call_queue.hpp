// Calls that wait for a connection or for a slot on the one there is, in their order.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/base/result.hpp>

#include <cstddef>
#include <list>
#include <memory>

namespace trunkline::peers {

class line;
class call_queue;

/// Kept by its queue while it waits there.
class waiting_call {
public:
    /// Its turn has come, and it waits no longer. False when it has to wait on: it does so in front
    /// of all others.
    [[nodiscard]] virtual bool go_on(line& on) = 0;

    /// There is nothing to wait for any more.
    virtual void refuse(error_code why) = 0;

protected:
    ~waiting_call() = default;

private:
    friend class call_queue;
    struct entry {
        std::shared_ptr<waiting_call> who;
        std::size_t size;
    };

    call_queue* among_ = nullptr;
    std::list<entry>::iterator place_;
};

/// Single-threaded.
class call_queue {
public:
    /// What may wait.
    struct limits {
        std::size_t calls_max = 1024;     ///< one more is refused
        std::size_t size_max = 16 * mib;  ///< bytes of their requests, likewise
    };

    void set_limits(limits const& to) noexcept { limits_ = to; }

    /// At the end of the queue. False when there is no room for so many bytes or for a further
    /// call.
    [[nodiscard]] bool add(std::shared_ptr<waiting_call> const& who, std::size_t size);

    /// Waits no longer; nothing where it does not.
    void remove(waiting_call& who) noexcept;

    /// Lets go on who is in front, until one has to wait on. Inside itself it does nothing.
    void offer(line& on);

    /// Refuses all who wait now.
    void refuse_all(error_code why);

    [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }
    [[nodiscard]] std::size_t count() const noexcept { return waiting_.size(); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    using list = std::list<waiting_call::entry>;
    void insert(list::iterator before, std::shared_ptr<waiting_call> const& who, std::size_t size);

    list waiting_;
    limits limits_;
    std::size_t size_ = 0;
    bool offering_ = false;
};

}  // namespace trunkline::peers
