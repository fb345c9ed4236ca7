#include "generator.hpp"

#include "echo_lane.hpp"
#include "link.hpp"
#include "rpc_lane.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <limits>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace trunkline::load {

namespace {

constexpr int patience_ms = 60'000;            // without anything from the server
constexpr std::size_t room_size = 512U << 10;  // bytes of one read

clock::duration seconds(double count) {
    return std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(count));
}

/// Many connections, served by whichever is ready.
class link_set {
public:
    link_set(settings const& of, workload const& asks, std::size_t connections, std::size_t depth,
             faults& wrong)
        : room_(room_size), polled_(::epoll_create1(EPOLL_CLOEXEC)) {
        for (std::size_t i = 0; i < connections; ++i) {
            std::size_t const begin = i * asks.size() / connections;
            std::unique_ptr<lane> inside;
            if (of.asks == operation::echo) {
                inside = std::make_unique<echo_lane>(asks, begin, wrong);
            } else {
                inside = std::make_unique<rpc_lane>(asks, begin, of.layout, depth, wrong);
            }
            links_.push_back(std::make_unique<link>(of, std::move(inside), depth));
            watch(*links_.back(), EPOLL_CTL_ADD);
        }
    }
    ~link_set() { ::close(polled_); }
    link_set(link_set const&) = delete;
    link_set& operator=(link_set const&) = delete;

    void start() {
        for (auto const& each : links_) {
            each->start();
            watch(*each, EPOLL_CTL_MOD);
        }
    }

    /// Waits until something is ready, and serves all that is.
    void turn(answer_sink& to) {
        std::array<epoll_event, 64> ready;
        int const count = ::epoll_wait(polled_, ready.data(), ready.size(), patience_ms);
        if (count == 0) {
            throw std::runtime_error("the server does not answer");
        }
        for (int i = 0; i < count; ++i) {
            epoll_event const& event = ready[static_cast<std::size_t>(i)];
            link& one = *static_cast<link*>(event.data.ptr);
            bool const was_blocked = one.is_blocked();
            if ((event.events & EPOLLOUT) != 0) {
                one.flush();
            }
            if ((event.events & ~static_cast<unsigned>(EPOLLOUT)) != 0) {
                one.on_readable(room_, to);
            }
            if (was_blocked != one.is_blocked()) {
                watch(one, EPOLL_CTL_MOD);
            }
        }
    }

    [[nodiscard]] std::size_t under_way() const noexcept {
        std::size_t sum = 0;
        for (auto const& each : links_) {
            sum += each->under_way();
        }
        return sum;
    }

private:
    void watch(link& one, int how) {
        epoll_event wanted{};
        wanted.events = EPOLLIN | (one.is_blocked() ? static_cast<unsigned>(EPOLLOUT) : 0U);
        wanted.data.ptr = &one;
        if (::epoll_ctl(polled_, how, one.descriptor(), &wanted) != 0) {
            throw std::system_error(errno, std::system_category(), "epoll_ctl");
        }
    }

    std::vector<std::byte> room_;
    int polled_;
    std::vector<std::unique_ptr<link>> links_;
};

/// Lets so many requests out and no more.
class counted_answers final : public answer_sink {
public:
    explicit counted_answers(std::size_t more) : more_(more) {}
    void answered(clock::time_point, clock::time_point) override {}
    [[nodiscard]] bool goes_on() const override { return more_ != 0 && more_-- != 0; }

private:
    std::size_t mutable more_;
};

/// Writes each exchange of the preparation once, one after the other.
void prepare(settings const& of, faults& wrong) {
    workload const asks = make_preparation(of);
    if (asks.empty()) {
        return;
    }
    counted_answers sink(asks.size() - 1);
    link_set one(of, asks, 1, 1, wrong);
    one.start();
    while (one.under_way() != 0) {
        one.turn(sink);
    }
}

/// Counts between warm-up and end.
class measurement final : public answer_sink {
public:
    measurement(settings const& of, figures& found)
        : found_(found),
          server_(of.server_pid),
          begin_at_(clock::now() + seconds(of.warm_up)),
          length_(seconds(of.seconds)),
          most_(of.requests == 0 ? std::numeric_limits<std::uint64_t>::max() : of.requests) {}

    /// To be called between turns.
    void look_at_clock() {
        auto const now = clock::now();
        if (stage_ == stage::warming && now >= begin_at_) {
            stage_ = stage::counting;
            begun_ = now;
            own_cpu_ = own_cpu_time();
            server_cpu_ = server_.cpu_time();
        } else if (stage_ == stage::counting &&
                   (now - begun_ >= length_ || found_.requests >= most_)) {
            stage_ = stage::over;
            found_.elapsed = now - begun_;
            found_.own_cpu = own_cpu_time() - own_cpu_;
            found_.server_cpu = server_.cpu_time() - server_cpu_;
            found_.server_memory = server_.memory_now();
        }
    }

    void answered(clock::time_point begun, clock::time_point now) override {
        if (stage_ == stage::counting) {
            ++found_.requests;
            found_.latencies.add(static_cast<std::uint64_t>((now - begun).count()));
        }
    }

    [[nodiscard]] bool goes_on() const override { return stage_ != stage::over; }

private:
    enum class stage : std::uint8_t { warming, counting, over };

    figures& found_;
    process_meter server_;
    clock::time_point begin_at_;
    clock::duration length_;
    std::uint64_t most_;
    stage stage_ = stage::warming;
    clock::time_point begun_;
    std::chrono::nanoseconds own_cpu_{};
    std::chrono::nanoseconds server_cpu_{};
};

}  // namespace

figures run(settings const& of) {
    figures found;
    if (of.cpu >= 0) {
        pin_to(of.cpu);
    }
    prepare(of, found.wrong);
    workload const asks = make_workload(of);
    link_set all(of, asks, of.connections, of.depth, found.wrong);
    measurement sink(of, found);
    sink.look_at_clock();
    all.start();
    while (sink.goes_on() || all.under_way() != 0) {
        all.turn(sink);
        sink.look_at_clock();
    }
    return found;
}

}  // namespace trunkline::load
