#include <trunkline/unix_socket/socket_file.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/transport/error.hpp>

#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace trunkline::unix_socket {
namespace {

using transport::file_descriptor;
using transport::listening_socket;

struct socket_file : ::testing::Test {
    [[nodiscard]] result<listening_socket> listen(std::uint32_t mode = 0600) const {
        return listen_at_path(where, mode);
    }
    /// A socket bound to the path, as another program does it; dead without listen().
    [[nodiscard]] file_descriptor foreign(int kind = SOCK_STREAM) const {
        file_descriptor made(::socket(AF_UNIX, kind, 0));
        EXPECT_EQ(::bind(made.get(), where.address().data(), where.address().size()), 0);
        return made;
    }
    [[nodiscard]] bool is_live() const {
        file_descriptor const one(::socket(AF_UNIX, SOCK_STREAM, 0));
        return ::connect(one.get(), where.address().data(), where.address().size()) == 0;
    }
    [[nodiscard]] unsigned mode() const {
        struct stat found{};
        EXPECT_EQ(::stat(path.c_str(), &found), 0);
        return found.st_mode & 07777U;
    }
    [[nodiscard]] std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(folder.path()), {}));
    }

    scratch_folder folder;
    std::string path = (folder / "s.sock").string();
    unix_url where{path, false};
};

TEST_F(socket_file, is_there_while_it_is_listened_to_and_nothing_else_is) {
    {
        auto const made = listen();
        ASSERT_TRUE(made.has_value()) << made.error().message();
        EXPECT_TRUE(is_live());
        EXPECT_EQ(files(), 1U);
    }
    EXPECT_EQ(files(), 0U);
}

TEST_F(socket_file, has_the_mode_it_is_given_whatever_the_umask) {
    for (mode_t const mask : {0U, 0077U, 0777U}) {
        for (std::uint32_t const wanted : {0600U, 0660U, 0666U}) {
            mode_t const before = ::umask(mask);
            auto const made = listen(wanted);
            ::umask(before);
            ASSERT_TRUE(made.has_value()) << made.error().message();
            EXPECT_EQ(mode(), wanted);
        }
    }
}

TEST_F(socket_file, a_stale_one_is_replaced) {
    foreign().reset();
    ASSERT_TRUE(std::filesystem::exists(path));
    auto const made = listen();
    ASSERT_TRUE(made.has_value()) << made.error().message();
    EXPECT_TRUE(is_live());
}

TEST_F(socket_file, a_live_one_is_never_taken_away) {
    auto const owner = foreign();
    ASSERT_EQ(::listen(owner.get(), 1), 0);
    for (int i = 0; i < 5; ++i) {  // also when its queue is full
        EXPECT_EQ(listen().error(), boost::asio::error::address_in_use);
    }
    EXPECT_EQ(files(), 1U);
    file_descriptor const accepted(::accept(owner.get(), nullptr, nullptr));
    EXPECT_TRUE(accepted);
}

TEST_F(socket_file, one_of_another_kind_is_not_taken_either) {
    auto const datagrams = foreign(SOCK_DGRAM);
    EXPECT_EQ(listen().error(), boost::asio::error::address_in_use);
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(socket_file, what_is_no_socket_stays) {
    write_file(path, "precious");
    EXPECT_EQ(listen().error(), transport::transport_error::not_a_socket);
    EXPECT_EQ(read_file(path), "precious");
    std::filesystem::remove(path);
    std::filesystem::create_symlink("elsewhere", path);
    EXPECT_EQ(listen().error(), transport::transport_error::not_a_socket);
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);
    EXPECT_EQ(listen().error(), transport::transport_error::not_a_socket);
}

TEST_F(socket_file, one_that_is_no_longer_ours_stays) {
    file_descriptor other;
    {
        auto const made = listen();
        std::filesystem::remove(path);
        other = foreign();
    }
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(socket_file, while_another_is_about_to_bind_it_is_in_use) {
    file_descriptor lock(::open((path + ".lock").c_str(), O_CREAT | O_RDWR, 0600));
    ASSERT_EQ(::flock(lock.get(), LOCK_EX | LOCK_NB), 0);
    EXPECT_EQ(listen().error(), boost::asio::error::address_in_use);
    lock.reset();  // as if it had been killed: the file stays, the lock does not
    EXPECT_TRUE(listen().has_value());
    EXPECT_EQ(files(), 0U);
}

TEST_F(socket_file, a_folder_that_is_missing_is_told_as_the_system_tells_it) {
    where.name = (folder / "none" / "s.sock").string();
    EXPECT_EQ(listen().error(), boost::system::errc::no_such_file_or_directory);
}

TEST_F(socket_file, of_many_who_find_a_stale_one_at_once_never_two_have_it) {
    for (int round = 0; round < 30; ++round) {
        foreign().reset();
        std::atomic<int> at_once = 0;
        std::atomic<int> most = 0;
        std::atomic<int> had_it = 0;
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 8; ++i) {
                threads.emplace_back([&] {
                    auto made = listen();
                    if (made) {
                        int const now = ++at_once;
                        most = std::max(most.load(), now);
                        had_it += is_live() ? 1 : 0;
                        std::this_thread::yield();
                        --at_once;
                    } else {
                        EXPECT_EQ(made.error(), boost::asio::error::address_in_use);
                    }
                });
            }
        }
        EXPECT_EQ(most, 1);
        EXPECT_GE(had_it, 1);
        EXPECT_EQ(files(), 0U);
    }
}

}  // namespace
}  // namespace trunkline::unix_socket
