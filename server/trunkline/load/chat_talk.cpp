#include <trunkline/load/chat_talk.hpp>

#include <trunkline/chat_wire/binary_message.hpp>
#include <trunkline/chat_wire/json_message.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <utility>

namespace trunkline::load {
namespace {

constexpr std::string_view different_orders = "wrong: members got messages in different orders";
constexpr std::size_t message_size_max = 1U << 20;  // of which pieces are put together

/// A number from the front of `text`, and the blank behind it.
template <class Number>
bool take_number(std::string_view& text, Number& into, int base) {
    auto const read = std::from_chars(text.data(), text.data() + text.size(), into, base);
    if (read.ec != std::errc() || read.ptr == text.data() + text.size() || *read.ptr != ' ') {
        return false;
    }
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()) + 1);
    return true;
}

}  // namespace

void chat_text::write(std::uint32_t run, std::size_t size, std::vector<std::byte>& to) const {
    std::array<char, 80> text;
    int const length =
        std::snprintf(text.data(), text.size(), "bench %08x %zu %llu ", static_cast<unsigned>(run),
                      sender, static_cast<unsigned long long>(number));
    bytes_view const bytes = as_bytes({text.data(), static_cast<std::size_t>(length)});
    to.insert(to.end(), bytes.begin(), bytes.end());
    to.resize(to.size() + (size > bytes.size() ? size - bytes.size() : 0), std::byte{'.'});
}

std::optional<chat_text> chat_text::read(std::uint32_t run, std::string_view text) {
    static constexpr std::string_view begin = "bench ";
    std::uint32_t mark = 0;
    chat_text found;
    if (!text.starts_with(begin)) {
        return std::nullopt;
    }
    text.remove_prefix(begin.size());
    bool const read = take_number(text, mark, 16) && take_number(text, found.sender, 10) &&
                      take_number(text, found.number, 10);
    return read && mark == run ? std::optional(found) : std::nullopt;
}

/// One member.
class chat_conversation::speaker final : public talker {
public:
    speaker(chat_conversation& of, member_owner& owner, std::size_t room,
            std::unique_ptr<transport::connection> link)
        : talker(owner, of.loop_, of.desk_, std::move(link)), of_(of), room_(room) {}

    // Chats answer the upgrade first: only their welcome tells that it hears what is said.
    [[nodiscard]] bool is_let_in() const override { return is_let_in_; }

    [[nodiscard]] std::uint64_t missing() const override {
        return unsent() + (sent() - std::min(sent(), received_));
    }

    void close() override {
        chat_room const& at = room();
        bool const complete = received_ == sent() && at.witness_received == sent();
        if (complete && order_ != at.witness_order) {
            owner().counts().fail(different_orders);
        }
        talker::close();
    }

private:
    [[nodiscard]] chat_room& room() const noexcept { return of_.rooms_[room_]; }
    [[nodiscard]] std::uint64_t sent() const noexcept { return of_.run_.sent(room_); }

    [[nodiscard]] chat_protocol protocol() const noexcept {
        return of_.protocol_.value_or(chat_protocol::binary);
    }

    [[nodiscard]] websocket::message_kind kind() const override {
        return protocol() == chat_protocol::binary ? websocket::message_kind::binary
                                                   : websocket::message_kind::text;
    }

    void compose(std::uint64_t number, std::vector<std::byte>& to) override {
        chat_text const text{place(), number};
        if (protocol() == chat_protocol::json) {
            text.write(of_.run_.number(), of_.size_, to);
            return;
        }
        of_.text_.clear();
        text.write(of_.run_.number(), of_.size_, of_.text_);
        std::array<char, 32> name;
        int const length = std::snprintf(name.data(), name.size(), "bench_%zu", place());
        chat_wire::binary_message message;
        message.id = place();
        message.user = place();
        message.username = {name.data(), static_cast<std::size_t>(length)};
        std::size_t const begin = to.size();
        to.resize(begin + chat_wire::binary_size(message, of_.text_.size()));
        mutable_bytes const payload = chat_wire::encode_binary_around(
            message, of_.text_.size(), mutable_bytes(to).subspan(begin));
        std::ranges::copy(of_.text_, payload.begin());
    }

    void on_sent(std::uint64_t count) override { of_.run_.add_sent(of_.thread_, room_, count); }

