// The echo endpoint of trunkline serve: off unless asked for, beside the store.
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/test_support/running_server.hpp>

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace trunkline::cli {
namespace {

using namespace test_support;

struct serve_echo : ::testing::Test {
    scratch_folder folder;
    std::string path = (folder / "s.bin").string();
};

TEST_F(serve_echo, is_off_unless_asked_for) {
    running_server server(TRUNKLINE_PROGRAM, path);
    try {
        ws_client refused(server.host(), server.port(), "/echo");
        FAIL() << "switched";
    } catch (std::runtime_error const& fault) {
        EXPECT_TRUE(std::string(fault.what()).starts_with("HTTP/1.1 404 ")) << fault.what();
    }
}

TEST_F(serve_echo, sends_text_and_binary_back) {
    running_server server(TRUNKLINE_PROGRAM, path, {"--echo-path", "/echo"});
    ws_client client(server.host(), server.port(), "/echo");
    for (std::uint8_t const opcode : {ws_text, ws_binary}) {
        for (std::size_t const size : {0, 1, 125, 126, 65'535, 65'536, 1'000'000}) {
            std::string const payload(size, 'x');
            client.send(opcode, payload);
            auto const back = client.receive();
            EXPECT_EQ(back.opcode, opcode);
            EXPECT_TRUE(back.payload == payload) << size;
        }
    }
    EXPECT_EQ(client.close(1000).close_code(), 1000);
}

TEST_F(serve_echo, stands_beside_the_store) {
    running_server server(TRUNKLINE_PROGRAM, path, {"--echo-path", "/echo", "--threads", "2"});
    ws_client echo(server.host(), server.port(), "/echo");
    auto const store = server.connect();
    EXPECT_EQ(store->call(method_write, short_write("k", "v")).code, rpc::status::success);
    echo.send(ws_text, "still there");
    EXPECT_EQ(echo.receive().payload, "still there");
    server.process().signal(15);
    EXPECT_EQ(echo.receive().close_code(), 1001);
    EXPECT_FALSE(store->receive_one());
    EXPECT_EQ(store->last_frame().close_code(), 1001);
    EXPECT_EQ(server.process().wait(), exit_success);
}

}  // namespace
}  // namespace trunkline::cli
