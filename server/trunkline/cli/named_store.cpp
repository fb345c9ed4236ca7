#include <trunkline/cli/named_store.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/cli/progress_bar.hpp>
#include <trunkline/cli/tls_flags.hpp>
#include <trunkline/cli/watched_call.hpp>
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/store/open_report.hpp>
#include <trunkline/store_client/store_client.hpp>

#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <utility>

namespace trunkline::cli {
namespace {

call_result<std::uint64_t> told(result<std::uint64_t> const& done) {
    if (!done) {
        return call_failure{done.error(), {}};
    }
    return *done;
}

class store_in_file final : public named_store {
public:
    explicit store_in_file(std::unique_ptr<store::store> opened) : opened_(std::move(opened)) {}

    call_result<void> get(std::span<bytes_view const> keys, value_sink const& take) override {
        for (std::size_t i = 0; i < keys.size(); ++i) {
            auto const found = opened_->read(keys[i]);
            if (!take(i, found ? std::optional(found->bytes) : std::nullopt)) {
                break;
            }
        }
        return {};
    }
    call_result<std::uint64_t> put(std::span<store::key_value const> entries) override {
        return told(opened_->batch_write(entries));
    }
    call_result<std::uint64_t> del(bytes_view key) override { return told(opened_->remove(key)); }
    call_result<bool> exists(bytes_view key) override { return opened_->exists(key); }
    call_result<std::uint64_t> len() override { return opened_->size(); }
    call_result<store_numbers> numbers() override {
        return store_numbers{opened_->size(), opened_->file_size(), opened_->size() == 0};
    }

private:
    std::unique_ptr<store::store> opened_;
};

/// Keys that are asked for with one call.
constexpr std::size_t keys_per_call = 1024;

std::string const message_limit = "one message with a server has at most " +
                                  std::to_string(session_limits{}.message_size_max / mib) + "MiB";

class store_at_url final : public named_store {
public:
    store_at_url(rpc_client made, bool shows_progress)
        : client_(std::move(made)), store_(client_), shows_progress_(shows_progress) {}

    call_result<void> get(std::span<bytes_view const> keys, value_sink const& take) override {
        bool goes_on = true;
        for (std::size_t begin = 0; begin < keys.size() && goes_on; begin += keys_per_call) {
            auto const done = get_some(
                begin, keys.subspan(begin).first(std::min(keys_per_call, keys.size() - begin)),
                take, goes_on);
            if (!done) {
                return done;
            }
        }
        return {};
    }
    call_result<std::uint64_t> put(std::span<store::key_value const> entries) override {
        auto const done = send(entries);
        if (done) {
            return (*done)->tail_offset;
        }
        if (done.error().error == rpc::rpc_error::message_too_large) {
            return call_failure{done.error().error,
                                "nothing was stored: " + message_limit + "; store less at once"};
        }
        return done.error();
    }
    call_result<std::uint64_t> del(bytes_view key) override { return store_.remove(key); }
    call_result<bool> exists(bytes_view key) override { return store_.exists(key); }
    call_result<std::uint64_t> len() override { return store_.len(); }
    call_result<store_numbers> numbers() override {
        auto const keys = store_.len();
        auto const size = keys ? store_.file_size() : keys;
        auto const is_empty = size ? store_.is_empty() : call_result<bool>(size.error());
        if (!is_empty) {
            return is_empty.error();
        }
        return store_numbers{*keys, *size, *is_empty};
    }

private:
    using answer_of_put = call_result<received<store_service::tail_response>>;
    using answer_of_get = call_result<received<store_service::batch_read_response<bytes_view>>>;

    answer_of_put send(std::span<store::key_value const> entries) {
        std::uint64_t size = 0;
        for (auto const& each : entries) {
            size += each.payload.size();
        }
        progress_bar bar(shows_progress_ && size > 0, "sending", size);
        auto done =
            watch(client_, store_.async_batch_write(entries, {}, boost::asio::use_future),
                  [&](traffic const& seen) { bar.show(size - std::min(size, seen.to_send)); });
        if (done) {
            bar.show(size);
        }
        return done;
    }

    answer_of_get receive(std::span<bytes_view const> keys) {
        progress_bar bar(shows_progress_, "receiving", 0);
        return watch(client_, store_.async_batch_read(keys, {}, boost::asio::use_future),
                     [&](traffic const& seen) { bar.show(seen.received); });
    }

    /// Keys that begin at `first`. Whatever is too large for a message is asked for in halves.
    call_result<void> get_some(std::size_t first, std::span<bytes_view const> keys,
                               value_sink const& take, bool& goes_on) {
        auto const found = receive(keys);
        if (found) {
            auto const& values = (*found)->entries_payloads;
            for (std::size_t i = 0; i < values.size() && goes_on; ++i) {
                goes_on = take(first + i, values[i]);
            }
            return {};
        }
        if (found.error().error != rpc::rpc_error::message_too_large) {
            return found.error();
        }
        if (keys.size() == 1) {
            return call_failure{found.error().error, "the value is too large: " + message_limit};
        }
        auto const half = keys.size() / 2;
        auto const done = get_some(first, keys.first(half), take, goes_on);
        return done && goes_on ? get_some(first + half, keys.subspan(half), take, goes_on) : done;
    }

    rpc_client client_;
    store_client store_;
    bool shows_progress_;
};

call_result<std::unique_ptr<named_store>> open_file(std::string const& file, file_use use) {
    store::open_report report;
    auto opened = store::store::open(file, {.read_only = use == file_use::read}, &report);
    if (!opened) {
        return call_failure{opened.error(), report.explain(opened.error())};
    }
    return std::unique_ptr<named_store>(std::make_unique<store_in_file>(std::move(*opened)));
}

call_result<std::unique_ptr<named_store>> open_url(store_place const& place, bool shows_progress) {
    std::string const& url = place.url;
    rpc_client::builder builder(url);
    if (!place.tls_ca.empty() || !place.tls_cert.empty()) {
        auto trust = client_context({place.tls_ca, place.tls_cert, place.tls_key});
        if (!trust) {
            return trust.error();
        }
        builder.trust(std::move(*trust));
    }
    auto made = builder.connect_timeout(place.timeout)
                    .default_timeout(place.timeout)
                    .extension(place.extension)
                    .connect();
    if (!made) {
        return call_failure{made.error(), url + ": " + made.error().message()};
    }
    return std::unique_ptr<named_store>(
        std::make_unique<store_at_url>(std::move(*made), shows_progress));
}

}  // namespace

call_result<std::unique_ptr<named_store>> open_store(store_place const& place, file_use use,
                                                     bool shows_progress) {
    return place.is_file() ? open_file(place.file, use) : open_url(place, shows_progress);
}

}  // namespace trunkline::cli
