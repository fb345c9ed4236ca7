#include <trunkline/serve/store_server.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/serve/alignment_setting.hpp>
#include <trunkline/serve/disk_thread.hpp>
#include <trunkline/serve/endpoint.hpp>
#include <trunkline/serve/tls_files.hpp>
#include <trunkline/serve/value_loader.hpp>
#include <trunkline/serve/waiting_backend.hpp>
#include <trunkline/serve/worker.hpp>
#include <trunkline/serving/crew.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/store_service/service.hpp>
#include <trunkline/transport/error.hpp>

#include <boost/system/system_error.hpp>

#include <array>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace trunkline::server {

using logging::area;
using logging::level;

class store_server::implementation {
public:
    implementation(serve_options const& settled, logging::journal const& log)
        : options(settled),
          log_(log),
          gate_(options.connections_max, options.connections_per_peer_max) {}

    std::string load_certificates() {
        if (options.tls_cert.empty()) {
            return {};
        }
        std::filesystem::path at_fault;
        auto const loaded = certificates_ ? certificates_->reload(&at_fault) : make(at_fault);
        if (loaded) {
            return {};
        }
        std::array const files{
            tls_file{"--tls-cert", certificates_content, options.tls_cert},
            tls_file{"--tls-key", key_content, options.tls_key},
            tls_file{"--tls-client-ca", certificates_content, options.tls_client_ca}};
        return explain_tls(files, at_fault, loaded.error());
    }

    result<void> listen() {
        try {
            while (workers_.size() < options.threads) {
                workers_.push_back(
                    std::make_unique<worker>(shared_parts{options, log_, gate_, certificates_}));
            }
        } catch (boost::system::system_error const& fault) {
            workers_.clear();
            return fault.code();
        }
        for (std::string const& asked : endpoints_of(options)) {
            endpoints.push_back(asked);
            auto made = listen_on(options, asked);
            if (!made) {
                workers_.clear();
                return made.error();
            }
            if (made->sockets.front().is_secure && !certificates_) {
                workers_.clear();
                return make_error_code(transport::transport_error::no_certificate);
            }
            endpoints.back() = made->text;
            port = port == 0 ? made->port.value_or(0) : port;
            for (std::size_t i = 0; i < workers_.size(); ++i) {
                workers_[i]->listen(std::move(made->sockets[i]));
            }
        }
        return {};
    }

    result<void> open(store::open_report& report) {
        auto const level = store::durability_of(options.durability);
        TRUNKLINE_ASSERT(level.has_value());
        auto opened = store::store::open(
            options.file, {.alignment = alignment_of(options.alignment), .level = *level}, &report);
        if (!opened) {
            return opened.error();
        }
        store_ = std::move(*opened);
        try {
            add_methods(*level);
        } catch (std::system_error const& fault) {
            return error_code(fault.code().value(), boost::system::system_category());
        }
        log_.write(area::store, level::info, "store opened",
                   {{"file", options.file},
                    {"bytes", report.tail_kept},
                    {"entries", report.entries_kept},
                    {"keys", report.live_keys},
                    {"durability", options.durability}});
        if (!report.cut_file.empty()) {
            log_.write(area::store, level::warn, "the file ended in bytes that are no entry",
                       {{"bytes", report.size_found - report.tail_kept},
                        {"saved", report.cut_file.string()}});
        }
        return {};
    }

    result<void> run() {
        auto const ran = crew_.run(
            workers_.size(), [this](std::size_t index) { workers_[index]->run(); },
            [this] { stop_workers(); });
        finish_writes();
        auto const synced = store_->sync();
        return ran ? synced : ran;
    }

    void request_stop() { crew_.request_stop(); }

    serve_options const options;
    std::vector<std::string> endpoints;
    std::uint16_t port = 0;

private:
    result<void> make(std::filesystem::path& at_fault) {
        tls::server_options of{.own = {options.tls_cert, options.tls_key}};
        if (!options.tls_client_ca.empty()) {
            of.client_authorities = options.tls_client_ca;
        }
        auto made = tls::context::for_server(of, &at_fault);
        if (!made) {
            return made.error();
        }
        certificates_ = std::move(*made);
        return {};
    }

    void add_methods(store::durability level) {
        bool const waits = store::waits_for_disk(level);
        if (waits) {
            disk_.emplace(*store_);
        }
        loader_.emplace();
        for (auto const& one : workers_) {
            std::shared_ptr<store_service::store_backend> backend;
            if (waits) {
                backend = std::make_shared<waiting_backend>(*store_, *loader_, *disk_, one->loop());
            } else {
                backend = std::make_shared<loading_backend>(*store_, *loader_, one->loop());
            }
            bool const added =
                store_service::add_methods(one->methods(), std::move(backend), options.bitcode);
            TRUNKLINE_ASSERT(added);
        }
    }

    void stop_workers() {
        deadline_ = disk_thread::clock::now() + options.drain_timeout;
        for (auto const& one : workers_) {
            one->stop();
        }
    }

    /// What connections left behind: events, and calls whose connection has gone. When it returns
    /// nobody writes any more.
    void finish_writes() {
        if (!disk_) {
            return;
        }
        if (std::size_t const dropped = disk_->finish(deadline_); dropped != 0) {
            log_.write(area::server, level::warn,
                       "writes dropped, nobody waits for them: the drain timeout has passed",
                       {{"writes", dropped}});
        }
        disk_.reset();
    }

    logging::journal const& log_;
    connection_gate gate_;
    std::optional<tls::context> certificates_;
    std::unique_ptr<store::store> store_;
    crew crew_;
    disk_thread::clock::time_point deadline_;       // of the stop
    std::vector<std::unique_ptr<worker>> workers_;  // gone before what they share
    std::optional<disk_thread> disk_;               // tells the workers, and goes first
    std::optional<value_loader> loader_;            // likewise
};

store_server::store_server(serve_options const& settled, logging::journal const& log)
    : implementation_(std::make_unique<implementation>(settled, log)) {}

store_server::~store_server() = default;

std::string store_server::load_certificates() {
    return implementation_->load_certificates();
}

result<void> store_server::listen() {
    return implementation_->listen();
}

result<void> store_server::open(store::open_report& report) {
    return implementation_->open(report);
}

result<void> store_server::run() {
    return implementation_->run();
}

void store_server::request_stop() {
    implementation_->request_stop();
}

std::vector<std::string> const& store_server::endpoints() const noexcept {
    return implementation_->endpoints;
}

std::uint16_t store_server::port() const noexcept {
    return implementation_->port;
}

}  // namespace trunkline::server
