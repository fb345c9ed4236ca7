// What an idle stream costs, counted in the allocator of OpenSSL.
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/tls/test_certificates.hpp>
#include <trunkline/tls/tls_stream.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <vector>

namespace trunkline::tls {
namespace {

using transport::byte_stream;
using transport::io_status;

constexpr std::size_t idle_server_size_max = 16 * kib;
constexpr std::size_t idle_client_size_max = 20 * kib;  // it keeps the certificates of its server
constexpr std::size_t head_size = alignof(std::max_align_t);  // before each block: how long it is

std::atomic<std::size_t> live{0};

void* take(std::size_t size, char const*, int) {
    auto* const at = static_cast<std::byte*>(std::malloc(head_size + size));
    if (at == nullptr || size == 0) {
        std::free(at);
        return nullptr;
    }
    std::memcpy(at, &size, sizeof size);
    live += size;
    return at + head_size;
}

void give(void* block, char const*, int) {
    if (block != nullptr) {
        std::byte* const at = static_cast<std::byte*>(block) - head_size;
        std::size_t size = 0;
        std::memcpy(&size, at, sizeof size);
        live -= size;
        std::free(at);
    }
}

void* resize(void* block, std::size_t size, char const* file, int line) {
    void* const made = take(size, file, line);
    if (block != nullptr && made != nullptr) {
        std::size_t before = 0;
        std::memcpy(&before, static_cast<std::byte*>(block) - head_size, sizeof before);
        std::memcpy(made, block, std::min(before, size));
    }
    if (made != nullptr || size == 0) {
        give(block, file, line);
    }
    return made;
}

// Before anything of OpenSSL has allocated.
bool const counting = CRYPTO_set_mem_functions(take, resize, give) == 1;

struct echo_pair {
    std::unique_ptr<byte_stream> asks;
    std::unique_ptr<byte_stream> answers;

    // One message of 40 KiB, from the client to the server.
    [[nodiscard]] bool talk() {
        std::vector<std::byte> const says(40 * kib);
        std::vector<std::byte> room(64 * kib);
        std::size_t said = 0;
        std::size_t heard = 0;
        for (int step = 0; step < 1000 && heard < says.size(); ++step) {
            bytes_view const rest = bytes_view(says).subspan(said);
            if (!rest.empty()) {
                said += asks->write({&rest, 1}).size;
            }
            heard += answers->read(room).size;
            static_cast<void>(asks->read(room));
        }
        return heard == says.size();
    }
};

TEST(tls_memory, of_an_idle_stream_is_below_16_KiB_on_a_server) {
    ASSERT_TRUE(counting);
    scratch_folder folder;
    test_authority const authority(folder.path());
    context const asking = context::for_client({.authorities = authority.file()}).value();
    context const serving = context::for_server({.own = authority.issue("server")}).value();
    transport::simulated_runtime loop;
    auto const connect = [&] {
        auto pipe = make_simulated_pipe(loop, {});
        return echo_pair{
            make_client_stream(loop, std::move(pipe.first), asking, "server.test").value(),
            make_server_stream(loop, std::move(pipe.second), serving).value()};
    };
    ASSERT_TRUE(connect().talk());  // what is made once is there
    constexpr std::size_t count = 20;
    std::size_t const before = live;
    std::vector<echo_pair> pairs;
    for (std::size_t i = 0; i < count; ++i) {
        pairs.push_back(connect());
        ASSERT_TRUE(pairs.back().talk());
    }
    std::size_t const both = (live - before) / count;
    std::vector<std::unique_ptr<byte_stream>> servers;
    for (echo_pair& each : pairs) {
        each.asks.reset();
        servers.push_back(std::move(each.answers));
    }
    std::size_t const server = (live - before) / count;
    std::cout << "an idle server stream takes " << server << " bytes, a client stream "
              << both - server << '\n';
    EXPECT_LE(server, idle_server_size_max);
    EXPECT_LE(both - server, idle_client_size_max);
}

}  // namespace
}  // namespace trunkline::tls
