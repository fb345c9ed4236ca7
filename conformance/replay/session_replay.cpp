#include <replay/published_names.hpp>
#include <replay/session_replay.hpp>
#include <trunkline/rpc/error.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace trunkline::replay {
namespace {

using id_map = std::map<std::uint32_t, std::uint32_t>;

/// Puts our request ids into the heads of recorded responses to calls that we made ourselves.
void put_own_ids(byte_string& message, frame::layout layout, id_map const& own_ids) {
    std::size_t const header = frame::header_size(layout);
    for (std::size_t at = 0; at + header + 15 <= message.size();) {
        std::byte* const payload = message.data() + at + header;
        auto const size = load_le<std::uint32_t>(message.data() + at);
        auto const sequence = load_le<std::uint32_t>(message.data() + at + 8);
        auto const id = own_ids.find(load_le<std::uint32_t>(payload + 1));
        if (size >= 15 && sequence == 0 && std::to_integer<std::uint8_t>(*payload) == 1 &&
            id != own_ids.end()) {
            store_le(payload + 1, id->second);
        }
        at += header + size;
    }
}

/// Gives sent calls the request ids of the record, so that they can be compared.
void put_recorded_ids(std::vector<sent_message>& calls, id_map const& own_ids) {
    for (sent_message& each : calls) {
        auto const found = std::ranges::find_if(
            own_ids, [&](auto const& pair) { return pair.second == each.request_id; });
        if (found != own_ids.end()) {
            each.request_id = found->first;
            store_le(each.frames.front().payload.data() + 1, found->first);
        }
    }
}

/// The receiving end of one call in parts.
class part_collector final : public rpc::response_stream {
public:
    part_collector(std::uint32_t request_id, replay_outcome& into)
        : request_id_(request_id), into_(into) {}

    void on_part(bytes_view part) override { body_.insert(body_.end(), part.begin(), part.end()); }
    void on_end() override { into_.returned.push_back({request_id_, 0, body_}); }
    void on_failed(error_code error, rpc::status code, bytes_view body) override {
        auto& list = error ? into_.lost : into_.returned;
        list.push_back({request_id_, static_cast<std::uint8_t>(code), {body.begin(), body.end()}});
    }

private:
    std::uint32_t request_id_;
    replay_outcome& into_;
    byte_string body_;
};

/// Repeats the calls that one recorded program made, as they come in on `reader_`.
class caller {
public:
    caller(stand_in& ours, frame::layout layout, std::uint64_t streamed_method,
           replay_outcome& into)
        : ours_(ours),
          reader_(layout, our_rules()),
          streamed_method_(streamed_method),
          into_(into) {}

    void read(bytes_view message) {
        reader_.read(message);
        progress_.resize(reader_.messages().size());
        for (std::size_t i = 0; i < progress_.size(); ++i) {
            wire_message const& recorded = reader_.messages()[i];
            if (recorded.type != type::call) {
                continue;
            }
            if (recorded.method_id == streamed_method_) {
                go_on(recorded, progress_[i]);
            } else if (recorded.ended && !progress_[i].begun) {
                call(recorded, progress_[i]);
            }
        }
    }

    /// Makes the calls that the record leaves unfinished.
    void finish() {
        for (std::size_t i = 0; i < progress_.size(); ++i) {
            if (reader_.messages()[i].type == type::call && !progress_[i].begun) {
                call(reader_.messages()[i], progress_[i]);
            }
        }
    }

    [[nodiscard]] id_map const& own_ids() const { return own_ids_; }

private:
    struct progress {
        bool begun = false;
        bool closed = false;
        std::size_t parts = 0;
    };

    void call(wire_message const& recorded, progress& state) {
        state.begun = true;
        byte_string const arguments = recorded.arguments();
        slice piece{arguments, {}};
        std::uint32_t const id = recorded.request_id;
        auto const made = ours_.peer().call(
            recorded.method_id, std::span(&piece, 1), [this, id](rpc::response const& response) {
                auto& list = response.error ? into_.lost : into_.returned;
                list.push_back({id,
                                static_cast<std::uint8_t>(response.code),
                                {response.body.begin(), response.body.end()}});
            });
        ASSERT_TRUE(made) << made.error().message();
        own_ids_[id] = *made;
    }

    void go_on(wire_message const& recorded, progress& state) {
        std::uint32_t const id = recorded.request_id;
        if (!state.begun) {
            state.begun = true;
            collectors_.push_back(std::make_unique<part_collector>(id, into_));
            auto const made =
                ours_.peer().open(recorded.method_id, recorded.metadata, *collectors_.back());
            ASSERT_TRUE(made) << made.error().message();
            own_ids_[id] = *made;
        }
        for (; state.parts < recorded.parts.size(); ++state.parts) {
            slice piece{recorded.parts[state.parts], {}};
            ASSERT_TRUE(ours_.peer().write(own_ids_[id], std::span(&piece, 1)));
        }
        if (recorded.ended && !std::exchange(state.closed, true)) {
            ASSERT_TRUE(ours_.peer().end(own_ids_[id]));
        }
        if (recorded.cancelled && !std::exchange(state.closed, true)) {
            ours_.peer().cancel(own_ids_[id]);
        }
    }

