#include <trunkline/chat_client/line_editor.hpp>

#include <trunkline/chat_client/terminal_key.hpp>

#include <histedit.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cwchar>
#include <new>
#include <system_error>
#include <utility>

namespace trunkline::chat_client {
namespace {

constexpr wchar_t end_key = 4;  // Ctrl-D
constexpr int columns_by_default = 80;
constexpr int tab_width = 8;

std::array<char, 3> prompt{"> "};

char* prompt_of(EditLine* /*of*/) {
    return prompt.data();
}

int columns_of(std::FILE* terminal) {
    winsize size{};
    bool const known = ::ioctl(::fileno(terminal), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : columns_by_default;
}

/// Columns from the left end of the prompt to the cursor, as libedit shows them.
int columns_before_cursor(LineInfoW const& line) {
    int columns = static_cast<int>(prompt.size()) - 1;
    for (auto const* at = line.buffer; at != line.cursor; ++at) {
        int const width = ::wcwidth(*at);
        columns += *at == L'\t' ? tab_width - columns % tab_width : width >= 0 ? width : 2;
    }
    return columns;
}

}  // namespace

bool line_editor::is_possible(int from, int to) {
    char const* const kind = std::getenv("TERM");
    return ::isatty(from) == 1 && ::isatty(to) == 1 && kind != nullptr && *kind != '\0' &&
           std::string_view(kind) != "dumb";
}

line_editor::line_editor(transport::asio_runtime& loop, int from, int to,
                         std::function<void(std::string_view)> on_line,
                         std::function<void()> on_end)
    : loop_(loop),
      on_line_(std::move(on_line)),
      on_end_(std::move(on_end)),
      input_(::fdopen(::dup(from), "r")),
      output_(::fdopen(::dup(to), "w")) {
    if (input_ == nullptr || output_ == nullptr) {
        throw std::system_error(errno, std::generic_category(), "the terminal");
    }
    descriptor = from;
    in_utf8 const here;
    history_ = ::history_winit();
    edited_ = ::el_init("trunkline", input_.get(), output_.get(), output_.get());
    if (history_ == nullptr || edited_ == nullptr) {
        throw std::bad_alloc();
    }
    HistEventW event{};
    ::history_w(history_, &event, H_SETSIZE, history_lines_max);
    ::history_w(history_, &event, H_SETUNIQUE, 1);
    ::el_wset(edited_, EL_HIST, ::history_w, history_);
    ::el_set(edited_, EL_EDITOR, "emacs");
    ::el_set(edited_, EL_PROMPT, &prompt_of);
    ::el_set(edited_, EL_CLIENTDATA, this);
    ::el_wset(edited_, EL_GETCFN, &line_editor::next_character);
}

line_editor::~line_editor() {
    loop_.readiness().remove(*this);
    stop();
    in_utf8 const here;
    ::el_end(edited_);
    ::history_wend(history_);
}

void line_editor::want(bool on) {
    is_wanted_ = on;
    go_on();
}

void line_editor::beside(std::function<void()> const& write) {
    if (!is_begun_) {
        write();
        return;
    }
    erase();
    write();
    in_utf8 const here;
    ::el_resize(edited_);
    ::el_set(edited_, EL_REFRESH);
}

void line_editor::leave() {
    has_ended_ = true;
    stop();
    go_on();
}

// From the left end of the prompt on.
void line_editor::erase() {
    in_utf8 const here;
    int const rows = columns_before_cursor(*::el_wline(edited_)) / columns_of(output_.get());
    std::string const up = rows == 0 ? "" : "\x1b[" + std::to_string(rows) + "A";
    std::fprintf(output_.get(), "\r%s\x1b[J", up.c_str());
    std::fflush(output_.get());
}

// What was read already is taken first.
void line_editor::go_on() {
    bool const wanted = is_wanted_ && !has_ended_;
    if (wanted && !is_begun_) {
        begin();
    }
    bool const at_hand = key_size(typed_) != 0;
    loop_.readiness().update(*this, wanted && !at_hand, false);
    if (!wanted || !at_hand) {
        again_.reset();
    } else if (again_ == nullptr) {
        again_ = loop_.after(transport::runtime::duration::zero(), [this] {
            again_.reset();
            take_keys();
            go_on();
        });
    }
}

void line_editor::on_ready(bool /*readable*/, bool /*writable*/) {
    std::array<char, 4096> buffer;
    ssize_t const size = ::read(descriptor, buffer.data(), buffer.size());
    if (size > 0) {
        typed_.append(buffer.data(), static_cast<std::size_t>(size));
        take_keys();
    } else if (size == 0 || (errno != EINTR && errno != EAGAIN)) {
        end();
    }
    go_on();
}

void line_editor::begin() {
    is_begun_ = true;
    in_utf8 const here;
    ::el_set(edited_, EL_UNBUFFERED, 1);
}

void line_editor::stop() {
    if (std::exchange(is_begun_, false)) {
        erase();
        in_utf8 const here;
        ::el_set(edited_, EL_UNBUFFERED, 0);
    }
}

void line_editor::end() {
    has_ended_ = true;
    stop();
    on_end_();
}

void line_editor::take_keys() {
    while (is_wanted_ && !has_ended_) {
        std::size_t const size = key_size(typed_);
        if (size == 0) {
            return;
        }
        std::string const key = typed_.substr(0, size);
        typed_.erase(0, size);
        take_key(key);
    }
}

// libedit asks for as many characters as it wants; it is given those of one key.
void line_editor::take_key(std::string_view key) {
    std::wstring line;
    bool is_end = false;
    {
        in_utf8 const here;
        given_ = characters_of(key);
        auto const now = *::el_wline(edited_);
        bool const is_text = given_.size() == 1 && given_.front() >= L' ' && given_.front() != 127;
        if (is_text && now.lastchar - now.buffer >= static_cast<int>(edited_line_max)) {
            return;
        }
        bool const may_end = given_.size() == 1 && given_.front() == end_key;
        while (line.empty() && !is_end && !given_.empty()) {
            int size = 0;
            wchar_t const* const text = ::el_wgets(edited_, &size);
            if (text != nullptr && size > 0 &&
                (text[size - 1] == L'\n' || text[size - 1] == L'\r')) {
                line.assign(text, static_cast<std::size_t>(size));
            } else {
                is_end = may_end && text != nullptr && size == 1 && text[0] == end_key;
            }
        }
    }
    if (is_end) {
        end();
    } else if (!line.empty()) {
        line.pop_back();
        take_line(line);
    }
}

void line_editor::take_line(std::wstring const& line) {
    {
        in_utf8 const here;
        ::el_set(edited_, EL_UNBUFFERED, 0);
        if (line.find_first_not_of(L" \t") != line.npos) {
            HistEventW event{};
            ::history_w(history_, &event, H_ENTER, line.c_str());
        }
        ::el_set(edited_, EL_UNBUFFERED, 1);
    }
    on_line_(utf8_of(line));
}

int line_editor::next_character(EditLine* of, wchar_t* into) {
    void* owner = nullptr;
    ::el_get(of, EL_CLIENTDATA, &owner);
    std::wstring& given = static_cast<line_editor*>(owner)->given_;
    if (given.empty()) {
        return 0;
    }
    *into = given.front();
    given.erase(0, 1);
    return 1;
}

}  // namespace trunkline::chat_client
