// The child: passes bytes on, both ways, between the pair of pipes that it was started with as 0
// and 1 and a second pair, 3 and 4. An end is passed on as well, whichever side of it a pipe ends.
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>

namespace {

class way {
public:
    way(int from, int to) : from_(from), to_(to) {}

    [[nodiscard]] bool is_over() const { return from_ < 0 && to_ < 0; }

    // What there is to wait for; of the way out at least that nobody reads it any more.
    void ask(pollfd* both) const {
        both[0] = {is_empty() ? from_ : -1, POLLIN, 0};
        both[1] = {to_, static_cast<short>(is_empty() ? 0 : POLLOUT), 0};
    }

    void go_on(pollfd const* both) {
        if (both[0].revents != 0) {
            auto const got = ::read(from_, bytes_.data(), bytes_.size());
            begin_ = 0;
            end_ = got > 0 ? static_cast<std::size_t>(got) : 0;
            if (got == 0 || (got < 0 && errno != EAGAIN)) {
                close(from_);
            }
        }
        if ((both[1].revents & POLLERR) != 0) {
            close(from_);
            close(to_);
            begin_ = end_;
        } else if (!is_empty()) {
            auto const put = ::write(to_, bytes_.data() + begin_, end_ - begin_);
            begin_ += put > 0 ? static_cast<std::size_t>(put) : 0;
        }
        if (from_ < 0 && is_empty()) {
            close(to_);
        }
    }

private:
    [[nodiscard]] bool is_empty() const { return begin_ == end_; }
    static void close(int& descriptor) {
        if (descriptor >= 0) {
            ::close(descriptor);
            descriptor = -1;
        }
    }

    int from_;
    int to_;
    std::array<char, 64 * 1024> bytes_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace

int main() {
    std::signal(SIGPIPE, SIG_IGN);
    way ways[] = {{0, 4}, {3, 1}};
    while (!ways[0].is_over() || !ways[1].is_over()) {
        pollfd asked[4];
        ways[0].ask(asked);
        ways[1].ask(asked + 2);
        if (::poll(asked, 4, -1) > 0) {
            ways[0].go_on(asked);
            ways[1].go_on(asked + 2);
        }
    }
}
