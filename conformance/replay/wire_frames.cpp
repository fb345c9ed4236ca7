// Frames: fields to bytes and back, byte streams to ordered frames, writes to frames.
#include <replay/rules.hpp>
#include <replay/vector_set.hpp>
#include <replay/wire_model.hpp>
#include <replay/wire_output.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/frame/decoder.hpp>
#include <trunkline/frame/error.hpp>
#include <trunkline/frame/reassembly.hpp>
#include <trunkline/frame/stream_encoder.hpp>

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <ostream>

namespace trunkline::replay {
namespace {

constexpr std::array kind_names{"Open", "Data", "End", "Cancel", "Pong", "Ping"};

/// What a receiver of frames is given: a frame in sequence, or an error.
struct given {
    raw_frame frame;
    std::string error;

    bool operator==(given const&) const = default;
    friend std::ostream& operator<<(std::ostream& to, given const& each) {
        return to << "stream " << each.frame.stream_id << " sequence " << each.frame.sequence
                  << " kind " << int{each.frame.kind} << " payload " << to_hex(each.frame.payload)
                  << " error " << each.error;
    }
};

using all_given = std::vector<given>;

given without_payload(raw_frame frame, std::string error) {
    frame.payload.clear();
    return {std::move(frame), std::move(error)};
}

given const corrupt{{}, "CorruptFrame"};
given const too_large{{}, "declared size over the limit"};

/// Reassembly as the published programs do it, or, rule by rule, as Trunkline does.
class order_model {
public:
    order_model(frame::layout layout, rule_set rules) : cutter_(layout), rules_(rules) {}

    all_given feed(bytes_view bytes) {
        all_given out;
        cutter_.add(bytes);
        while (!broken_) {
            if (cutter_.declared_size().value_or(0) > session_limits{}.frame_payload_size_max &&
                rules_.has(rule::declared_size_limited)) {
                broken_ = true;
                out.push_back(too_large);
                break;
            }
            auto frame = cutter_.next();
            if (!frame) {
                break;
            }
            take(std::move(*frame), out);
        }
        return out;
    }

private:
    struct stream {
        std::uint32_t next = 0;
        std::map<std::uint32_t, raw_frame> held;
        std::optional<std::uint32_t> end;
    };

    void take(raw_frame frame, all_given& out) {
        if (frame.kind >= kind_names.size()) {
            out.push_back(corrupt);
            return;
        }
        if (frame.kind == 3) {
            streams_.erase(frame.stream_id);
            out.push_back(without_payload(std::move(frame), "ReadAfterCancel"));
            return;
        }
        std::uint32_t const id = frame.stream_id;
        stream& of = streams_[id];
        if (refused(of, frame)) {
            return;
        }
        if (frame.kind == 2) {
            of.end = frame.sequence;
        }
        of.held[frame.sequence] = std::move(frame);
        for (auto at = of.held.find(of.next); at != of.held.end(); at = of.held.find(of.next)) {
            out.push_back({at->second, ""});
            of.held.erase(at);
            ++of.next;
        }
        if (of.end && (of.held.empty() || (first_wins() && of.next > *of.end))) {
            streams_.erase(id);
        }
    }

    /// Rule 4.2: duplicates are refused, the first wins, and so is what lies past the End.
    [[nodiscard]] bool refused(stream const& of, raw_frame const& frame) const {
        return first_wins() && (frame.sequence < of.next || of.held.contains(frame.sequence) ||
                                (of.end && frame.sequence > *of.end));
    }

    [[nodiscard]] bool first_wins() const { return rules_.has(rule::first_duplicate_wins); }

    frame_cutter cutter_;
    rule_set rules_;
    std::map<std::uint32_t, stream> streams_;
    bool broken_ = false;
};

/// The parts under test, fed as a session feeds them.
class order_under_test {
public:
    explicit order_under_test(frame::layout layout)
        : decoder_(layout, session_limits{}.frame_payload_size_max) {}

    all_given feed(bytes_view bytes) {
        all_given out;
        while (!failed_) {
            auto const part = decoder_.next(bytes);
            if (!part) {
                EXPECT_EQ(part.error(), frame::frame_error::payload_too_large);
                failed_ = true;
                out.push_back(too_large);
                break;
            }
            if (!*part) {
                break;
            }
            take(streams_.place(**part).value(), out);
            while (auto const held = streams_.next_held()) {
                take(*held, out);
            }
        }
        return out;
    }

private:
    void take(frame::arrived const& what, all_given& out) {
        frame::header const& head = what.part.head;
        raw_frame const fields{head.stream_id, head.sequence, head.kind_byte, {}};
        if (what.what == frame::arrival::piece) {
            if (what.part.begins) {
                arriving_.clear();
            }
            arriving_.insert(arriving_.end(), what.part.bytes.begin(), what.part.bytes.end());
            if (what.part.ends) {
                out.push_back({fields, ""});
                out.back().frame.payload = std::exchange(arriving_, {});
            }
        } else if (what.what == frame::arrival::cancelled) {
            out.push_back({fields, "ReadAfterCancel"});
        } else if (what.what == frame::arrival::unknown_kind) {
            out.push_back(corrupt);
        }
    }

