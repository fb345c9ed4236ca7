// What wrong transports are made of: connections and networks with one thing changed.
#pragma once

#include <trunkline/conformance/simulated.hpp>
#include <trunkline/conformance/wrapping_network.hpp>
#include <trunkline/conformance/wrong/wrong.hpp>
#include <trunkline/transport/passing_connection.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::conformance {

using link = std::unique_ptr<transport::connection>;

/// Bytes on their way out, changed by a function of them and of where the first one lies in the
/// stream.
class edited final : public transport::passing_connection {
public:
    using edit = std::function<void(std::vector<std::byte>&, std::uint64_t from)>;

    edited(link inner, edit change)
        : passing_connection(std::move(inner)), change_(std::move(change)) {}

    transport::io_result write(std::span<out_segment const> segments) override {
        if (auto const failed = flush(); failed || segments.empty()) {
            return failed.value_or(transport::io_result{});
        }
        std::vector<std::byte> taken;
        for (out_segment const& each : segments) {
            auto const room = std::min(each.bytes.size(), taken_max - taken.size());
            taken.insert(taken.end(), each.bytes.begin(), each.bytes.begin() + room);
        }
        auto const size = taken.size();
        change_(taken, position_);
        position_ += size;
        waiting_ = std::move(taken);
        static_cast<void>(flush());
        return {.status = transport::io_status::ok, .size = size, .error = {}};
    }
    bool wants_write() const noexcept override {
        return !waiting_.empty() || passing_connection::wants_write();
    }

private:
    static constexpr std::size_t taken_max = 16 * kib;

    // Why nothing can be taken now.
    std::optional<transport::io_result> flush() {
        while (!waiting_.empty()) {
            out_segment const rest{waiting_, 0};
            auto const done = inner().write({&rest, 1});
            if (done.status != transport::io_status::ok) {
                return done;
            }
            waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<long>(done.size));
        }
        return std::nullopt;
    }

    edit change_;
    std::vector<std::byte> waiting_;
    std::uint64_t position_ = 0;
};

/// What was read, changed by a function of the result.
class reread final : public transport::passing_connection {
public:
    using change = std::function<void(transport::read_result&, std::span<transport::in_piece>)>;

    reread(link inner, change made)
        : passing_connection(std::move(inner)), change_(std::move(made)) {}

    transport::read_result read(mutable_bytes buffer, std::span<transport::in_piece> out) override {
        auto got = inner().read(buffer, out);
        bool const was_waiting = got.status == transport::io_status::would_block;
        change_(got, out);
        if (got.status == transport::io_status::would_block && !was_waiting) {
            deaf_ = true;  // what is ready and not taken would be told for ever
            inner().watch(nullptr, false, false);
        }
        return got;
    }
    void watch(transport::readiness_sink* sink, bool reads, bool writes) override {
        inner().watch(sink, reads && !deaf_, writes);
    }

private:
    change change_;
    bool deaf_ = false;
};

/// Anything else: what is set here is called in place of the inner one.
struct deeds {
    std::function<transport::capabilities(transport::connection&)> abilities = {};
    std::function<transport::io_result(transport::connection&, std::span<out_segment const>)>
        write = {};
    std::function<void(transport::connection&)> shutdown_write = {};
    std::function<void(transport::connection&, transport::close_code, std::string_view)> close = {};
    std::function<void(transport::connection&)> abort = {};
    std::function<void(transport::connection&)> probe = {};
    std::function<bool(transport::connection const&)> wants_write = {};
    std::function<void(transport::connection&, transport::readiness_sink*, bool, bool)> watch = {};
};

class misdoing final : public transport::passing_connection {
public:
    misdoing(link inner, deeds wrong)
        : passing_connection(std::move(inner)), wrong_(std::move(wrong)) {}

