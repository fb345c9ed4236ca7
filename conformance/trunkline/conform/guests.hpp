// The place of a rule about clients that have been: nothing but what they said.
#pragma once

#include <trunkline/conform/host.hpp>
#include <trunkline/conformance/subject.hpp>
#include <trunkline/conformance/world.hpp>
#include <trunkline/memory/hub.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::conform {

/// Where nobody listens and nobody dials.
class guest_room final : public conformance::fixture {
public:
    explicit guest_room(std::shared_ptr<std::vector<guest_book> const> books)
        : books_(std::move(books)) {}

    [[nodiscard]] std::vector<guest_book> const& books() const noexcept { return *books_; }
    transport::network& network() override { return nobody_; }
    std::string url() override { return "memory:nobody"; }

private:
    std::shared_ptr<std::vector<guest_book> const> books_;
    memory::hub nobody_;
};

/// Those of this world.
[[nodiscard]] guest_room& guests_of(conformance::world& at);

}  // namespace trunkline::conform
