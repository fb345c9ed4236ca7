// Tests of code that calls a server: no server, no network, no thread, and hours pass at once. With
// a test framework each `check` is one of its assertions.
#include <trunkline/mock/mock_connection.hpp>

#include <chrono>
#include <iostream>
#include <string>

using namespace trunkline;
using namespace std::chrono_literals;

struct city {
    std::string name;
    static constexpr auto fields() { return std::tuple(&city::name); }
};
struct weather {
    std::string sky;
    std::int32_t degrees = 0;
    static constexpr auto fields() { return std::tuple(&weather::sky, &weather::degrees); }
};
constexpr typed::method<city, weather> look_outside{"look outside"};

// What is tested: asks twice before it gives up.
static std::string advice(rpc_client const& server, std::string const& where) {
    for (int attempt = 0; attempt < 2; ++attempt) {
        auto const answer = server.call(look_outside, {where}, {.timeout = 30s});
        if (answer) {
            return (*answer)->degrees < 10 ? "take a coat" : "enjoy the " + (*answer)->sky;
        }
        if (answer.error().error != call_error::deadline_passed) {
            return "no advice: " + answer.error().message;
        }
    }
    return "look yourself";
}

static bool all_well = true;

static void check(std::string const& what, std::string const& is, std::string const& wanted) {
    all_well = all_well && is == wanted;
    std::cout << (is == wanted ? "ok      " : "FAILED  ") << what << ": " << is << '\n';
}

static void gives_advice() {
    mock_connection far_end;
    far_end.expect(look_outside, {"Oslo"}).answer({"snow", -5});
    far_end.expect(look_outside, {"Lagos"}).answer({"sun", 31});
    auto const client = far_end.connect();
    check("cold", advice(client, "Oslo"), "take a coat");
    check("warm", advice(client, "Lagos"), "enjoy the sun");
    check("all calls came", far_end.complaints(), "");
}

static void asks_again_when_nobody_answers() {
    mock_connection far_end;
    far_end.expect(look_outside).never();
    far_end.expect(look_outside).after(29s).answer({"sun", 20});
    auto const client = far_end.connect();
    check("second attempt", advice(client, "Quito"), "enjoy the sun");
    check("all calls came", far_end.complaints(), "");
}

static void a_mock_says_what_it_expected() {
    mock_connection far_end;
    far_end.expect(look_outside, {"Oslo"}).answer({"snow", -5});
    static_cast<void>(advice(far_end.connect(), "Bergen"));
    check("complaints", far_end.complaints(),
          "unexpected call of look outside {\"Bergen\"}; expected: look outside {\"Oslo\"}\n"
          "expected look outside {\"Oslo\"} 1 time, came 0 times\n");
}

static void tells_of_failures() {
    mock_connection far_end;
    far_end.expect(look_outside, {"Atlantis"}).refuse("there is no such city");
    auto const client = far_end.connect();
    check("refused", advice(client, "Atlantis"), "no advice: there is no such city");
    far_end.cut();
    check("cut", advice(client, "Atlantis"), "no advice: ");
}

int main() {
    gives_advice();
    asks_again_when_nobody_answers();
    a_mock_says_what_it_expected();
    tells_of_failures();
    return all_well ? 0 : 1;
}