    frame::decoder decoder_;
    frame::reassembly streams_;
    byte_string arriving_;
    bool failed_ = false;
};

given recorded(json::value const& value) {
    if (auto const* error = value.as_object().if_contains("error")) {
        return {{}, std::string(error->as_string())};
    }
    json::value const& frame = value.at("frame");
    auto const kind = std::ranges::find(kind_names, std::string_view(frame.at("kind").as_string()));
    return {{static_cast<std::uint32_t>(number_of(frame.at("stream_id"))),
             static_cast<std::uint32_t>(number_of(frame.at("seq_id"))),
             static_cast<std::uint8_t>(kind - kind_names.begin()), bytes_of(frame.at("payload"))},
            frame.at("error").is_null() ? "" : std::string(frame.at("error").as_string())};
}

TEST(wire_frames, streams_are_put_in_order_as_recorded) {
    check_wire_records(wire_kind::frame_decode, [](record const& each) {
        frame::layout const layout = layout_of(each.fields.at("rev"));
        order_model original(layout, {});
        order_model expected(layout, our_rules());
        order_under_test ours(layout);
        for (json::value const& feed : each.fields.at("feeds").as_array()) {
            byte_string const bytes = bytes_of(feed.at("bytes"));
            all_given recording;
            for (json::value const& value : list_of(feed.at("out"))) {
                recording.push_back(recorded(value));
            }
            EXPECT_EQ(original.feed(bytes), recording);
            EXPECT_EQ(ours.feed(bytes), expected.feed(bytes));
        }
    });
}

TEST(wire_frames, fields_become_the_recorded_bytes_and_come_back) {
    check_wire_records(wire_kind::frames, [](record const& each) {
        frame::layout const layout = layout_of(each.fields.at("rev"));
        byte_string const payload = bytes_of(each.fields.at("payload"));
        auto const* const sent_at = each.fields.if_contains("timestamp_micros");
        frame::header const head{static_cast<std::uint32_t>(payload.size()),
                                 static_cast<std::uint32_t>(number_of(each.fields.at("stream_id"))),
                                 static_cast<std::uint32_t>(number_of(each.fields.at("seq_id"))),
                                 static_cast<std::uint8_t>(number_of(each.fields.at("kind_byte"))),
                                 sent_at == nullptr ? 0 : number_of(*sent_at)};
        std::array<std::byte, frame::header_size_max> bytes;
        std::size_t const head_size = frame::encode_header(head, layout, bytes);
        byte_string whole(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(head_size));
        whole.insert(whole.end(), payload.begin(), payload.end());
        EXPECT_TRUE(same_bytes(each.fields.at("frame"), whole));

        frame::decoder decoder(layout, session_limits{}.frame_payload_size_max);
        bytes_view rest = whole;
        auto const back = decoder.next(rest).value().value();
        EXPECT_TRUE(back.begins && back.ends && rest.empty());
        EXPECT_EQ(back.head.stream_id, head.stream_id);
        EXPECT_EQ(back.head.sequence, head.sequence);
        EXPECT_EQ(back.head.kind_byte, head.kind_byte);
        EXPECT_EQ(back.head.sent_at_us, head.sent_at_us);
        EXPECT_TRUE(std::ranges::equal(back.bytes, payload));
    });
}

void check_operation(json::object const& operation, frame::layout layout,
                     frame::stream_encoder& stream) {
    gather_queue queue;
    frame::frame_sink const sink{queue, layout, 0};
    byte_string const data = bytes_of(operation.at("data"));
    std::string_view const name = operation.at("op").as_string();
    auto const done = name == "write"   ? stream.write(data, {}, sink)
                      : name == "flush" ? stream.flush(sink)
                      : name == "end"   ? stream.end(sink)
                                        : stream.cancel(sink);
    json::object const& expected = operation.at("result").as_object();
    if (auto const* written = expected.if_contains("written")) {
        ASSERT_TRUE(done.has_value());
        EXPECT_EQ(*done, number_of(*written));
    } else {
        ASSERT_TRUE(done.has_error());
        EXPECT_EQ(done.error(), expected.at("error").as_string() == "WriteAfterEnd"
                                    ? frame::frame_error::write_after_end
                                    : frame::frame_error::write_after_cancel);
    }
    auto const frames = take_frames(queue);
    auto const emitted = list_of(operation.at("emitted"));
    ASSERT_EQ(frames.size(), emitted.size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
        EXPECT_TRUE(same_frame(emitted[i], frames[i], layout));
    }
}

TEST(wire_frames, writes_become_the_recorded_frames) {
    check_wire_records(wire_kind::stream_encode, [](record const& each) {
        frame::stream_encoder stream(
            static_cast<std::uint32_t>(number_of(each.fields.at("stream_id"))),
            number_of(each.fields.at("max_chunk")));
        for (json::value const& operation : each.fields.at("ops").as_array()) {
            check_operation(operation.as_object(), layout_of(each.fields.at("rev")), stream);
        }
    });
}

}  // namespace
}  // namespace trunkline::replay
