// For tests of commands about keys: a store behind a file or behind a server, and the program run
// on it as its user does.
#pragma once

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/test_support/child_process.hpp>
#include <trunkline/test_support/running_server.hpp>
#include <trunkline/tls/test_certificates.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace trunkline::cli {

/// The parameter is "file", "url" for a WebSocket server, "tcp", "unix" or "tls".
class on_a_store : public testing::TestWithParam<std::string> {
protected:
    on_a_store() {
        static_cast<void>(store::store::open(path_).value());
        if (GetParam() == "url") {
            server_.emplace(TRUNKLINE_PROGRAM, path_);
        } else if (GetParam() == "tls") {
            tls::test_authority const authority(folder_.path());
            auto const own = authority.issue("server");
            ca_ = authority.file().string();
            server_.emplace(
                TRUNKLINE_PROGRAM, path_,
                std::vector<std::string>{"--listen", "tls://127.0.0.1:0", "--tls-cert",
                                         own.certificates.string(), "--tls-key", own.key.string()});
        } else if (GetParam() != "file") {
            std::string const url =
                GetParam() == "tcp" ? "tcp://127.0.0.1:0" : "unix:" + (folder_ / "s.sock").string();
            server_.emplace(TRUNKLINE_PROGRAM, path_, std::vector<std::string>{"--listen", url});
        }
    }

    [[nodiscard]] std::vector<std::string> where() const {
        if (!server_) {
            return {"--file", path_};
        }
        std::vector<std::string> flags{"--url", server_->endpoints().empty()
                                                    ? "ws://" + server_->address() + "/ws"
                                                    : server_->endpoints().front()};
        if (!ca_.empty()) {
            flags.insert(flags.end(), {"--tls-ca", ca_});
        }
        return flags;
    }

    [[nodiscard]] test_support::finished run(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), TRUNKLINE_PROGRAM);
        for (auto& each : where()) {
            arguments.push_back(std::move(each));
        }
        return test_support::run_program(arguments);
    }

    /// With `input` as standard input.
    [[nodiscard]] test_support::finished feed(std::string_view input,
                                              std::vector<std::string> const& arguments) const {
        write_file(folder_ / "input", input);
        std::vector<std::string> all{
            "/bin/sh", "-c", "exec \"$0\" \"$@\" < \"$TRUNKLINE_TEST_INPUT\"", TRUNKLINE_PROGRAM};
        all.insert(all.end(), arguments.begin(), arguments.end());
        for (auto& each : where()) {
            all.push_back(std::move(each));
        }
        return test_support::run_program(all,
                                         {{"TRUNKLINE_TEST_INPUT", (folder_ / "input").string()}});
    }

    scratch_folder folder_;
    std::string ca_;  ///< of a server through TLS
    std::string path_ = (folder_ / "s.bin").string();
    std::optional<test_support::running_server> server_;
};

}  // namespace trunkline::cli
