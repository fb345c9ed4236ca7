#include <trunkline/store_service/service.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/store_service/testing.hpp>

#include <gtest/gtest.h>

namespace trunkline::store_service {
namespace {

using rpc::status;

/// One service over both a backend of maps and a real store: the same calls give the same answers.
class store_service_test : public ::testing::TestWithParam<bool> {
protected:
    store_service_test() {
        bool added = false;
        if (GetParam()) {
            data = store::store::open(folder / "store.bin").value();
            added = add_methods(call.wire.acceptor_methods, *data);
        } else {
            added = add_methods(call.wire.acceptor_methods, backend);
        }
        EXPECT_TRUE(added);
    }

    std::uint64_t put(std::string_view key, std::string_view payload) {
        return call(write, {as_bytes(key), as_bytes(payload)}).value()->tail_offset;
    }

    /// The value, or "(none)".
    std::string get(std::string_view key) {
        auto const got = call(read, {as_bytes(key)}).value();
        return got->entry_payload ? std::string(as_text(*got->entry_payload)) : "(none)";
    }

    bool has(std::string_view key) { return call(exists, {as_bytes(key)}).value()->value; }
    std::uint64_t size() { return call(len, {}).value()->value; }
    std::uint64_t bytes() { return call(file_size, {}).value()->value; }
    bool empty() { return call(is_empty, {}).value()->value; }

