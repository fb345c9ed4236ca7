#include <trunkline/flow/receive_window.hpp>
#include <trunkline/flow/send_credit.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace trunkline::flow {
namespace {

// Whatever is granted and sent, credit is the exact difference and stays within its limits.
RC_GTEST_PROP(send_credit, is_exact_for_any_sequence_of_grants, ()) {
    auto const grants = *rc::gen::container<std::vector<std::uint32_t>>(
        rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0, 100'000),
                       rc::gen::element<std::uint32_t>(0, 1, 0x7fff'ffff, 0xffff'ffff)));
    send_credit credit(first_credit);
    std::uint64_t expected = first_credit;
    for (std::uint32_t const each : grants) {
        bool const fits = expected + each <= credit_max;
        RC_ASSERT(credit.grant(each) == fits);
        expected += fits ? each : 0;
        std::uint64_t const sent = std::min<std::uint64_t>(credit.left(), each / 2);
        credit.take(sent);
        expected -= sent;
        RC_ASSERT(credit.left() == expected);
    }
}

// A sender and a receiver of several streams, with readers that read when they like: the receiver
// never has more unread than its windows, a sender that keeps to its credit is never refused, and
// once everybody reads everything arrives. Windows grow and shrink meanwhile, and are what they
// began with when little has come for long.
RC_GTEST_PROP(flow, sender_and_receiver_agree_whatever_happens_when, ()) {
    struct stream {
        send_credit credit{first_credit};
        receive_window window;
        std::uint64_t unread = 0;
        std::uint64_t sent = 0;
    };
    std::vector<stream> streams(*rc::gen::inRange<std::size_t>(1, 5));
    path on;
    auto const grant = [&](stream& each) {
        std::uint32_t const more = each.window.take_grant(on);
        RC_ASSERT(each.credit.grant(more));
        RC_ASSERT(each.credit.left() == each.window.left());
    };
    auto const send = [&](stream& each, std::uint64_t size) {
        size = std::min<std::uint64_t>(each.credit.left(), size);
        each.credit.take(size);
        each.sent += size;
        RC_ASSERT(each.window.receive(size, on));
        each.window.hold(size);
        each.unread += size;
    };
    auto const steps = *rc::gen::inRange(0, 400);
    for (int step = 0; step < steps; ++step) {
        stream& each = streams[*rc::gen::inRange<std::size_t>(0, streams.size())];
        switch (*rc::gen::inRange(0, 5)) {
            case 0:
                send(each, *rc::gen::inRange<std::uint64_t>(0, 70'000));
                break;
            case 1: {
                std::uint64_t const size =
                    std::min<std::uint64_t>(each.unread, *rc::gen::inRange(0, 70'000));
                each.unread -= size;
                each.window.let_go(size);
                break;
            }
            case 2:
                on.round += *rc::gen::inRange<std::uint64_t>(1, 20);
                break;
            case 3:
                for (int times = 0; times < 3; ++times) {
                    send(each, each.credit.left());
                    each.window.let_go(std::exchange(each.unread, 0));
                    grant(each);
                    ++on.round;
                }
                break;
            case 4:
                break;
        }
        grant(each);
        std::size_t grown = 0;
        for (stream const& one : streams) {
            RC_ASSERT(one.unread + one.window.left() <= one.window.size());
            grown += one.window.size() - first_credit;
        }
        RC_ASSERT(on.grown == grown);
        RC_ASSERT(on.grown <= growth_size_max);
    }
    for (stream& each : streams) {
        each.window.let_go(std::exchange(each.unread, 0));
        grant(each);
        RC_ASSERT(each.credit.left() >= each.window.size() / 2);
        for (std::size_t bytes = 0; bytes <= 2 * window_size_max; bytes += first_credit / 8) {
            send(each, first_credit / 8);
            each.window.let_go(std::exchange(each.unread, 0));
            grant(each);
            ++on.round;
        }
        RC_ASSERT(each.window.size() == first_credit);
    }
    RC_ASSERT(on.grown == 0u);
}

}  // namespace
}  // namespace trunkline::flow
