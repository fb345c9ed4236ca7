#include <trunkline/websocket/beast_peer.hpp>

#include <trunkline/websocket/test_deflate.hpp>
#include <trunkline/websocket/test_frames.hpp>

#include <algorithm>
#include <limits>
#include <optional>

namespace trunkline::websocket::testing {

namespace {

struct our_run {
    outcome out;
    std::optional<websocket_error> error;
    unsigned refused_close = 0;
};

our_run run_ours(role us, std::string_view bytes, std::uint64_t message_size_max, std::size_t step,
                 bool compressing) {
    websocket_limits limits;
    limits.frame_size_max = limits.message_size_max = message_size_max;
    deflate_agreement agreed;
    if (compressing) {
        agreed = testing::with_deflate;
        limits.frame_size_max = std::numeric_limits<std::int64_t>::max();  // Beast has none
    }
    transcript ours(us, limits, agreed, 1 + step % 100);
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        ours.feed(bytes.substr(at, step));
    }
    our_run made{.out = {.lines = ours.lines()},
                 .error = ours.failure(),
                 .refused_close = ours.refused_close()};
    if (made.error) {
        made.out.lines.pop_back();
        made.out.end = verdict::refused;
        made.out.refused_with = static_cast<unsigned>(close_code_for(*made.error));
    } else if (!made.out.lines.empty() && made.out.lines.back().starts_with("close ")) {
        made.out.end = verdict::closed;
    }
    return made;
}

// Rule 1: a header is judged by us as its bytes come, by Beast when it is whole (and a control
// frame with its payload). So Beast gets the rest of the frame, as zeros.
constexpr std::size_t rest_of_a_frame = header_size_max + control_payload_size_max;

// Rule 2: which close codes may travel. 1014 was registered after Beast's list was written; codes
// from 5000 on mean nothing in RFC 6455 (section 7.4.2), and Beast lets them pass. So one side may
// take what the other refuses, or the sides may refuse code and reason in turn.
bool is_about_close_codes(our_run const& ours, outcome const& theirs) {
    auto const taken = [](outcome const& made) {
        return made.end == verdict::closed ? made.lines.size() - 1 : made.lines.size();
    };
    auto const code_of = [](outcome const& made) {
        return made.end == verdict::closed ? std::stoul(made.lines.back().substr(6)) : 0UL;
    };
    unsigned long const code = std::max<unsigned long>(ours.refused_close, code_of(ours.out));
    bool const ended = ours.out.end != verdict::open && theirs.end != verdict::open;
    bool const same_code = theirs.end != verdict::closed || code_of(theirs) == code;
    return ended && same_code && (code == 1014 || code >= 5000) &&
           taken(ours.out) == taken(theirs) &&
           std::equal(ours.out.lines.begin(),
                      ours.out.lines.begin() + static_cast<std::ptrdiff_t>(taken(ours.out)),
                      theirs.lines.begin());
}

// Rule 3: RFC 6455 forbids the highest bit of a length; Beast takes it for a length like others,
// that is, for one above the limit, or of a compressed message for one whose payload will come.
bool is_highest_bit(our_run const& ours, outcome const& theirs, bool compressing) {
    bool const refused = theirs.end == verdict::refused && theirs.refused_with == 1009;
    bool const waits = compressing && theirs.end == verdict::open;
    return ours.error == websocket_error::invalid_length && (refused || waits) &&
           theirs.lines == ours.out.lines;
}

// Rule 4: Beast lets a text pass that ends inside a character when its last fragment is empty.
bool is_cut_text(our_run const& ours, outcome const& theirs) {
    std::size_t const common = ours.out.lines.size();
    return ours.error == websocket_error::invalid_utf8 && theirs.lines.size() > common &&
           std::equal(ours.out.lines.begin(), ours.out.lines.end(), theirs.lines.begin()) &&
           theirs.lines[common].starts_with("text ") && !is_utf8(as_bytes(theirs.lines[common]));
}

// Rule 5: how strictly a compressed message is read. Beast refuses what follows a block that is
// marked as the final one (RFC 7692 section 7.2.1 allows it), takes a message that is cut off
// within a block, and looks for the first wrong byte of a text later than for its end. So the sides
// agree on the messages before, and at least one of them ends there over a payload.
bool is_about_inflating(our_run const& ours, outcome const& theirs) {
    auto const& [shorter, longer] =
        std::minmax(ours.out.lines, theirs.lines,
                    [](auto const& one, auto const& other) { return one.size() < other.size(); });
    bool const ours_refuses = ours.error == websocket_error::invalid_deflate ||
                              ours.error == websocket_error::invalid_utf8;
    bool const theirs_refuses = theirs.end == verdict::refused && theirs.refused_with == 1007;
    return (ours_refuses || theirs_refuses) &&
           std::equal(shorter.begin(), shorter.end(), longer.begin());
}

std::string show(outcome const& made) {
    std::string out;
    for (auto const& line : made.lines) {
        out += "  " + line + "\n";
    }
    return out + "  end " + std::to_string(static_cast<int>(made.end)) + " code " +
           std::to_string(made.refused_with) + "\n";
}

}  // namespace

outcome our_outcome(role us, std::string_view bytes, std::uint64_t message_size_max,
                    std::size_t step, bool compressing) {
    return run_ours(us, bytes, message_size_max, step, compressing).out;
}

std::string difference_from_beast(role us, std::string_view bytes, std::uint64_t message_size_max,
                                  std::size_t step, bool compressing) {
    our_run const ours = run_ours(us, bytes, message_size_max, step, compressing);
    outcome theirs = beast_outcome(us, bytes, message_size_max, compressing);
    if (ours.out.end == verdict::refused && theirs.end == verdict::open) {
        theirs = beast_outcome(us, std::string(bytes) + std::string(rest_of_a_frame, '\0'),
                               message_size_max, compressing);
    }
    bool const same = ours.out.lines == theirs.lines && ours.out.end == theirs.end &&
                      ours.out.refused_with == theirs.refused_with;
    if (same || is_about_close_codes(ours, theirs) || is_highest_bit(ours, theirs, compressing) ||
        is_cut_text(ours, theirs) || (compressing && is_about_inflating(ours, theirs))) {
        return {};
    }
    return "ours:\n" + show(ours.out) + "beast:\n" + show(theirs);
}

}  // namespace trunkline::websocket::testing
