#include <trunkline/load/chat_talk.hpp>

#include <trunkline/chat_wire/binary_message.hpp>
#include <trunkline/chat_wire/json_message.hpp>
#include <trunkline/load/test_echo_world.hpp>

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::load {
namespace {

using namespace std::chrono_literals;
using websocket::message_kind;

std::string written(chat_text const& of, std::uint32_t run, std::size_t size) {
    std::vector<std::byte> bytes;
    of.write(run, size, bytes);
    return std::string(as_text(bytes));
}

TEST(chat_text, is_read_as_it_was_written) {
    EXPECT_EQ(written({3, 12}, 0xabc, 0), "bench 00000abc 3 12 ");
    EXPECT_EQ(written({3, 12}, 0xabc, 25), "bench 00000abc 3 12 .....");
    auto const read = chat_text::read(0xabc, "bench 00000abc 3 12 .....");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->sender, 3U);
    EXPECT_EQ(read->number, 12U);
}

TEST(chat_text, of_others_is_none) {
    for (auto const* other : {"", "bench", "hello", "bench 00000abd 3 12 ", "bench 00000abc 3 12",
                              "bench 00000abc 3 ", "bench 00000abc x 12 ", "Bench 00000abc 3 12 ",
                              "bench 00000abc 3 99999999999999999999999 "}) {
        EXPECT_FALSE(chat_text::read(0xabc, other)) << other;
    }
}

/// A server as the published ones are: what anybody says is sent to everybody.
class played_hall {
public:
    explicit played_hall(chat_protocol spoken) : spoken_(spoken) {}

    void add(std::unique_ptr<websocket::connection> link) {
        guests_.emplace_back(*this, std::move(link));
        guests_.back().say("Welcome!", chat_wire::message_type::system);
    }

    /// Keeps them as add() does, but welcomed, and heard by others, only when it is told to.
    void add_outside(std::unique_ptr<websocket::connection> link) {
        guests_.emplace_back(*this, std::move(link));
        first_outside_ = std::min(first_outside_, guests_.size() - 1);
    }

    /// Lets in who is outside.
    void let_in() {
        std::size_t const first = std::exchange(first_outside_, SIZE_MAX);
        for (std::size_t at = first; at < guests_.size(); ++at) {
            std::next(guests_.begin(), static_cast<std::ptrdiff_t>(at))
                ->say("Welcome!", chat_wire::message_type::system);
        }
    }

    /// Whether the guest of that place hears the message of that number; both from 0.
    std::function<bool(std::size_t place, std::uint64_t number)> hears = [](auto, auto) {
        return true;
    };
    /// Guests for whom every second message comes before the one it follows.
    std::size_t confused = SIZE_MAX;
    std::uint64_t said = 0;

private:
    class guest final : private transport::readiness_sink {
    public:
        guest(played_hall& hall, std::unique_ptr<websocket::connection> link)
            : hall_(hall), link_(std::move(link)) {
            link_->watch(this, true, false);
        }

        void say(std::string_view text, chat_wire::message_type type) {
            if (!link_) {
                return;
            }
            waiting_.push_back(hall_.encoded(text, type));
            flush();
        }

        /// Says the last two in the other order, unless one has gone.
        void hold(std::string_view text) {
            if (held_.empty()) {
                held_ = text;
                return;
            }
            say(text, chat_wire::message_type::chat);
            say(std::exchange(held_, {}), chat_wire::message_type::chat);
        }

    private:
        void on_ready(bool readable, bool) override {
            std::array<std::byte, 65536> buffer;
            std::array<websocket::message_piece, 64> pieces;
            while (readable && link_) {
                auto const got = link_->read_messages(buffer, pieces);
                for (std::size_t i = 0; i < got.pieces; ++i) {
                    text_ += as_text(pieces[i].bytes);
                    if (pieces[i].ends_message) {
                        hall_.heard(std::exchange(text_, {}));
                    }
                }
                if (got.status == transport::io_status::would_block) {
                    break;
                }
                if (got.status != transport::io_status::ok) {
                    link_.reset();
                }
            }
            flush();
        }

        void flush() {
            while (link_ && !waiting_.empty()) {
                std::string const& next = waiting_.front();
                websocket::message_segment const part{.bytes = as_bytes(next).subspan(sent_),
                                                      .message_size = next.size(),
                                                      .kind = hall_.spoken_ == chat_protocol::json
                                                                  ? message_kind::text
                                                                  : message_kind::binary,
                                                      .begins = sent_ == 0};
                auto const done = link_->write_messages({&part, 1});
                sent_ = done.segments != 0 ? 0 : sent_ + done.offset;
                if (done.segments == 0) {
                    break;
                }
                waiting_.pop_front();
            }
            if (link_) {
                link_->watch(this, true, !waiting_.empty() || link_->wants_write());
            }
        }

        played_hall& hall_;
        std::unique_ptr<websocket::connection> link_;
        std::string text_;
        std::string held_;
        std::deque<std::string> waiting_;
        std::size_t sent_ = 0;
    };

    std::string encoded(std::string_view text, chat_wire::message_type type) {
        if (spoken_ == chat_protocol::json) {
            chat_wire::json_message const message{"System", text, "12:00:00", type};
            std::string made(chat_wire::json_size(message), '\0');
            chat_wire::encode_json(message, std::as_writable_bytes(std::span(made)));
            return made;
        }
        chat_wire::binary_message message;
        message.type = type;
        message.username = "somebody";
        std::string made(chat_wire::binary_size(message, text.size()), '\0');
        auto const place = chat_wire::encode_binary_around(message, text.size(),
                                                           std::as_writable_bytes(std::span(made)));
        std::ranges::copy(as_bytes(text), place.begin());
        return made;
    }

    void heard(std::string const& message) {
        std::string text = message;
        if (spoken_ == chat_protocol::binary) {
            auto const read =
                chat_wire::decode_binary(as_bytes(message), chat_wire::binary_layout::published);
            ASSERT_TRUE(read);
            EXPECT_TRUE(read->message.username.starts_with("bench_"));
            text = as_text(read->message.payload);
        }
        std::size_t place = 0;
        for (guest& each : guests_) {
            if (place >= first_outside_) {
                // hears nothing
            } else if (place == confused) {
                each.hold(text);
            } else if (hears(place, said)) {
                each.say(text, chat_wire::message_type::chat);
            }
            ++place;
        }
        ++said;
    }

    chat_protocol spoken_;
    std::list<guest> guests_;
    std::size_t first_outside_ = SIZE_MAX;
};

struct chat_talks : testing::echo_world, ::testing::WithParamInterface<chat_protocol> {
    void begin_chat(std::optional<chat_protocol> protocol = {}) { begin_chat(guests, protocol); }

    void begin_chat(line_source& from, std::optional<chat_protocol> protocol) {
        chat.emplace(loop, of.size, protocol, talk);
        crowd_.emplace(loop, of, from, *chat, counts);
        crowd_->start([this](stage next) { is_over = next == stage::over; });
    }

    played_hall hall{GetParam()};
    testing::pipe_lines guests{loop, shared, [this](auto link) { hall.add(std::move(link)); }};
    chat_run talk{7, 1, 1};
    std::optional<chat_conversation> chat;
};

INSTANTIATE_TEST_SUITE_P(protocols, chat_talks,
                         ::testing::Values(chat_protocol::binary, chat_protocol::json),
                         [](auto const& each) {
                             return each.param == chat_protocol::json ? "json" : "binary";
                         });

TEST_P(chat_talks, find_out_the_protocol_and_hear_everything) {
    of.connections = 6;
    of.message_rate = 12;
    begin_chat();
    end();
    EXPECT_EQ(counts.failures(), 0U);
    EXPECT_EQ(counts.sent.messages, 120U);
    EXPECT_EQ(hall.said, 120U);
    EXPECT_EQ(counts.latencies.total(), 720U);
    EXPECT_EQ(counts.received_before.messages, 6U);
    EXPECT_EQ(counts.received.messages, 720U);
}

// The published servers answer the upgrade before they pass anything on to the newcomer.
TEST_P(chat_talks, begin_when_all_are_let_in) {
    of.connections = 3;
    testing::pipe_lines late{loop, shared,
                             [this](auto link) { hall.add_outside(std::move(link)); }};
    begin_chat(late, GetParam());
    auto const opens_door = loop.after(400ms, [this] { hall.let_in(); });
    end();
    EXPECT_EQ(counts.failures(), 0U);
    EXPECT_EQ(counts.sent.messages, 30U);
    EXPECT_EQ(counts.latencies.total(), 90U);
    EXPECT_EQ(counts.opening, 1ms);
}

TEST_P(chat_talks, begin_without_a_welcome_after_a_while) {
    of.connections = 3;
    of.patience = 1s;
    testing::pipe_lines late{loop, shared,
                             [this](auto link) { hall.add_outside(std::move(link)); }};
    begin_chat(late, GetParam());
    loop.run_until([this] { return crowd_->at() == stage::running; }, 10s);
    EXPECT_EQ(loop.now().time_since_epoch(), 1ms + welcome_time);
    end();
    EXPECT_EQ(hall.said, 30U);
}

TEST_P(chat_talks, fan_out_from_one) {
    of.connections = 30;
    of.senders = 1;
    of.message_rate = 5;
    of.size = 3000;
    begin_chat(GetParam());
    end();
    EXPECT_EQ(counts.failures(), 0U);
    EXPECT_EQ(counts.sent.messages, 50U);
    EXPECT_EQ(counts.latencies.total(), 1500U);
    EXPECT_GE(counts.received.bytes, 1500U * 3000);
}

TEST_P(chat_talks, charge_a_pause_to_every_delivery) {
    of.connections = 2;
    of.senders = 1;
    of.message_rate = 100;
    begin_chat();
    loop.run_until([this] { return crowd_->running_for() >= 3s; }, 10s);
    guests.pipes[0]->stall(transport::pipe_end::second, true);
    loop.run_for(1s);
    guests.pipes[0]->stall(transport::pipe_end::second, false);
    end();
    EXPECT_EQ(counts.latencies.total(), 2000U);
    // The other one heard all that was sent at once, but the sender waited for its answers with
    // more than `depth` messages: those that were due later met the pause, too.
    EXPECT_GT(counts.latencies.at(0.99), 700'000U);
    EXPECT_EQ(counts.failures(), 0U);
}

TEST_P(chat_talks, see_what_somebody_did_not_hear) {
    of.connections = 3;
    of.patience = 1s;
    hall.hears = [](std::size_t place, std::uint64_t number) {
        return place != 2 || number % 10 != 4;
    };
    begin_chat();
    end();
    EXPECT_EQ(counts.causes().at("no answer in time"), 3U);
}

TEST_P(chat_talks, see_another_order) {
    of.connections = 3;
    of.senders = 2;
    of.message_rate = 8;
    hall.confused = 2;
    begin_chat();
    end();
    EXPECT_EQ(counts.latencies.total(), 240U);
    EXPECT_EQ(counts.causes().at("wrong: members got messages in different orders"), 1U);
    EXPECT_EQ(counts.failures(), 1U);
}

TEST_P(chat_talks, see_the_messages_of_one_sender_out_of_order) {
    of.connections = 1;
    of.message_rate = 8;
    hall.confused = 0;
    begin_chat();
    end();
    EXPECT_GE(counts.causes().at("wrong: messages of one sender out of order, or not all"), 79U);
}

TEST_P(chat_talks, see_the_other_protocol) {
    of.connections = 2;
    auto const other =
        GetParam() == chat_protocol::json ? chat_protocol::binary : chat_protocol::json;
    of.silent = true;
    begin_chat(other);
    end();
    EXPECT_EQ(counts.causes().at("wrong: a message of the other protocol"), 2U);
}

/// The members of one chat on two threads, here in turns.
struct divided_chat_talks : chat_talks {
    void talk_together() {
        meeting together(2);
        for (std::size_t at = 0; at < 2; ++at) {
            says.push_back(
                std::make_unique<chat_conversation>(loop, of.size, std::nullopt, run_of_two, at));
            both.push_back(std::make_unique<crowd>(loop, of, guests, *says[at], parts[at],
                                                   share{at, 2}, together));
            both[at]->start([](stage) {});
        }
        EXPECT_TRUE(loop.run_until(
            [this] { return both[0]->at() == stage::over && both[1]->at() == stage::over; },
            std::chrono::hours(1)));
        counts.add(parts[0]);
        counts.add(parts[1]);
        says[1]->hold_against(*says[0], counts);
    }

    chat_run run_of_two{7, 1, 2};
    std::vector<std::unique_ptr<chat_conversation>> says;
    std::vector<std::unique_ptr<crowd>> both;
    std::array<tally, 2> parts;
};

INSTANTIATE_TEST_SUITE_P(protocols, divided_chat_talks,
                         ::testing::Values(chat_protocol::binary, chat_protocol::json),
                         [](auto const& each) {
                             return each.param == chat_protocol::json ? "json" : "binary";
                         });

TEST_P(divided_chat_talks, hear_everything_from_everybody) {
    of.connections = 7;
    of.message_rate = 14;
    talk_together();
    EXPECT_EQ(counts.failures(), 0U);
    EXPECT_EQ(counts.sent.messages, 140U);
    EXPECT_EQ(parts[0].latencies.total(), 4 * 140U);
    EXPECT_EQ(parts[1].latencies.total(), 3 * 140U);
    EXPECT_LT(counts.longest_us, 100'000U);
}

TEST_P(divided_chat_talks, see_what_somebody_did_not_hear) {
    of.connections = 4;
    of.patience = 1s;
    hall.hears = [](std::size_t place, std::uint64_t number) {
        return place != 3 || number % 10 != 4;
    };
    talk_together();
    EXPECT_EQ(counts.causes().at("no answer in time"), 4U);
}

// Each is alone with its thread, so only both together show it.
TEST_P(divided_chat_talks, see_another_order_on_the_other_thread) {
    of.connections = 2;
    of.message_rate = 8;
    hall.confused = 1;
    talk_together();
    EXPECT_EQ(counts.latencies.total(), 160U);
    EXPECT_EQ(counts.causes().at("wrong: members got messages in different orders"), 1U);
}

}  // namespace
}  // namespace trunkline::load
