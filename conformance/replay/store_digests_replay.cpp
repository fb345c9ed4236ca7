// Key hashes and checksums of hashes.json.
#include <replay/store_set.hpp>

#include <trunkline/store/digest.hpp>
#include <trunkline/store/key_index.hpp>

namespace trunkline::replay {
namespace {

void check_digests(char const* section, std::function<void(json::object const&)> const& check) {
    auto const* const records = digest_section(section);
    if (records == nullptr) {
        tell_nothing_found(std::string("section ") + section);
        return;
    }
    for (auto const& each : *records) {
        SCOPED_TRACE(json::serialize(each));
        check(each.as_object());
        count_record();
    }
}

// The input under `name` as hex text, or generated.
byte_string input_of(json::object const& fields, char const* name) {
    auto const* const hex = fields.if_contains(name);
    return hex != nullptr ? from_hex(std::string_view(hex->as_string())) : payload_of(fields);
}

TEST(store_digests, hash) {
    check_digests("hash", [](json::object const& fields) {
        EXPECT_EQ(store::hash_key(input_of(fields, "key")), hex_number_of(fields.at("xxh3_64")));
    });
}

TEST(store_digests, checksum) {
    check_digests("checksum", [](json::object const& fields) {
        auto const checksum = store::checksum_of(input_of(fields, "payload"));
        EXPECT_EQ(checksum, hex_number_of(fields.at("checksum_u32")));
        std::array<std::byte, 4> stored;
        store_le(stored.data(), checksum);
        EXPECT_EQ(to_hex(stored), std::string_view(fields.at("stored_bytes").as_string()));
    });
}

TEST(store_digests, namespaced_key) {
    check_digests("namespace_hasher", [](json::object const& fields) {
        EXPECT_EQ(
            to_hex(store::namespaced_key(input_of(fields, "namespace"), input_of(fields, "key"))),
            std::string_view(fields.at("result").as_string()));
    });
}

TEST(store_digests, index_slot) {
    check_digests("index_packing", [](json::object const& fields) {
        auto const hash = hex_number_of(fields.at("key_hash"));
        auto const offset = number_of(fields.at("offset"));
        EXPECT_EQ(store::index_table::pack(hash, offset), hex_number_of(fields.at("packed")));
        EXPECT_EQ(store::index_table::tag_of(hash), hex_number_of(fields.at("tag")));
    });
}

}  // namespace
}  // namespace trunkline::replay
