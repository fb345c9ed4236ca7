// Connections by a dialer, of whatever transport: "tcp://host:port", "unix:/path".
#pragma once

#include <trunkline/load/line_source.hpp>
#include <trunkline/transport/listener.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

namespace trunkline::load {

/// To one URL.
class dialed_lines final : public line_source {
public:
    /// `by` outlives it, and knows the scheme of `url`.
    dialed_lines(transport::dialer& by, std::string url) : by_(by), url_(std::move(url)) {}

    [[nodiscard]] std::unique_ptr<transport::pending_connection> open(std::size_t number,
                                                                      opened done) override;

private:
    class attempt;

    transport::dialer& by_;
    std::string url_;
};

}  // namespace trunkline::load
