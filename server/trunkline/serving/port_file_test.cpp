#include <trunkline/serving/port_file.hpp>

#include <trunkline/base/scratch_folder.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace trunkline::server {
namespace {

struct port_file : ::testing::Test {
    scratch_folder folder;

    std::ptrdiff_t files() const {
        return std::distance(std::filesystem::directory_iterator(folder.path()), {});
    }
};

TEST_F(port_file, holds_the_number_and_a_newline) {
    auto const path = folder / "port";
    std::ofstream(path) << "an older and longer text";
    ASSERT_TRUE(write_port_file(path, 65535));
    std::ifstream file(path);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "65535\n");
    EXPECT_EQ(files(), 1);
}

TEST_F(port_file, leaves_nothing_behind_when_it_fails) {
    EXPECT_EQ(write_port_file(folder / "absent/port", 1).error(),
              boost::system::errc::no_such_file_or_directory);
    std::filesystem::create_directory(folder / "taken");
    EXPECT_EQ(write_port_file(folder / "taken", 1).error(), boost::system::errc::is_a_directory);
    EXPECT_EQ(files(), 1);
}

}  // namespace
}  // namespace trunkline::server
