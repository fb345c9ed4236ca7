#include "echo_pair.hpp"

#include <trunkline/load/process_meter.hpp>

#include <pthread.h>

#include <utility>

namespace trunkline::bench {
namespace {

void pin(int cpu) {
    if (std::thread::hardware_concurrency() > 1) {
        load::pin_to(cpu);
    }
}

}  // namespace

serving_thread::serving_thread(std::function<void()> work)
    : thread_([work = std::move(work)] {
          pin(0);
          work();
      }) {}

clockid_t serving_thread::cpu_clock() {
    clockid_t made{};
    ::pthread_getcpuclockid(thread_.native_handle(), &made);
    return made;
}

void pin_caller() {
    pin(1);
}

}  // namespace trunkline::bench
