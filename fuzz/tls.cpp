// Somebody in the middle may drop, change, repeat and add bytes, and cut the link: what is heard
// through TLS is always a beginning of what was said, and an end is told only after all of it.
#include "check.hpp"

#include <trunkline/base/noise.hpp>
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/tls/test_certificates.hpp>
#include <trunkline/tls/test_talker.hpp>
#include <trunkline/tls/tls_stream.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace trunkline;
using transport::io_status;

struct peers {
    scratch_folder folder;
    tls::test_authority authority{folder.path()};
    tls::context asking = tls::context::for_client({.authorities = authority.file()}).value();
    tls::context serving = tls::context::for_server({.own = authority.issue("server")}).value();
};

std::vector<std::byte> some_bytes(std::size_t size) {
    std::string const made = noise(size, 1);
    bytes_view const bytes = as_bytes(made);
    return {bytes.begin(), bytes.end()};
}

// Each step of the input is what happens to the next bytes on their way, and to which of them.
void pass(transport::byte_stream& from, transport::byte_stream& to, bytes_view step) {
    std::vector<std::byte> bytes(64 * kib);
    auto const got = from.read(bytes);
    bytes.resize(got.size);
    if (got.status == io_status::end) {
        to.shutdown_write();
    }
    if (got.status == io_status::ok && step.size() == 3) {
        auto const at =
            bytes.begin() + static_cast<long>(static_cast<std::size_t>(step[1]) * 8 % got.size);
        switch (static_cast<unsigned>(step[0]) % 8) {
            case 0:
                *at ^= step[2];
                break;
            case 1:
                bytes.erase(at);
                break;
            case 2:
                bytes.insert(at, step[2]);
                break;
            case 3:
                bytes.insert(bytes.end(), bytes.begin(), bytes.end());
                break;
            case 4:
                bytes.erase(at, bytes.end());
                break;
            default:
                break;  // most arrive as they were
        }
    }
    bytes_view const piece(bytes);
    if (!piece.empty()) {
        static_cast<void>(to.write({&piece, 1}));
    }
}

void check(tls::talker const& heard_by, std::vector<std::byte> const& said) {
    auto const& heard = heard_by.heard;
    TRUNKLINE_FUZZ_CHECK(heard.size() <= said.size());
    TRUNKLINE_FUZZ_CHECK(std::equal(heard.begin(), heard.end(), said.begin()));
    TRUNKLINE_FUZZ_CHECK(!heard_by.ended || heard.size() == said.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static peers const who;
    if (size < 2) {
        return 0;
    }
    auto const asked = some_bytes(std::size_t{data[0]} * 100);
    auto const answered = some_bytes(std::size_t{data[1]} * 100);
    bytes_view input = bytes_view(reinterpret_cast<std::byte const*>(data), size).subspan(2);
    transport::simulated_runtime loop;
    auto ours = make_simulated_pipe(loop, {.capacity = mib});
    auto theirs = make_simulated_pipe(loop, {.capacity = mib});
    tls::talker asks(
        make_client_stream(loop, std::move(ours.first), who.asking, "server.test").value(), kib,
        asked);
    tls::talker answers(make_server_stream(loop, std::move(theirs.second), who.serving).value(),
                        kib, answered);
    for (int turn = 0; turn < 40; ++turn) {
        for (auto* const each : {&asks, &answers}) {
            if (each->said_all() && !each->error) {
                each->end();
            }
        }
        for (bool const forth : {true, false}) {
            bytes_view const step = input.first(std::min<std::size_t>(3, input.size()));
            input = input.subspan(step.size());
            pass(forth ? *ours.second : *theirs.first, forth ? *theirs.first : *ours.second, step);
            loop.run_until_idle();
        }
    }
    check(answers, asked);
    check(asks, answered);
    if (size == 2) {  // nobody in the middle
        TRUNKLINE_FUZZ_CHECK(answers.ended && asks.ended);
    }
    return 0;
}
