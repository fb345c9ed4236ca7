#include <trunkline/transport/file_descriptor.hpp>

#include <unistd.h>

namespace trunkline::transport {

void file_descriptor::reset() noexcept {
    if (value_ >= 0) {
        ::close(std::exchange(value_, -1));
    }
}

}  // namespace trunkline::transport