    stand_in& ours_;
    message_reader reader_;
    std::uint64_t streamed_method_;
    replay_outcome& into_;
    std::vector<progress> progress_;
    std::vector<std::unique_ptr<part_collector>> collectors_;
    id_map own_ids_;
};

/// One connection of a session with us in one of its places.
class replayed_connection {
public:
    replayed_connection(recorded_session const& session, direction toward_us,
                        std::unique_ptr<stand_in> ours, std::uint64_t streamed_method)
        : layout_(session.client_layout),
          toward_us_(toward_us),
          ours_(std::move(ours)),
          calls_(*ours_,
                 toward_us_ == direction::to_server ? session.server_layout : session.client_layout,
                 streamed_method, outcome_) {}

    void take(recorded_message message) {
        if (message.toward == toward_us_) {
            put_own_ids(message.bytes, layout_, calls_.own_ids());
            ours_->feed(message.bytes);
            return;
        }
        std::size_t const made = calls_.own_ids().size();
        calls_.read(message.bytes);
        if (calls_.own_ids().size() != made) {
            flush();  // in the record, what came before was there before the call
        }
    }

    void flush() { ours_->flush(); }

    /// Last of all.
    replay_outcome finish() {
        flush();
        calls_.finish();
        message_sorter sorter(layout_);
        sorter.add(ours_->sent());
        EXPECT_EQ(sorter.left_over(), 0U);
        EXPECT_EQ(sorter.strays(), 0U);
        for (sent_message const& each : sorter.messages()) {
            (each.type == type::response ? outcome_.answers : outcome_.calls).push_back(each);
        }
        put_recorded_ids(outcome_.calls, calls_.own_ids());
        outcome_.ended = ours_->ended();
        ours_->end();
        return std::move(outcome_);
    }

private:
    frame::layout layout_;
    direction toward_us_;
    replay_outcome outcome_;
    std::unique_ptr<stand_in> ours_;
    caller calls_;
};

std::vector<replay_outcome> replay(recorded_session const& session, direction toward_us,
                                   stand_in_maker const& make, std::uint64_t streamed_method) {
    std::vector<std::unique_ptr<replayed_connection>> connections;
    for (std::size_t number = 0; number < session.connections(); ++number) {
        connections.push_back(
            std::make_unique<replayed_connection>(session, toward_us, make(), streamed_method));
    }
    std::size_t last = 0;
    for (recorded_message& message : binary_messages(session)) {
        std::size_t const number = message.connection;
        if (number != last) {
            connections[last]->flush();  // what one client did, the next one finds done
        }
        last = number;
        connections[number]->take(std::move(message));
    }
    std::vector<replay_outcome> outcomes;
    for (auto const& each : connections) {
        outcomes.push_back(each->finish());
    }
    return outcomes;
}

}  // namespace

std::vector<replay_outcome> replay_as_server(recorded_session const& session,
                                             stand_in_maker const& make) {
    return replay(session, direction::to_server, make, 0);
}

std::vector<replay_outcome> replay_as_server(recorded_session const& session,
                                             rpc::dispatcher const& methods, feed_shape shape) {
    rpc::session_options options;
    options.local_side = rpc::side::acceptor;
    options.message_borders = keeps_borders(shape);
    return replay_as_server(
        session, [&] { return std::make_unique<served_connection>(methods, options, shape); });
}

std::vector<replay_outcome> replay_as_client(recorded_session const& session,
                                             rpc::dispatcher const& methods,
                                             std::uint64_t streamed_method, feed_shape shape) {
    rpc::session_options options;
    options.local_side = rpc::side::dialer;
    options.layout = session.client_layout;
    return replay(
        session, direction::to_client,
        [&] { return std::make_unique<served_connection>(methods, options, shape); },
        streamed_method);
}

std::vector<sent_message> recorded_messages(recorded_session const& session, std::size_t connection,
                                            direction toward, std::uint8_t type) {
    message_sorter sorter(toward == direction::to_server ? session.client_layout
                                                         : session.server_layout);
    for (recorded_message const& message : binary_messages(session, connection)) {
        if (message.toward == toward) {
            sorter.add(message.bytes);
        }
    }
    std::vector<sent_message> chosen;
    std::ranges::copy_if(sorter.messages(), std::back_inserter(chosen),
                         [&](sent_message const& each) { return each.type == type; });
    return chosen;
}

}  // namespace trunkline::replay
