// Recorded sessions of published store servers once more, this time against the whole server: from
// the upgrade request to the end of the link. On simulated pipes and virtual time at the pace of
// the record, over sockets as fast as it goes.
#include <replay/conversation_model.hpp>
#include <replay/published_names.hpp>
#include <replay/session_replay.hpp>
#include <replay/upgrade_model.hpp>
#include <replay/websocket_model.hpp>
#include <stage/rpc_peer.hpp>
#include <stage/stage.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace trunkline::replay {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t code_text = 1;
constexpr std::uint8_t code_close = 8;
constexpr std::uint8_t code_ping = 9;
constexpr std::uint8_t code_pong = 10;

constexpr stage::world::duration patience = 30s;

enum class pace : std::uint8_t { as_recorded, at_once };

/// What one recorded connection is to look like from its client, by our rules.
struct expected_course {
    int recorded_status = 0;
    std::vector<int> allowed_statuses;
    std::string accept_key;
    std::vector<byte_string> pongs;
    std::size_t pings = 0;
    std::optional<std::uint16_t> close_code;
    bool silent = false;  ///< so long that we end it (wire 8)
    bool client_ends = false;
};

/// What the client's frames lead to, in the order in which they came.
class client_judge {
public:
    explicit client_judge(frame::layout layout) : rpc_(layout, our_rules()) {}

    void take(recorded_event const& event) {
        (void)websocket_.take(event);
        code_ = code_ ? code_ : websocket_.close_code();
        if (!code_ && event.code < code_close) {
            in_text_ = event.code == 0 ? in_text_ : event.code == code_text;
            // Payload is read as it comes, whether or not its message is complete.
            rpc_.read(in_text_ ? bytes_view() : bytes_view(event.bytes));
            code_ = rpc_.close_code();
        }
    }

    [[nodiscard]] std::optional<std::uint16_t> close_code() const { return code_; }

private:
    websocket_model websocket_{true};
    message_reader rpc_;
    bool in_text_ = false;
    std::optional<std::uint16_t> code_;
};

void add_response(recorded_event const& event, expected_course& course) {
    if (event.what == traffic::http) {
        std::string_view const head = as_text(event.bytes);
        course.recorded_status = status_of(head);
        course.accept_key = field_of(head, "Sec-WebSocket-Accept");
    } else if (event.what == traffic::websocket && !course.silent) {
        course.pings += event.code == code_ping ? 1 : 0;
        if (event.code == code_pong) {
            course.pongs.push_back(event.bytes);
        }
    }
}

expected_course course_of(recorded_session const& session, std::size_t connection, pace with) {
    expected_course course;
    client_judge judge(session.client_layout);
    auto last_heard = 0us;
    for (recorded_event const& each : session.of(connection)) {
        bool const waited = each.at - last_heard >= connection_limits{}.silence_timeout;
        course.silent = course.silent || (waited && with == pace::as_recorded);
        if (each.toward == direction::to_client) {
            add_response(each, course);
            continue;
        }
        last_heard = each.at;
        if (with == pace::at_once) {
            course.pings = 0;  // nobody is silent for long
        }
        if (each.what == traffic::http) {
            course.allowed_statuses = allowed_statuses(as_text(each.bytes));
        } else if (each.what == traffic::end) {
            course.client_ends = true;
        } else if (each.what == traffic::websocket) {
            judge.take(each);
        }
    }
    course.close_code = judge.close_code();
    return course;
}

stage::byte_string bytes_sent(recorded_event const& event) {
    if (event.what != traffic::websocket) {
        return event.bytes;
    }
    return stage::encode({.code = event.code,
                          .payload = event.bytes,
                          .fin = event.fin,
                          .reserved = event.reserved,
                          .masked = event.masked});
}

/// Whether the server ends the link, by itself or in answer to its client.
bool ends(expected_course const& course, stage::rpc_peer& client) {
    return course.close_code || course.silent || course.client_ends || client.status() != 101;
}

std::vector<sent_message> answers_of(stage::rpc_peer& client) {
    std::vector<sent_message> answers;
    std::ranges::copy_if(client.messages(), std::back_inserter(answers),
                         [](sent_message const& each) { return each.type == 1; });
    return answers;
}

std::size_t pings_of(stage::rpc_peer& client) {
    return static_cast<std::size_t>(
        std::ranges::count(client.control_frames(), code_ping, &stage::received_frame::code));
}

/// The clients of a session, as strangers to our server.
class played_session {
public:
    played_session(recorded_session const& session, pace with)
        : session_(session), with_(with), world_(make_world(session, with)) {
        begun_.resize(session.connections());
        clients_.resize(session.connections());
    }

    /// Everything that they sent, in recorded order, and at the recorded times if so wanted.
    void play() {
        for (recorded_event const& each : session_.events) {
            stage::rpc_peer& client = arrive(each);
            if (each.toward != direction::to_server) {
                await_ping(each, client);
                continue;
            }
            if (each.what == traffic::end) {
                client.link().shutdown();
            } else {
                client.link().send(bytes_sent(each));
            }
        }
    }

