// Names of methods and their ids.
#include <replay/vector_set.hpp>
#include <trunkline/rpc/method_id.hpp>

#include <gtest/gtest.h>

namespace trunkline::replay {
namespace {

TEST(wire_method_ids, are_made_from_names) {
    check_wire_records(wire_kind::method_ids, [](record const& each) {
        std::uint64_t const id = rpc::method_id(text_of(each.fields.at("name")));
        EXPECT_EQ(id, hex_number_of(each.fields.at("method_id")));
        if (auto const* bytes = each.fields.if_contains("le_bytes")) {
            byte_string written(sizeof id);
            store_le(written.data(), id);
            EXPECT_TRUE(same_bytes(*bytes, written));
        }
    });
}

}  // namespace
}  // namespace trunkline::replay
