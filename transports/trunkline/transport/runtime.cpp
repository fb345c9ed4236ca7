#include <trunkline/transport/runtime.hpp>

#include <trunkline/transport/loop_commons.hpp>
#include <trunkline/transport/runtime_executor.hpp>

#include <utility>

namespace trunkline::transport {

runtime::runtime() noexcept = default;

runtime::~runtime() {
    drop_commons();
}

boost::asio::any_io_executor runtime::executor() {
    if (!executing_) {
        executing_ = std::make_shared<executor_context>(*this);
    }
    return runtime_executor(executing_);
}

bool runtime::wait_until(std::function<bool()> const& /*done*/) {
    return false;
}

std::shared_ptr<void> runtime::keep(std::shared_ptr<void> what) {
    if (!kept_) {
        kept_ = std::make_shared<kept_things>();
    }
    auto const at = kept_->insert(kept_->end(), std::move(what));
    return {nullptr, [in = std::weak_ptr(kept_), at](std::nullptr_t) {
                kept_things last;
                if (auto const things = in.lock()) {
                    last.splice(last.end(), *things, at);
                }
            }};
}

loop_commons& runtime::commons() {
    if (!commons_) {
        commons_ = std::make_unique<loop_commons>(*this);
    }
    return *commons_;
}

void runtime::drop_commons() noexcept {
    if (kept_) {
        kept_things last;
        last.swap(*kept_);
        kept_.reset();  // the tickets are worth nothing when those go
    }
    if (auto const executing = std::exchange(executing_, nullptr)) {
        executing->drop();
    }
    commons_.reset();
}

}  // namespace trunkline::transport
