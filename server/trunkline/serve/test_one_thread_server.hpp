// For tests: a store server that serves on one thread of this program.
#pragma once

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/logging/journal.hpp>
#include <trunkline/serve/settings.hpp>
#include <trunkline/serve/store_server.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace trunkline::server {

/// The arguments of a call as bytes.
template <class Request>
std::string arguments_of(Request const& request) {
    return std::string(as_text(bitcode::encode(request).to_vector()));
}

class one_thread_server {
public:
    /// `first` is the first thing that the serving thread does, `durability` the level of writes.
    explicit one_thread_server(std::function<void()> first = [] {}, std::string durability = "os") {
        options_.durability = std::move(durability);
        options_.file = (folder_ / "s.bin").string();
        options_.port = 0;
        options_.threads = 1;
        auto settings = settings_of(options_);
        EXPECT_EQ(settle(options_, settings, {.cores = 1, .descriptors = 1024}), "");
        server_ = std::make_unique<store_server>(options_, log_);
        store::open_report report;
        EXPECT_TRUE(server_->listen());
        EXPECT_TRUE(server_->open(report));
        running_ = std::thread([this, first = std::move(first)] {
            first();
            EXPECT_TRUE(server_->run());
        });
    }

    ~one_thread_server() {
        server_->request_stop();
        running_.join();
    }
    one_thread_server(one_thread_server const&) = delete;
    one_thread_server& operator=(one_thread_server const&) = delete;

    [[nodiscard]] std::uint16_t port() const { return server_->port(); }

private:
    scratch_folder folder_;
    logging::journal log_{logging::level_table(logging::level::error), logging::line_format::text};
    serve_options options_;
    std::unique_ptr<store_server> server_;
    std::thread running_;
};

}  // namespace trunkline::server
