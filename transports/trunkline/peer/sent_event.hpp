// A message on its way to a peer that will not answer it.
#pragma once

#include <trunkline/bitcode/output.hpp>
#include <trunkline/peer/line.hpp>

#include <cstdint>
#include <utility>

namespace trunkline::peers {

class sent_event final : public task {
public:
    sent_event(std::uint64_t id, bitcode::encoded message)
        : id_(id), message_(std::move(message)) {}

    void run(line& on) override {
        if (rpc::endpoint* const endpoint = on.endpoint()) {
            static_cast<void>(endpoint->send(id_, message_.slices()));  // nobody is told
        }
    }
    void drop(error_code) override {}

private:
    std::uint64_t id_;
    bitcode::encoded message_;
};

}  // namespace trunkline::peers
