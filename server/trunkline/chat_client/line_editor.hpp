// Lines that a person edits at a terminal while others speak.
#pragma once

#include <trunkline/chat_client/input_lines.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/readiness_set.hpp>

#include <cstddef>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct editline;
struct historyW;

namespace trunkline::chat_client {

/// Characters of an edited line; further ones are not taken.
inline constexpr std::size_t edited_line_max = 4096;

/// Lines that are kept to be edited again, in memory only.
inline constexpr int history_lines_max = 1000;

/// Keys as in Emacs, and those with arrows, by libedit. Single-threaded. Never waits for a key. The
/// terminal is as it was before from the end or the destruction on.
class line_editor final : public input_lines, private transport::watched_handle {
public:
    /// Whether both are one terminal, and one on which a cursor moves ($TERM).
    [[nodiscard]] static bool is_possible(int from, int to);

    /// `loop` outlives it; neither descriptor is closed. `on_line` gets each line without its end;
    /// `on_end` is called once, when the end is typed (Ctrl-D) or the terminal goes. Both may call
    /// want() and beside(), and neither may destroy it.
    line_editor(transport::asio_runtime& loop, int from, int to,
                std::function<void(std::string_view)> on_line, std::function<void()> on_end);
    ~line_editor() override;

    void want(bool on) override;
    void beside(std::function<void()> const& write) override;
    void leave() override;

private:
    struct file_end {
        void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };
    using file = std::unique_ptr<std::FILE, file_end>;

    static int next_character(editline* of, wchar_t* into);
    void on_ready(bool readable, bool writable) override;
    void go_on();
    void begin();
    void stop();
    void erase();
    void take_keys();
    void take_key(std::string_view key);
    void take_line(std::wstring const& line);
    void end();

    transport::asio_runtime& loop_;
    std::function<void(std::string_view)> on_line_;
    std::function<void()> on_end_;
    file input_;
    file output_;
    editline* edited_ = nullptr;
    historyW* history_ = nullptr;
    std::string typed_;   // and not taken
    std::wstring given_;  // the key that is being taken
    bool is_wanted_ = false;
    bool is_begun_ = false;   // the terminal is in our hands
    bool has_ended_ = false;  // and that is told
    std::unique_ptr<transport::timer> again_;
};

}  // namespace trunkline::chat_client
