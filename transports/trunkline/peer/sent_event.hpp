// A message on its way to a peer that will not answer it.
#pragma once

#include <trunkline/bitcode/output.hpp>
#include <trunkline/peer/line.hpp>
#include <trunkline/peer/method_label.hpp>

#include <utility>

namespace trunkline::peers {

class sent_event final : public task {
public:
    sent_event(method_label of, bitcode::encoded message) : of_(of), message_(std::move(message)) {}

    void run(line& on) override;
    void drop(error_code) override {}

private:
    method_label of_;
    bitcode::encoded message_;
};

}  // namespace trunkline::peers
