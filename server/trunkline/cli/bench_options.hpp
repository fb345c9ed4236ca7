// What `trunkline bench` is told to do.
#pragma once

#include <trunkline/config/setting.hpp>
#include <trunkline/load/plan.hpp>
#include <trunkline/load/store_calls.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace trunkline::cli {

/// As the command line sets it.
struct bench_options {
    std::string url = "ws://127.0.0.1:8080";
    std::string mode = "chat";
    load::plan of;
    std::uint64_t seconds = 30;
    std::size_t threads = 1;  ///< that divide the connections
    bool text = false;
    std::string protocol = "detect";   ///< of a chat
    std::size_t rooms = 1;             ///< likewise
    std::string operation = "read";    ///< of a store
    load::store_work work;             ///< likewise
    std::string wire = "b";            ///< layout of frame headers, likewise
    std::size_t source_addresses = 0;  ///< 0: as many as it takes
    std::string tls_ca;                ///< empty: as the system trusts
    std::uint32_t server_pid = 0;      ///< 0: nobody's CPU time is told
    std::string json;                  ///< empty: none; "-": standard output
    std::string chart;                 ///< empty: none
};

/// Its flags, of which the first four go without their names, too. Refer to `options`.
[[nodiscard]] config::setting_list bench_settings(bench_options& options);

/// Draws the conclusions; what is wrong with the options, empty where nothing is.
[[nodiscard]] std::string settle(bench_options& options);

}  // namespace trunkline::cli