    std::string_view take(websocket::message_piece const& piece) override {
        if (piece.ends_message && partial_.empty()) {
            return take_message(piece.bytes, piece.kind);
        }
        if (partial_.size() + piece.bytes.size() > message_size_max) {
            return "wrong: a message of more than 1 MiB";
        }
        partial_.insert(partial_.end(), piece.bytes.begin(), piece.bytes.end());
        if (!piece.ends_message) {
            return {};
        }
        auto const whole = std::exchange(partial_, {});
        return take_message(whole, piece.kind);
    }

    std::string_view take_message(bytes_view bytes, websocket::message_kind kind) {
        is_let_in_ = true;
        bool const binary = kind == websocket::message_kind::binary;
        if (!of_.protocol_) {
            of_.protocol_ = binary ? chat_protocol::binary : chat_protocol::json;
        }
        if (binary != (protocol() == chat_protocol::binary)) {
            return "wrong: a message of the other protocol";
        }
        if (binary) {
            auto const read = chat_wire::decode_binary(bytes, chat_wire::binary_layout::published);
            if (!read) {
                return "wrong: bytes that are no message of the chat";
            }
            return read->message.type == chat_wire::message_type::chat
                       ? take_text(as_text(read->message.payload))
                       : std::string_view();
        }
        auto const read = chat_wire::decode_json(as_text(bytes));
        if (!read) {
            return "wrong: text that is no message of the chat";
        }
        return read->type == chat_wire::message_type::chat ? take_text(read->content)
                                                           : std::string_view();
    }

    std::string_view take_text(std::string_view text) {
        auto const said = chat_text::read(of_.run_.number(), text);
        if (!said) {
            return {};  // of somebody else
        }
        owner().counts().answered(owner().due_at(said->sender, said->number), loop().now());
        ++received_;
        order_ =
            (order_ ^ (said->sender * 0x9e3779b97f4a7c15U + said->number)) * 0xff51afd7ed558ccdU +
            1;
        if (said->sender == place()) {
            advance();
        }
        return hold_to_order(*said);
    }

    std::string_view hold_to_order(chat_text const& said) {
        chat_room& at = room();
        if (at.witness == SIZE_MAX) {
            at.witness = place();
        }
        if (at.witness != place()) {
            return {};
        }
        at.witness_order = order_;
        at.witness_received = received_;
        if (at.next.size() <= said.sender) {
            at.next.resize(said.sender + 1);
        }
        bool const in_order = at.next[said.sender] == said.number;
        at.next[said.sender] = said.number + 1;
        return in_order ? "" : "wrong: messages of one sender out of order, or not all";
    }

    chat_conversation& of_;
    std::size_t room_;
    std::uint64_t received_ = 0;
    std::uint64_t order_ = 0;  // what was received, in its order
    std::vector<std::byte> partial_;
    bool is_let_in_ = false;
};

chat_run::chat_run(std::uint32_t number, std::size_t rooms, std::size_t threads)
    : number_(number), rooms_(rooms) {
    for (std::size_t thread = 0; thread < threads; ++thread) {
        sent_.emplace_back(rooms);
    }
}

chat_conversation::chat_conversation(transport::runtime& loop, std::size_t size,
                                     std::optional<chat_protocol> protocol, chat_run& run,
                                     std::size_t thread)
    : loop_(loop),
      size_(size),
      protocol_(protocol),
      run_(run),
      thread_(thread),
      rooms_(run.rooms()) {}

std::unique_ptr<member> chat_conversation::join(member_owner& owner, std::size_t number,
                                                std::unique_ptr<transport::connection> link) {
    return std::make_unique<speaker>(*this, owner, number % rooms_.size(), std::move(link));
}

void chat_conversation::hold_against(conversation const& other, tally& counts) const {
    auto const& theirs = static_cast<chat_conversation const&>(other).rooms_;
    for (std::size_t at = 0; at < rooms_.size(); ++at) {
        std::uint64_t const sent = run_.sent(at);
        bool const complete =
            rooms_[at].witness_received == sent && theirs[at].witness_received == sent;
        if (complete && rooms_[at].witness_order != theirs[at].witness_order) {
            counts.fail(different_orders);
        }
    }
}

}  // namespace trunkline::load