    /// Runs until a client has seen what it is to see, and longer: nothing else may come.
    void await(std::size_t number, expected_course const& course, std::size_t answers) {
        stage::rpc_peer& client = *clients_[number];
        world_->run_until(
            [&] {
                return client.status() != 0 && answers_of(client).size() >= answers &&
                       client.link().ended() == ends(course, client);
            },
            with_ == pace::as_recorded ? 2s : patience);
        catch_up();
    }

    [[nodiscard]] stage::rpc_peer& client(std::size_t number) { return *clients_[number]; }

private:
    static std::unique_ptr<stage::world> make_world(recorded_session const& session, pace with) {
        stage::server_settings settings;
        settings.alignment = alignment_of(session);
        if (with == pace::as_recorded) {
            return std::make_unique<stage::simulated_world>(settings);
        }
        // However slow the machine is, nobody is silent.
        settings.connection.ping_after = 1h;
        settings.connection.silence_timeout = 3h;
        return std::make_unique<stage::socket_world>(settings);
    }

    stage::rpc_peer& arrive(recorded_event const& event) {
        auto& client = clients_[event.connection];
        if (!client) {
            catch_up();  // the client before has seen how it ends
            client = std::make_unique<stage::rpc_peer>(world_->connect(), session_.client_layout);
            client->answer_pings(false);  // the record has the client's own pongs
            begun_[event.connection] = world_->loop().now();
        }
        if (with_ == pace::as_recorded) {
            auto const due = begun_[event.connection] + event.at;
            world_->run_for(std::max(stage::world::duration(0), due - world_->loop().now()));
        }
        return *client;
    }

    /// The pong that follows in the record answers a ping: ours must have come, which may be a
    /// tick later.
    void await_ping(recorded_event const& event, stage::rpc_peer& client) {
        bool const ping = event.what == traffic::websocket && event.code == code_ping;
        if (!ping || with_ != pace::as_recorded) {
            return;
        }
        auto const before = pings_of(client);
        world_->run_until([&] { return pings_of(client) > before || client.link().ended(); }, 1s);
    }

    /// What was sent by now is answered: over sockets when calls made after it are.
    void catch_up() {
        if (with_ == pace::as_recorded) {
            world_->run_for(1s);
            return;
        }
        for (int i = 0; i < 2; ++i) {
            stage::rpc_peer witness(world_->connect(), frame::layout::b);
            witness.upgrade();
            std::uint32_t const call = witness.call(method::len, {});
            EXPECT_TRUE(
                world_->run_until([&] { return witness.answer(call).has_value(); }, patience));
        }
    }

    recorded_session const& session_;
    pace with_;
    std::unique_ptr<stage::world> world_;
    std::vector<transport::runtime::time_point> begun_;
    std::vector<std::unique_ptr<stage::rpc_peer>> clients_;
};

void check_course(expected_course const& course, stage::rpc_peer& client) {
    std::string_view const answer = as_text(client.link().received());
    std::string_view const head = answer.substr(0, answer.find("\r\n\r\n"));
    EXPECT_NE(std::ranges::find(course.allowed_statuses, client.status()),
              course.allowed_statuses.end())
        << client.status() << " is not allowed, recorded was " << course.recorded_status;
    if (course.recorded_status == 101 && client.status() == 101) {
        EXPECT_EQ(field_of(head, "Sec-WebSocket-Accept"), course.accept_key);
        EXPECT_TRUE(field_of(head, "Sec-WebSocket-Protocol").empty());
        EXPECT_TRUE(field_of(head, "Sec-WebSocket-Extensions").empty());
    }
    std::vector<byte_string> pongs;
    for (stage::received_frame const& each : client.control_frames()) {
        if (each.code == code_pong) {
            pongs.push_back(each.payload);
        }
    }
    EXPECT_EQ(pongs, course.pongs);
    EXPECT_EQ(pings_of(client), course.pings);
    if (course.close_code) {
        EXPECT_EQ(client.close_code(), course.close_code);
    } else if (!course.silent && !course.client_ends) {
        EXPECT_EQ(client.close_code(), std::nullopt);
    }
    EXPECT_EQ(client.link().ended(), ends(course, client));
    EXPECT_EQ(client.faults(), 0U);
}

void check_with(pace with) {
    check_sessions(is_store, [with](recorded_session const& session) {
        auto const expected = predict_store(session);
        played_session played(session, with);
        played.play();
        for (std::size_t number = 0; number < session.connections(); ++number) {
            SCOPED_TRACE("connection " + std::to_string(number));
            expected_course const course = course_of(session, number, with);
            played.await(number, course, expected[number].ours.size());
            stage::rpc_peer& client = played.client(number);
            check_course(course, client);
            EXPECT_TRUE(same_answers(recorded_messages(session, number, direction::to_client, 1),
                                     answers_of(client), expected[number]));
        }
    });
}

TEST(stack_sessions, our_server_behaves_as_the_recorded_one) {
    check_with(pace::as_recorded);
}

TEST(stack_sessions, our_server_behaves_as_the_recorded_one_over_sockets) {
    check_with(pace::at_once);
}

}  // namespace
}  // namespace trunkline::replay
