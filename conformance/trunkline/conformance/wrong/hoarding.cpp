// Connections that do more than they are told to: read all there is, whether anybody wants it or
// not, or ask for signs of life.
#include <trunkline/conformance/wrong/changed.hpp>
#include <trunkline/transport/runtime.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

using transport::in_piece;
using transport::io_status;
using transport::read_result;

using namespace std::chrono_literals;

class hoarding final : public transport::passing_connection, private transport::readiness_sink {
public:
    hoarding(link inner, transport::runtime& loop)
        : passing_connection(std::move(inner)), loop_(loop) {}

    read_result read(mutable_bytes buffer, std::span<in_piece> out) override {
        read_result got;
        while (!hoard_.empty() && got.pieces + 1 < out.size() && got.wire_bytes < buffer.size()) {
            auto& [bytes, ends_message] = hoard_.front();
            auto const size = std::min(bytes.size(), buffer.size() - got.wire_bytes);
            auto const to = buffer.subspan(got.wire_bytes, size);
            std::copy_n(bytes.begin(), size, to.begin());
            bytes.erase(bytes.begin(), bytes.begin() + static_cast<long>(size));
            out[got.pieces++] = {to, ends_message && bytes.empty()};
            got.wire_bytes += size;
            if (bytes.empty()) {
                hoard_.pop_front();
            }
        }
        if (got.pieces == 0) {
            got.status = end_.status;
            got.error = end_.error;
        }
        return got;
    }

    void watch(transport::readiness_sink* sink, bool reads, bool writes) override {
        sink_ = sink;
        reads_ = reads;
        inner().watch(sink == nullptr ? nullptr : this, sink != nullptr && !has_ended(), writes);
        tell_later();
    }

private:
    struct piece {
        std::vector<std::byte> bytes;
        bool ends_message;
    };

    [[nodiscard]] bool has_ended() const noexcept { return end_.status != io_status::would_block; }
    [[nodiscard]] bool may_tell() const noexcept {
        return reads_ && (!hoard_.empty() || has_ended());
    }

    void tell_later() {
        again_ = may_tell() ? loop_.after({}, [this] { on_ready(false, false); }) : nullptr;
    }

    void on_ready(bool readable, bool writable) override {
        if (readable) {
            take();
        }
        bool const tells = may_tell();
        tell_later();
        if (tells || writable) {
            sink_->on_ready(tells, writable);  // this may go
        }
    }

    void take() {
        std::array<std::byte, 64 * kib> buffer;
        std::array<in_piece, 16> pieces;
        read_result got;
        do {
            got = inner().read(buffer, pieces);
            for (in_piece const& each : std::span(pieces).first(got.pieces)) {
                hoard_.push_back({{each.bytes.begin(), each.bytes.end()}, each.ends_message});
            }
        } while (got.pieces == pieces.size());
        if (got.status == io_status::end || got.status == io_status::error) {
            end_ = got;
            inner().watch(this, false, false);
        }
    }

    transport::runtime& loop_;
    transport::readiness_sink* sink_ = nullptr;
    bool reads_ = false;
    std::deque<piece> hoard_;
    read_result end_{.status = io_status::would_block, .error = {}};
    std::unique_ptr<transport::timer> again_;
};

subject with_hoard(stack over) {
    return with_network(over, [](transport::network& below, transport::runtime& loop) {
        return std::make_unique<wrapping_network>(below, [&loop](link inner, bool) {
            return std::make_unique<hoarding>(std::move(inner), loop);
        });
    });
}

// Probes every two seconds, whatever it has heard.
class probing final : public transport::passing_connection {
public:
    probing(link inner, transport::runtime& loop)
        : passing_connection(std::move(inner)), loop_(loop) {
        next_ = loop_.after(2s, [this] { probe_again(); });
    }

private:
    void probe_again() {
        next_ = loop_.after(2s, [this] { probe_again(); });
        probe();
    }

    transport::runtime& loop_;
    std::unique_ptr<transport::timer> next_;
};

subject with_probes() {
    return with_network(stack::websocket, [](transport::network& below, transport::runtime& loop) {
        return std::make_unique<wrapping_network>(below, [&loop](link inner, bool) {
            return std::make_unique<probing>(std::move(inner), loop);
        });
    });
}

}  // namespace

void add_hoarding_links(std::vector<wrong_transport>& to) {
    to.push_back({"reads what nobody wants yet", with_hoard(stack::plain), "FLO-10"});
    to.push_back(
        {"inflates what nobody wants yet", with_hoard(stack::websocket_deflate), "LIM-02"});
    to.push_back({"probes a busy link", with_probes(), "LIV-06"});
}

}  // namespace trunkline::conformance
