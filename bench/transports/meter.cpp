#include "meter.hpp"

namespace trunkline::bench {
namespace {

std::chrono::nanoseconds now_of(clockid_t of) {
    timespec now{};
    ::clock_gettime(of, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

clock::duration seconds(double count) {
    return std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(count));
}

double in_us(auto duration) {
    return std::chrono::duration<double, std::micro>(duration).count();
}

}  // namespace

meter::meter(load_shape const& shape, clockid_t server)
    : server_(server),
      begin_(clock::now() + seconds(shape.warm_up)),
      end_(begin_ + seconds(shape.seconds)) {}

void meter::answered(clock::time_point begun) {
    auto const now = clock::now();
    if (over_ || now < begin_) {
        return;
    }
    if (!counting_) {
        counting_ = true;
        begin_ = now;
        cpu_ = now_of(server_);
        return;
    }
    ++count_;
    latencies_.add(static_cast<std::uint64_t>((now - begun).count()));
    if (now >= end_) {
        over_ = true;
        end_ = now;
        cpu_ = now_of(server_) - cpu_;
    }
}

figures meter::found() const {
    auto const count = static_cast<double>(count_);
    return {.calls_per_second = 1e6 * count / in_us(end_ - begin_),
            .server_cpu_us = in_us(cpu_) / count,
            .p50_us = static_cast<double>(latencies_.at(0.5)) / 1000};
}

}  // namespace trunkline::bench
