#include <trunkline/rpc/method_id.hpp>

#include <gtest/gtest.h>

#include <xxhash.h>

#include <string>

namespace trunkline::rpc {
namespace {

static_assert(method_id("write") == 0x3ec2ad5c308c53da);
static_assert(method_id("batch_write") == 0xb0207c59d9b60457);
static_assert(method_id("") == 0x2d06800538d394c2);

std::string text_of(std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
        text += static_cast<char>(i * 167 + size);
    }
    return text;
}

TEST(method_id, equals_the_library_for_names_of_every_length) {
    for (std::size_t size = 0; size <= 400; ++size) {
        std::string const name = text_of(size);
        EXPECT_EQ(method_id(name), XXH3_64bits(name.data(), name.size())) << size;
    }
}

TEST(method_id, equals_the_library_around_whole_blocks) {
    for (std::size_t size : {1023, 1024, 1025, 1087, 1088, 1089, 2048, 2049, 5000}) {
        std::string const name = text_of(size);
        EXPECT_EQ(method_id(name), XXH3_64bits(name.data(), name.size())) << size;
    }
}

}  // namespace
}  // namespace trunkline::rpc
