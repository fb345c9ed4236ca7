#include <trunkline/load/dialed_lines.hpp>

#include <trunkline/transport/error.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trunkline::load {
namespace {

/// Keeps what it was asked for.
struct patient_dialer final : transport::dialer {
    void dial(std::string_view url, dialed done) override {
        urls.emplace_back(url);
        asked.push_back(std::move(done));
    }
    std::vector<std::string> urls;
    std::vector<dialed> asked;
};

struct dialed_line : ::testing::Test {
    line_source::opened counting() {
        return [this](result<std::unique_ptr<transport::connection>> const& made) {
            ++told;
            why = made ? error_code() : made.error();
        };
    }

    patient_dialer by;
    dialed_lines lines{by, "tcp://127.0.0.1:7"};
    int told = 0;
    error_code why;
};

TEST_F(dialed_line, tells_what_became_of_it) {
    auto const first = lines.open(0, counting());
    ASSERT_EQ(by.urls, std::vector<std::string>{"tcp://127.0.0.1:7"});
    EXPECT_EQ(told, 0);
    by.asked[0](make_error_code(transport::transport_error::invalid_endpoint));
    EXPECT_EQ(told, 1);
    EXPECT_EQ(why, transport::transport_error::invalid_endpoint);
}

TEST_F(dialed_line, may_be_destroyed_by_whom_it_tells) {
    std::unique_ptr<transport::pending_connection> opening;
    opening = lines.open(0, [&](auto const&) { opening.reset(); });
    by.asked[0](make_error_code(transport::transport_error::invalid_endpoint));
    EXPECT_EQ(opening, nullptr);
}

TEST_F(dialed_line, tells_nobody_once_it_is_destroyed) {
    auto opening = lines.open(0, counting());
    opening.reset();
    by.asked[0](make_error_code(transport::transport_error::invalid_endpoint));
    EXPECT_EQ(told, 0);
}

}  // namespace
}  // namespace trunkline::load