    transport::capabilities abilities() const noexcept override {
        return wrong_.abilities ? wrong_.abilities(const_cast<misdoing*>(this)->inner())
                                : passing_connection::abilities();
    }
    transport::io_result write(std::span<out_segment const> segments) override {
        return wrong_.write ? wrong_.write(inner(), segments) : passing_connection::write(segments);
    }
    void shutdown_write() override {
        wrong_.shutdown_write ? wrong_.shutdown_write(inner())
                              : passing_connection::shutdown_write();
    }
    void close(transport::close_code code, std::string_view reason) override {
        wrong_.close ? wrong_.close(inner(), code, reason)
                     : passing_connection::close(code, reason);
    }
    void abort() override { wrong_.abort ? wrong_.abort(inner()) : passing_connection::abort(); }
    void probe() override { wrong_.probe ? wrong_.probe(inner()) : passing_connection::probe(); }
    bool wants_write() const noexcept override {
        return wrong_.wants_write ? wrong_.wants_write(const_cast<misdoing*>(this)->inner())
                                  : passing_connection::wants_write();
    }
    void watch(transport::readiness_sink* sink, bool reads, bool writes) override {
        wrong_.watch ? wrong_.watch(inner(), sink, reads, writes)
                     : passing_connection::watch(sink, reads, writes);
    }

private:
    deeds wrong_;
};

/// A fixture whose connections, or whose network, are put into something.
class wrapped_fixture final : public fixture {
public:
    using build = std::function<std::unique_ptr<transport::network>(transport::network& below)>;

    wrapped_fixture(std::unique_ptr<fixture> below, build const& made)
        : below_(std::move(below)), network_(made(below_->network())) {}

    transport::network& network() override { return *network_; }
    std::string url() override { return below_->url(); }
    faults* disturb() override { return below_->disturb(); }
    std::unique_ptr<transport::dialer> raw_dialer() override { return below_->raw_dialer(); }
    std::string silent_url() override { return below_->silent_url(); }
    std::string abandoned_url() override { return below_->abandoned_url(); }
    void pose(server_guise server, client_guise client) override { below_->pose(server, client); }
    void renew_certificate() override { below_->renew_certificate(); }
    std::size_t links() const override { return below_->links(); }

private:
    std::unique_ptr<fixture> below_;
    std::unique_ptr<transport::network> network_;
};

inline subject with_network(subject right,
                            std::function<std::unique_ptr<transport::network>(
                                transport::network& below, transport::runtime& loop)> const& made) {
    auto const make = right.make;
    right.make = [make, made](place const& where) {
        return std::make_unique<wrapped_fixture>(
            make(where), [&](transport::network& below) { return made(below, where.loop); });
    };
    return right;
}

inline subject with_network(stack over,
                            std::function<std::unique_ptr<transport::network>(
                                transport::network& below, transport::runtime& loop)> const& made) {
    return with_network(simulated(over), made);
}

using wrap = std::function<link(link inner, bool dialled)>;

inline subject with_links(stack over, wrap const& each) {
    return with_network(over, [each](transport::network& below, transport::runtime&) {
        return std::make_unique<wrapping_network>(below, each);
    });
}

inline subject with_edit(edited::edit const& change) {
    return with_links(stack::plain, [change](link inner, bool) {
        return std::make_unique<edited>(std::move(inner), change);
    });
}

inline subject with_reads(stack over, std::function<reread::change()> const& make_change) {
    return with_links(over, [make_change](link inner, bool) {
        return std::make_unique<reread>(std::move(inner), make_change());
    });
}

inline subject with_deeds(stack over, std::function<deeds()> const& make_deeds) {
    return with_links(over, [make_deeds](link inner, bool) {
        return std::make_unique<misdoing>(std::move(inner), make_deeds());
    });
}

/// Calls `change` with the byte at `at`, counted from the begin of the stream, if it is there.
template <class Change>
edited::edit at_byte(std::uint64_t at, Change change) {
    return [at, change](std::vector<std::byte>& bytes, std::uint64_t from) {
        if (at >= from && at < from + bytes.size()) {
            change(bytes, static_cast<std::ptrdiff_t>(at - from));
        }
    };
}

}  // namespace trunkline::conformance
