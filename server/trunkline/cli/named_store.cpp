#include <trunkline/cli/named_store.hpp>

#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/store/open_report.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/store_client/store_client.hpp>

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

    call_result<bool> get(bytes_view key, value_sink const& take) override {
        auto const found = opened_->read(key);
        if (found) {
            take(found->bytes);
        }
        return found.has_value();
    }
    call_result<std::uint64_t> put(bytes_view key, bytes_view value) override {
        return told(opened_->write(key, value));
    }
    call_result<std::uint64_t> del(bytes_view key) override { return told(opened_->remove(key)); }
    call_result<bool> exists(bytes_view key) override { return opened_->exists(key); }
    call_result<std::uint64_t> len() override { return opened_->size(); }

private:
    std::unique_ptr<store::store> opened_;
};

class store_at_url final : public named_store {
public:
    explicit store_at_url(rpc_client made) : client_(std::move(made)), store_(client_) {}

    call_result<bool> get(bytes_view key, value_sink const& take) override {
        auto const found = store_.read(key);
        if (!found) {
            return found.error();
        }
        if (*found) {
            take((*found)->bytes());
        }
        return found->has_value();
    }
    call_result<std::uint64_t> put(bytes_view key, bytes_view value) override {
        return store_.write(key, value);
    }
    call_result<std::uint64_t> del(bytes_view key) override { return store_.remove(key); }
    call_result<bool> exists(bytes_view key) override { return store_.exists(key); }
    call_result<std::uint64_t> len() override { return store_.len(); }

private:
    rpc_client client_;
    store_client store_;
};

}  // namespace

call_result<std::unique_ptr<named_store>> open_store_file(std::string const& file, file_use use) {
    store::open_report report;
    auto opened = store::store::open(file, {.read_only = use == file_use::read}, &report);
    if (!opened) {
        return call_failure{opened.error(), report.explain(opened.error())};
    }
    return std::unique_ptr<named_store>(std::make_unique<store_in_file>(std::move(*opened)));
}

call_result<std::unique_ptr<named_store>> open_store_url(std::string const& url,
                                                         std::chrono::milliseconds timeout) {
    auto made =
        rpc_client::builder(url).connect_timeout(timeout).default_timeout(timeout).connect();
    if (!made) {
        return call_failure{made.error(), url + ": " + made.error().message()};
    }
    return std::unique_ptr<named_store>(std::make_unique<store_at_url>(std::move(*made)));
}

}  // namespace trunkline::cli
