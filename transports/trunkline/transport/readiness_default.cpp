// Which readiness_set the runtimes of this system have. Alone in its file: test programs that bring
// a function of their own choose for themselves (readiness_default_test.cpp).
#include <trunkline/transport/readiness_set.hpp>

namespace trunkline::transport {

result<std::unique_ptr<readiness_set>> make_readiness_set(boost::asio::io_context& context) {
#ifdef __linux__
    return make_epoll_readiness_set(context);
#else
    return make_async_readiness_set(context);
#endif
}

}  // namespace trunkline::transport
