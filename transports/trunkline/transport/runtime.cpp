#include <trunkline/transport/runtime.hpp>

#include <trunkline/transport/loop_commons.hpp>

namespace trunkline::transport {

runtime::runtime() noexcept = default;

runtime::~runtime() = default;

loop_commons& runtime::commons() {
    if (!commons_) {
        commons_ = std::make_unique<loop_commons>(*this);
    }
    return *commons_;
}

void runtime::drop_commons() noexcept {
    commons_.reset();
}

}  // namespace trunkline::transport
