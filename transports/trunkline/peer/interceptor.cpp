#include <trunkline/peer/interceptor.hpp>

#include <algorithm>
#include <cstdio>
#include <ostream>
#include <string>
#include <utility>

namespace trunkline {
namespace {

class call_log final : public interceptor {
public:
    explicit call_log(std::function<void(call_record const&)> sink) : sink_(std::move(sink)) {}
    void after(call_record const& call) override { sink_(call); }

private:
    std::function<void(call_record const&)> sink_;
};

bool is_plain(char one) noexcept {
    return (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') || (one >= '0' && one <= '9') ||
           std::string_view("-_.:[]").find(one) != std::string_view::npos;
}

// What a peer said must not look like a line or a field of ours.
void write_text(std::ostream& to, std::string_view text) {
    if (!text.empty() && std::ranges::all_of(text, is_plain)) {
        to << text;
        return;
    }
    to << '"';
    for (char const one : text) {
        auto const code = static_cast<unsigned char>(one);
        if (one == '"' || one == '\\') {
            to << '\\' << one;
        } else if (code < 0x20 || code == 0x7f) {
            char escaped[5];
            std::snprintf(escaped, sizeof escaped, "\\x%02x", code);
            to << escaped;
        } else {
            to << one;
        }
    }
    to << '"';
}

std::string_view name_of(call_direction one) noexcept {
    return one == call_direction::incoming ? "incoming" : "outgoing";
}

std::string_view name_of(call_kind one) noexcept {
    switch (one) {
        case call_kind::unary:
            return "unary";
        case call_kind::event:
            return "event";
        case call_kind::stream:
            break;
    }
    return "stream";
}

}  // namespace

std::ostream& operator<<(std::ostream& to, call_record const& shown) {
    to << "call=" << name_of(shown.direction) << " kind=" << name_of(shown.kind);
    if (shown.other != peer()) {
        to << " connection=" << shown.other.id() << " peer=";
        write_text(to, shown.other.name());
    }
    to << " method=";
    write_text(to, shown.method.empty() ? std::to_string(shown.method_id) : shown.method);
    to << " request=" << shown.request_id << " request_bytes=" << shown.request_size
       << " answer_bytes=" << shown.response_size << " us=" << shown.duration.count();
    if (shown.status) {
        to << " status=" << static_cast<unsigned>(*shown.status);
    }
    if (shown.failure) {
        to << " error=";
        write_text(to, shown.failure->error.message());
        if (!shown.failure->message.empty()) {
            to << " text=";
            write_text(to, shown.failure->message);
        }
    }
    return to;
}

std::shared_ptr<interceptor> log_calls(std::function<void(call_record const&)> sink) {
    return std::make_shared<call_log>(std::move(sink));
}

}  // namespace trunkline