    scratch_folder folder;
    std::unique_ptr<store::store> data;
    std::shared_ptr<testing::map_backend> backend = std::make_shared<testing::map_backend>();
    testing::caller call;
};

INSTANTIATE_TEST_SUITE_P(backends, store_service_test, ::testing::Bool(),
                         [](auto const& of) { return of.param ? "store" : "maps"; });

TEST_P(store_service_test, written_values_are_read) {
    EXPECT_TRUE(empty());
    std::uint64_t const tail = put("key", "value");
    EXPECT_EQ(bytes(), tail);
    EXPECT_EQ(get("key"), "value");
    EXPECT_GT(put("key", "another"), tail);
    EXPECT_EQ(get("key"), "another");
    EXPECT_EQ(get("unknown"), "(none)");
    put("", "of the empty key");
    EXPECT_EQ(get(""), "of the empty key");
    EXPECT_EQ(size(), 2U);
    EXPECT_FALSE(empty());
}

TEST_P(store_service_test, keys_and_values_are_bytes) {
    std::string const key("\0\xff\n", 3);
    std::string const value("\0\0", 2);
    put(key, value);
    EXPECT_EQ(get(key), value);
    put(key, std::string(100, 'x'));
    EXPECT_EQ(get(key), std::string(100, 'x'));
}

TEST_P(store_service_test, large_values_travel_in_parts) {
    std::string value;
    for (std::size_t i = 0; i < 3'000'000; ++i) {
        value += static_cast<char>(i * i >> 3);
    }
    put("big", value);
    EXPECT_TRUE(get("big") == value);
    std::string const packable(5'000'000, 'a');
    put("packable", packable);
    EXPECT_TRUE(get("packable") == packable);
}

TEST_P(store_service_test, deleted_keys_are_absent) {
    put("key", "value");
    EXPECT_TRUE(has("key"));
    std::uint64_t const after = call(remove, {as_bytes("key")}).value()->tail_offset;
    EXPECT_EQ(after, bytes());
    EXPECT_FALSE(has("key"));
    EXPECT_EQ(get("key"), "(none)");
    EXPECT_TRUE(empty());
    EXPECT_EQ(call(remove, {as_bytes("key")}).value()->tail_offset, after);
    EXPECT_EQ(call(remove, {as_bytes("never")}).value()->tail_offset, after);
}

TEST_P(store_service_test, batches_are_written_in_order) {
    std::uint64_t const before = bytes();
    EXPECT_EQ(call(batch_write, {}).value()->tail_offset, before);
    auto const tail = call(batch_write, {{{as_bytes("a"), as_bytes("1")},
                                          {as_bytes("b"), as_bytes("2")},
                                          {as_bytes("a"), as_bytes("3")}}});
    EXPECT_EQ(tail.value()->tail_offset, bytes());
    EXPECT_EQ(get("a"), "3");
    EXPECT_EQ(get("b"), "2");
    EXPECT_EQ(size(), 2U);
    EXPECT_EQ(call(batch_write, {{{as_bytes("c"), as_bytes("4")}}}).code, status::success);
    EXPECT_EQ(get("c"), "4");
}

TEST_P(store_service_test, batches_are_read_in_order) {
    EXPECT_TRUE(call(batch_read, {}).value()->entries_payloads.empty());
    std::string const large(1000, 'L');
    put("a", "1");
    put("large", large);
    auto const got =
        call(batch_read, {{as_bytes("a"), as_bytes("none"), as_bytes("large"), as_bytes("a")}})
            .value();
    ASSERT_EQ(got->entries_payloads.size(), 4U);
    EXPECT_EQ(as_text(*got->entries_payloads[0]), "1");
    EXPECT_FALSE(got->entries_payloads[1]);
    EXPECT_EQ(as_text(*got->entries_payloads[2]), large);
    EXPECT_EQ(as_text(*got->entries_payloads[3]), "1");
}

TEST_P(store_service_test, counting_ignores_its_arguments) {
    put("key", "value");
    for (std::string_view const arguments : {"", "\x01", "anything"}) {
        EXPECT_EQ(call.raw(len, as_bytes(arguments)).value()->value, 1U);
        EXPECT_FALSE(call.raw(is_empty, as_bytes(arguments)).value()->value);
        EXPECT_EQ(call.raw(file_size, as_bytes(arguments)).value()->value, bytes());
    }
}

TEST_P(store_service_test, damaged_arguments_are_refused_with_the_published_text) {
    auto const check = [&](auto const& of) {
        for (std::string_view const arguments : {"\x05", "\xff\x09", "\x01zz"}) {
            auto const got = call.raw(of, as_bytes(arguments));
            EXPECT_EQ(got.code, status::system_error) << of.name;
            EXPECT_EQ(got.body, "bitcode error") << of.name;
        }
    };
    check(write);
    check(batch_write);
    check(read);
    check(batch_read);
    check(remove);
    check(exists);
}

TEST_P(store_service_test, batches_are_refused_for_what_they_would_take) {
    batch_read_request const many{recycled_vector<bytes_view>(80'000)};
    EXPECT_EQ(call(batch_read, many).value()->entries_payloads.size(), many.keys.size());
    std::size_t const refused = session_limits{}.held_size_max / batch_element_cost;
    batch_read_request const more{recycled_vector<bytes_view>(refused)};
    auto const got = call(batch_read, more);
    EXPECT_EQ(got.code, status::system_error);
    EXPECT_EQ(got.body, batch_refusal_text);
    batch_write_request const entries{
        recycled_vector<store::key_value>(refused, {as_bytes("k"), as_bytes("v")})};
    EXPECT_EQ(call(batch_write, entries).body, batch_refusal_text);
    EXPECT_TRUE(empty());
}

TEST(store_service_refusals, are_the_published_texts) {
    scratch_folder const folder;
    auto const data = store::store::open(folder / "store.bin").value();
    testing::caller call;
    ASSERT_TRUE(add_methods(call.wire.acceptor_methods, *data));
    std::string const zero(1, '\0');
    auto const refused = [&](std::string_view payload, std::string_view text) {
        auto const one = call(write, {as_bytes("k"), as_bytes(payload)});
        EXPECT_EQ(one.code, status::system_error);
        EXPECT_EQ(one.body, text);
        auto const batch = call(
            batch_write, {{{as_bytes("a"), as_bytes("fine")}, {as_bytes("k"), as_bytes(payload)}}});
        EXPECT_EQ(batch.code, status::system_error);
        EXPECT_EQ(batch.body, text);
    };
    refused("", "Payload cannot be empty.");
    refused(zero, "NULL-byte payloads cannot be written directly.");
    EXPECT_EQ(call(len, {}).value()->value, 0U) << "all or nothing";
}

TEST(store_service_refusals, carry_the_message_of_an_error) {
    auto const backend = std::make_shared<testing::map_backend>();
    backend->fails = store::store_error::read_only;
    testing::caller call;
    ASSERT_TRUE(add_methods(call.wire.acceptor_methods, backend));
    auto const got = call(write, {as_bytes("k"), as_bytes("v")});
    EXPECT_EQ(got.code, status::system_error);
    EXPECT_EQ(got.body, backend->fails.message());
}

TEST(store_service_reads, borrow_large_values_until_they_are_sent) {
    auto const backend = std::make_shared<testing::map_backend>();
    std::string& value = backend->values["k"];
    for (std::size_t i = 0; i < 200'000; ++i) {
        value += static_cast<char>(i * i >> 3);
    }
    testing::caller call;
    ASSERT_TRUE(add_methods(call.wire.acceptor_methods, backend));
    rpc::testing::two_peers& wire = call.wire;

    std::vector<std::byte> const request = bitcode::encode(key_request{as_bytes("k")}).to_vector();
    slice arguments{request, {}};
    rpc::testing::outcome got;
    ASSERT_TRUE(wire.dialer->call(read.id, {&arguments, 1}, rpc::testing::note(got)).has_value());
    auto const sent = rpc::testing::take_output(wire.dialer->protocol().output());
    ASSERT_TRUE(rpc::testing::feed(wire.acceptor->protocol(), sent).has_value());

    auto& output = wire.acceptor->protocol().output();
    EXPECT_EQ(output.borrowed_size(), value.size());
    EXPECT_GT(backend->pins, 0);
    std::vector<out_segment> segments(64);
    std::size_t const count = output.peek(segments);
    bool const in_place = std::any_of(
        segments.begin(), segments.begin() + static_cast<std::ptrdiff_t>(count),
        [&](out_segment const& each) { return each.bytes.data() == as_bytes(value).data(); });
    EXPECT_TRUE(in_place) << "the value itself is what is sent";
    wire.run();
    EXPECT_EQ(backend->pins, 0);
    EXPECT_EQ(got.code, status::success);
}

TEST(store_service_reads, wait_for_values_that_the_disk_has) {
    auto const backend = std::make_shared<testing::map_backend>();
    std::string const from_the_disk(own_pin_size_min, 'c');
    backend->values = {{"cold", from_the_disk}, {"warm", "at hand"}};
    backend->cold = {from_the_disk};
    testing::caller call;
    ASSERT_TRUE(add_methods(call.wire.acceptor_methods, backend));
    auto const ask = [&call](auto const& method, auto const& request, rpc::testing::outcome& into) {
        std::vector<std::byte> const bytes = bitcode::encode(request).to_vector();
        slice arguments{bytes, {}};
        ASSERT_TRUE(call.wire.dialer->call(method.id, {&arguments, 1}, rpc::testing::note(into))
                        .has_value());
        call.wire.run();
    };
    rpc::testing::outcome one;
    rpc::testing::outcome many;
    rpc::testing::outcome warm;
    ask(read, key_request{as_bytes("cold")}, one);
    ask(batch_read, batch_read_request{{as_bytes("cold"), as_bytes("warm"), as_bytes("none")}},
        many);
    ask(read, key_request{as_bytes("warm")}, warm);
    EXPECT_TRUE(warm.done);
    EXPECT_FALSE(one.done || many.done);
    ASSERT_EQ(backend->loads.size(), 2U);
    EXPECT_EQ(backend->loads[0].size(), 1U);
    EXPECT_EQ(backend->loads[1].size(), 1U);
    EXPECT_EQ(backend->pins, 3) << "two of the one, and that of all small ones of the batch";
    for (auto const& loaded : std::exchange(backend->loading, {})) {
        loaded();
    }
    call.wire.run();
    EXPECT_TRUE(one.done && many.done);
    EXPECT_EQ(one.code, status::success);
    EXPECT_EQ(many.code, status::success);
    EXPECT_EQ(backend->pins, 0);
}

/// Gives one value as often as it is asked for, without having it.
class endless_backend final : public testing::map_backend {
public:
    std::optional<slice> read(bytes_view) override { return slice{bytes_, {}}; }
    found_values batch_read(std::span<bytes_view const> keys) override {
        recycled_vector<std::optional<slice>> found;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            found.emplace_back(slice{bytes_, {}});
        }
        return {std::move(found), {}};
    }

    bytes_view bytes_;
};

TEST(store_service_reads, are_refused_when_the_answer_would_be_too_large) {
    auto const backend = std::make_shared<endless_backend>();
    testing::caller call;
    ASSERT_TRUE(add_methods(call.wire.acceptor_methods, backend));
    std::byte const first{};
    std::size_t const most = session_limits{}.held_size_max * answer_bytes_per_cost;
    backend->bytes_ = {&first, most + answer_bytes_per_cost};  // never looked at
    auto const one = call(read, {});
    EXPECT_EQ(one.code, status::system_error);
    EXPECT_EQ(one.body, answer_refusal_text);
    backend->bytes_ = {&first, most / 50'000};
    EXPECT_EQ(call(batch_read, {recycled_vector<bytes_view>(80'000)}).body, answer_refusal_text);
}

TEST(store_service_methods, have_the_published_ids) {
    EXPECT_EQ(write.id, 0x3ec2ad5c308c53daU);
    EXPECT_EQ(batch_write.id, 0xb0207c59d9b60457U);
    EXPECT_EQ(read.id, 0x2c2622a151f2cdf2U);
    EXPECT_EQ(batch_read.id, 0x01030b148b7284c2U);
    EXPECT_EQ(remove.id, 0x42dbbac7f7e9defdU);
    EXPECT_EQ(exists.id, 0xcb471c821989c086U);
    EXPECT_EQ(len.id, 0xa41dbb760e96e3e3U);
    EXPECT_EQ(is_empty.id, 0x34e05a9b282d0770U);
    EXPECT_EQ(file_size.id, 0x720ea1f40d3468c2U);
}

TEST(store_service_methods, are_added_once) {
    rpc::dispatcher methods;
    auto const backend = std::make_shared<testing::map_backend>();
    EXPECT_TRUE(add_methods(methods, backend));
    EXPECT_FALSE(add_methods(methods, backend));
}

}  // namespace
}  // namespace trunkline::store_service
