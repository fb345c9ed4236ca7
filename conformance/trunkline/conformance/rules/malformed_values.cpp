// Values that ask for more memory than they are worth: MAL-11.
#include <trunkline/base/limits.hpp>
#include <trunkline/conformance/facing.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/memory_peak.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace trunkline::conformance {
namespace {

using rpc::message_type;

struct pages {
    std::vector<std::vector<std::string>> lines;
    static constexpr auto fields() { return std::tuple(&pages::lines); }
};

constexpr typed::method<pages, number> count_lines{"count lines"};

// One length, in the form for large ones (bitcode/FORMAT.md, "Length column").
std::string length_of(std::uint64_t size) {
    std::string made("\xff\0", 2);
    for (int i = 0; i < 8; ++i) {
        made.push_back(static_cast<char>(size >> (8U * static_cast<unsigned>(i))));
    }
    return made;
}

// So many lengths of 0, eight to a byte.
std::string zeros(std::size_t count) {
    return "\x0a" + std::string((count + 7) / 8, '\0');
}

// One page of so many empty lines.
std::string empty_lines(std::size_t count) {
    return "\1" + length_of(count) + zeros(count);
}

// A bit of input makes no more than one element.
constexpr std::size_t grown_per_byte = 8 * sizeof(std::string);

struct bid {
    std::string bytes;
    std::uint64_t lines = 0;  // 0: to be refused
};

std::vector<bid> bids() {
    constexpr std::uint64_t many = std::uint64_t{1} << 40U;
    std::vector<bid> all{
        {empty_lines(300), 300},
        {empty_lines(60'000), 60'000},
        {empty_lines(bitcode_limits{}.list_elements_max)},  // more than may be decoded
        {empty_lines(bitcode_limits{}.list_elements_max + 1)},
        {length_of(bitcode_limits{}.list_elements_max) + zeros(bitcode_limits{}.list_elements_max)},
        {"\1" + length_of(60'000) + zeros(30'000)},
    };
    for (std::string const nested : {"", "\1", "\1\1"}) {
        for (std::uint64_t const size :
             {many, many << 22U, ~std::uint64_t{0}, std::uint64_t{255}}) {
            all.push_back({nested + length_of(size)});
            all.push_back({nested + length_of(size) + "x"});
        }
    }
    return all;
}

void values_cost_what_they_bring(world& at) {
    constexpr std::size_t beside = 4 * mib;
    std::vector<std::uint64_t> counted;
    auto pair = facing(at, real::called)
                    .handle(count_lines,
                            [&](pages const& given) {
                                counted.push_back(given.lines.front().size());
                                return number{counted.back()};
                            })
                    .connect();
    std::uint32_t id = 9;
    for (bid const& each : bids()) {
        counted.clear();
        memory_peak const memory;
        pair.far().say(
            frame_of(frame::kind::open, id, 0, head_of(message_type::call, id, count_lines.id)) +
            frame_of(frame::kind::data, id, 1, each.bytes) + frame_of(frame::kind::end, id, 2));
        auto const answer = pair.far().await(message_type::response, id);
        std::string const what = "a value of " + std::to_string(each.bytes.size()) + " bytes ";
        expect(memory.growth() <= beside + grown_per_byte * each.bytes.size(),
               what + "took " + std::to_string(memory.growth()) + " bytes of memory");
        expect(each.lines != 0 || answer.status() == rpc::status::system_error,
               what + "that promises more is not refused");
        expect(counted == (each.lines == 0 ? std::vector<std::uint64_t>()
                                           : std::vector<std::uint64_t>{each.lines}),
               what + "came to the handler as another one, or came though it was refused");
        id += 2;
    }
}

constexpr std::array rules{
    rule{"MAL-11", level::must,
         "Counts, lengths and nesting of values take no more memory than a constant times the "
         "bytes that came.",
         "What is allocated for a count before its elements are there.", needs::one_shape,
         values_cost_what_they_bring},
};

}  // namespace

std::span<rule const> malformed_value_rules() {
    return rules;
}

}  // namespace trunkline::conformance
