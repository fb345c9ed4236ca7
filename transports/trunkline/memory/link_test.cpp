#include <trunkline/memory/link.hpp>

#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

namespace trunkline::memory {
namespace {

using transport::in_piece;
using transport::io_result;
using transport::io_status;
using transport::read_result;

struct link_fixture : ::testing::Test {
    void open(link_options const& options) { ends = make_link(loop, loop, options); }

    // Writes one frame, or the rest of one when `frame_size` is 0.
    static io_result write(transport::connection& link, std::string_view text,
                           std::size_t frame_size) {
        out_segment const segment{as_bytes(text), frame_size};
        return link.write({&segment, 1});
    }

    // Reads once: "one|two" is two pieces, "one|two." when the second ends a message.
    std::string read(transport::connection& link, std::size_t size = 1000) {
        std::vector<std::byte> buffer(size);
        std::array<in_piece, 4> pieces;
        read_result const got = link.read(buffer, pieces);
        last = got;
        std::string text;
        for (auto const& piece : std::span(pieces).first(got.pieces)) {
            text += (text.empty() ? "" : "|") + std::string(as_text(piece.bytes)) +
                    (piece.ends_message ? "." : "");
        }
        return text;
    }

    transport::simulated_runtime loop;
    link_pair ends;
    read_result last;
};

TEST_F(link_fixture, without_borders_bytes_run_together) {
    open({});
    EXPECT_FALSE(ends.dialer->abilities().message_borders);
    EXPECT_TRUE(ends.dialer->abilities().half_close);
    write(*ends.dialer, "one", 3);
    write(*ends.dialer, "two", 3);
    EXPECT_EQ(read(*ends.acceptor), "onetwo");
    EXPECT_EQ(read(*ends.acceptor), "");
    EXPECT_EQ(last.status, io_status::would_block);
}

TEST_F(link_fixture, with_borders_every_frame_is_a_message) {
    open({.message_borders = true});
    EXPECT_TRUE(ends.dialer->abilities().message_borders);
    std::array<out_segment, 3> const segments{out_segment{as_bytes("one"), 3},
                                              out_segment{as_bytes("tw"), 3},
                                              out_segment{as_bytes("o"), 0}};
    EXPECT_EQ(ends.dialer->write(segments).size, 6U);
    EXPECT_EQ(read(*ends.acceptor), "one.|two.");
}

TEST_F(link_fixture, a_message_may_come_in_parts) {
    open({.message_borders = true, .capacity = 4});
    EXPECT_EQ(write(*ends.dialer, "abcdef", 6).size, 4U);
    EXPECT_EQ(write(*ends.dialer, "ef", 0).status, io_status::would_block);
    EXPECT_EQ(read(*ends.acceptor, 3), "abc");
    EXPECT_EQ(write(*ends.dialer, "ef", 0).size, 2U);
    EXPECT_EQ(read(*ends.acceptor), "def.");
}

TEST_F(link_fixture, a_read_gives_as_many_pieces_as_there_is_room_for) {
    open({.message_borders = true});
    for (char const* text : {"a", "b", "c", "d", "e"}) {
        write(*ends.dialer, text, 1);
    }
    EXPECT_EQ(read(*ends.acceptor), "a.|b.|c.|d.");
    EXPECT_EQ(read(*ends.acceptor), "e.");
}

TEST_F(link_fixture, the_end_comes_after_the_bytes) {
    open({});
    write(*ends.dialer, "last", 4);
    ends.dialer->shutdown_write();
    EXPECT_EQ(write(*ends.dialer, "x", 1).status, io_status::error);
    EXPECT_EQ(read(*ends.acceptor), "last");
    EXPECT_EQ(read(*ends.acceptor), "");
    EXPECT_EQ(last.status, io_status::end);
    EXPECT_EQ(write(*ends.acceptor, "answer", 6).size, 6U);
    EXPECT_EQ(read(*ends.dialer), "answer");
    write(*ends.acceptor, "to be read", 10);
    ends.acceptor.reset();
    EXPECT_EQ(read(*ends.dialer), "to be read");
    read(*ends.dialer);
    EXPECT_EQ(last.status, io_status::end);
}

TEST_F(link_fixture, writing_to_nobody_fails) {
    open({});
    ends.acceptor.reset();
    EXPECT_EQ(write(*ends.dialer, "x", 1).error, boost::asio::error::broken_pipe);
}

TEST_F(link_fixture, abort_loses_what_is_on_its_way) {
    open({});
    write(*ends.dialer, "lost", 4);
    ends.dialer->abort();
    EXPECT_EQ(read(*ends.acceptor), "");
    EXPECT_EQ(last.error, boost::asio::error::connection_reset);
    EXPECT_EQ(write(*ends.acceptor, "x", 1).status, io_status::error);
}

TEST_F(link_fixture, after_close_what_comes_is_dropped) {
    open({});
    ends.dialer->close(transport::close_code::normal, "");
    write(*ends.acceptor, "late", 4);
    EXPECT_EQ(read(*ends.dialer), "");
    EXPECT_EQ(last.wire_bytes, 4U);
}

TEST_F(link_fixture, an_end_may_be_destroyed_by_its_own_sink) {
    struct destroyer final : transport::readiness_sink {
        void on_ready(bool, bool) override {
            ++calls;
            victim.reset();
        }
        std::unique_ptr<transport::connection> victim;
        int calls = 0;
    };
    open({});
    destroyer sink;
    sink.victim = std::move(ends.acceptor);
    sink.victim->watch(&sink, true, true);
    write(*ends.dialer, "x", 1);
    loop.run_until_idle();
    EXPECT_EQ(sink.calls, 1);
}

// Sends back what it reads until the other side ends, then stops its loop.
class echo final : transport::readiness_sink {
public:
    echo(transport::asio_runtime& loop, std::unique_ptr<transport::connection> link)
        : loop_(loop), link_(std::move(link)) {
        link_->watch(this, true, false);
    }

private:
    void on_ready(bool, bool) override {
        if (!waiting_.empty()) {
            send();
        } else {
            std::array<std::byte, 1000> buffer;
            std::array<in_piece, 4> pieces;
            auto const got = link_->read(buffer, pieces);
            for (auto const& piece : std::span(pieces).first(got.pieces)) {
                waiting_.insert(waiting_.end(), piece.bytes.begin(), piece.bytes.end());
            }
            if (got.status == io_status::end) {
                link_.reset();
                loop_.stop();
                return;
            }
            send();
        }
        link_->watch(this, waiting_.empty(), !waiting_.empty());
    }

