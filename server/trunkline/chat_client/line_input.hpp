// Lines from a descriptor, such as standard input: a terminal, a pipe or a file.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/chat_client/input_lines.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/readiness_set.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace trunkline::chat_client {

/// Longest line in bytes; what is longer is given in pieces of that size.
inline constexpr std::size_t line_size_max = 1 * mib;

/// Single-threaded. Reads no more than is wanted: whoever writes waits meanwhile. Blocks only where
/// the system cannot tell that something is there, as of files.
class line_input final : public input_lines, private transport::watched_handle {
public:
    /// `loop` outlives it; `from` is not closed. `on_line` gets each line without its end, also the
    /// last one without any; `on_end` is called once, behind it, also where reading fails. Both may
    /// call want(), and neither may destroy it.
    line_input(transport::asio_runtime& loop, int from,
               std::function<void(std::string_view)> on_line, std::function<void()> on_end);
    ~line_input() override;

    void want(bool on) override;

private:
    void on_ready(bool readable, bool writable) override;
    void go_on();
    void read_some();
    void give_lines();
    [[nodiscard]] bool has_line() const noexcept;

    transport::asio_runtime& loop_;
    std::function<void(std::string_view)> on_line_;
    std::function<void()> on_end_;
    std::string kept_;  // read and not given
    bool is_wanted_ = false;
    bool has_ended_ = false;  // nothing more can be read
    bool has_told_ = false;   // that it ended, and all before
    std::unique_ptr<transport::timer> again_;
};

}  // namespace trunkline::chat_client
