#include <replay/library_server.hpp>

#include <trunkline/peer/line_access.hpp>

#include <gtest/gtest.h>

#include <array>
#include <utility>

namespace trunkline::replay {

library_server::library_server(std::function<void(rpc::dispatcher&)> const& serve)
    : stand_in(feed_shape::as_recorded) {
    auto builder = rpc_server::builder();
    serve(builder.methods());
    auto started =
        builder.listen("memory:recorded")
            .over(names_)
            .run_on(loop_)
            .on_connected([this](trunkline::peer joined) { client_ = std::move(joined); })
            .on_state(
                [this](trunkline::peer const&, transport::connection_state state, error_code why) {
                    if (state == transport::connection_state::error) {
                        ended_ = why;
                    }
                })
            .start();
    EXPECT_TRUE(started.has_value());
    server_ = std::move(*started);
    auto const dialer = names_.make_dialer(loop_);
    dialer->dial("memory:recorded", [this](result<std::unique_ptr<transport::connection>> made) {
        link_ = std::move(made).value();
    });
    loop_.run_until_idle();
    EXPECT_TRUE(client_.is_connected());
}

rpc::endpoint& library_server::peer() {
    return *peers::line_access::line_of(client_)->endpoint();
}

void library_server::deliver(bytes_view bytes, bool) {
    std::size_t message_size = bytes.size();
    while (!bytes.empty()) {
        out_segment const segment{bytes, std::exchange(message_size, 0)};
        auto const written = link_->write({&segment, 1});
        loop_.run_until_idle();
        read();
        if (ended_) {
            return;
        }
        ASSERT_EQ(written.status, transport::io_status::ok);
        ASSERT_GT(written.size, 0U) << "neither input is taken nor output is left";
        bytes = bytes.subspan(written.size);
    }
}

byte_string const& library_server::sent() {
    loop_.run_until_idle();
    read();
    return sent_;
}

void library_server::read() {
    std::vector<std::byte> buffer(64 * kib);
    std::array<transport::in_piece, 64> pieces;
    for (;;) {
        auto const got = link_->read(buffer, pieces);
        for (transport::in_piece const& each : std::span(pieces).first(got.pieces)) {
            sent_.insert(sent_.end(), each.bytes.begin(), each.bytes.end());
        }
        if (got.status != transport::io_status::ok || got.pieces == 0) {
            return;
        }
        loop_.run_until_idle();  // there is room for more
    }
}

void library_server::end() {
    link_->close(transport::close_code::normal, {});
    loop_.run_until_idle();
    EXPECT_FALSE(client_.is_connected());
}

}  // namespace trunkline::replay