    void send() {
        if (!waiting_.empty()) {
            out_segment const segment{waiting_, waiting_.size()};
            auto const sent = link_->write({&segment, 1});
            waiting_.erase(waiting_.begin(),
                           waiting_.begin() + static_cast<std::ptrdiff_t>(sent.size));
        }
    }

    transport::asio_runtime& loop_;
    std::unique_ptr<transport::connection> link_;
    std::vector<std::byte> waiting_;
};

// Writes `text` as fast as it is taken and reads it back.
class talker final : transport::readiness_sink {
public:
    talker(transport::asio_runtime& loop, std::unique_ptr<transport::connection> link,
           std::string text)
        : loop_(loop), link_(std::move(link)), text_(std::move(text)) {
        link_->watch(this, true, true);
    }
    std::string received;

private:
    void on_ready(bool readable, bool writable) override {
        if (writable && sent_ < text_.size()) {
            out_segment const segment{as_bytes(text_).subspan(sent_), text_.size() - sent_};
            sent_ += link_->write({&segment, 1}).size;
        }
        if (readable) {
            std::array<std::byte, 500> buffer;
            std::array<in_piece, 4> pieces;
            auto const got = link_->read(buffer, pieces);
            for (auto const& piece : std::span(pieces).first(got.pieces)) {
                received += as_text(piece.bytes);
            }
        }
        if (received.size() == text_.size()) {
            link_.reset();
            loop_.stop();
            return;
        }
        link_->watch(this, true, sent_ < text_.size());
    }

    transport::asio_runtime& loop_;
    std::unique_ptr<transport::connection> link_;
    std::string text_;
    std::size_t sent_ = 0;
};

TEST(link, joins_two_threads) {
    transport::asio_runtime here;
    transport::asio_runtime there;
    auto ends = make_link(here, there, {.capacity = 777});
    std::string text(200'000, '\0');
    for (std::size_t index = 0; index < text.size(); ++index) {
        text[index] = static_cast<char>(index * 31 + index / 251);
    }
    echo back(there, std::move(ends.acceptor));
    talker forth(here, std::move(ends.dialer), text);
    std::jthread const thread([&] { there.run(); });
    here.run();
    EXPECT_TRUE(forth.received == text);
}

}  // namespace
}  // namespace trunkline::memory
