// Holds the tables of FORMAT.md to the code.
#include <trunkline/bitcode/columns.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/bitcode/packing.hpp>
#include <trunkline/bitcode/test_values.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

namespace trunkline::bitcode {
namespace {

using table = std::vector<std::vector<std::string>>;

std::string trimmed(std::string const& text) {
    std::size_t const begin = text.find_first_not_of(' ');
    return begin == std::string::npos ? ""
                                      : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

/// The first table under a heading, without its head.
table table_under(std::string const& heading) {
    std::ifstream page(TRUNKLINE_SOURCE_DIR "/core/trunkline/bitcode/FORMAT.md");
    std::string line;
    while (std::getline(page, line) && line != "## " + heading) {
    }
    while (std::getline(page, line) && !line.starts_with('|')) {
    }
    std::getline(page, line);  // the rule below the head
    table rows;
    while (std::getline(page, line) && line.starts_with('|')) {
        std::stringstream cells(line.substr(1));
        std::vector<std::string>& row = rows.emplace_back();
        for (std::string cell; std::getline(cells, cell, '|');) {
            row.push_back(trimmed(cell));
        }
    }
    EXPECT_FALSE(rows.empty()) << heading;
    return rows;
}

digit_base base_of(std::string const& number) {
    for (int i = 0; i <= static_cast<int>(digit_base::b2); ++i) {
        if (std::to_string(radix(static_cast<digit_base>(i))) == number) {
            return static_cast<digit_base>(i);
        }
    }
    ADD_FAILURE() << "no base " << number;
    return {};
}

TEST(format_page, digits) {
    table const rows = table_under("Digits");
    EXPECT_EQ(rows.size(), 6U);
    int lowest = 0;
    for (auto const& row : rows) {
        int const highest = std::stoi(row[0]);
        for (; lowest <= highest; ++lowest) {
            EXPECT_EQ(base_for(static_cast<std::uint8_t>(lowest)), base_of(row[1])) << lowest;
        }
        EXPECT_EQ(std::to_string(digits_per_byte(base_of(row[1]))), row[2]);
    }
    EXPECT_EQ(lowest, 256);
}

TEST(format_page, byte_codes) {
    table const rows = table_under("Byte column");
    EXPECT_EQ(rows.size(), 6U);
    for (auto const& row : rows) {
        digit_base const base = base_of(row[0]);
        EXPECT_EQ(std::to_string((byte_packing{base, false, 0}.code())), row[1]);
        if (row[2] != "-") {
            EXPECT_EQ(std::to_string((byte_packing{base, true, 0}.code())), row[2]);
        }
    }
}

TEST(format_page, integer_codes) {
    table const rows = table_under("Integer column");
    EXPECT_EQ(rows.size(), 4U);
    for (auto const& row : rows) {
        auto const width = static_cast<std::uint8_t>(std::stoi(row[0]));
        for (std::size_t column = 1; column <= 3; ++column) {
            std::size_t const size = 16U >> column;
            if (width > size) {
                EXPECT_EQ(row[column], "-");
                continue;
            }
            std::string expected = std::to_string((integer_packing{width, false, 0}.code(size)));
            if (width < size) {
                expected +=
                    " (" + std::to_string((integer_packing{width, true, 0}.code(size))) + ")";
            }
            EXPECT_EQ(row[column], expected);
        }
    }
    for (std::size_t const size : {2, 4, 8}) {
        EXPECT_EQ(integer_code_max(size), (integer_packing{1, false, 0}.code(size)));
    }
}

TEST(format_page, worked_examples) {
    auto const bytes = [](auto value) {
        std::string spaced;
        std::string const hex = to_hex(encode(std::move(value)).to_vector());
        for (std::size_t i = 0; i < hex.size(); i += 2) {
            spaced += (i == 0 ? "" : " ") + hex.substr(i, 2);
        }
        return spaced;
    };
    std::map<std::string, std::string> const expected = {
        {"text \"alpha\"", bytes(std::string_view("alpha"))},
        {"bytes \"alpha\"", bytes(as_bytes("alpha"))},
        {"bytes \"aaaaaa\"", bytes(as_bytes("aaaaaa"))},
        {"bytes 1, 2, 3", bytes(as_bytes("\x01\x02\x03"))},
        {"u64 31", bytes(std::uint64_t{31})},
        {"u64 300", bytes(std::uint64_t{300})},
        {"u64 70000", bytes(std::uint64_t{70000})},
        {"i64 -5", bytes(std::int64_t{-5})},
        {"list of present \"A\", absent, present \"B\"",
         bytes(std::vector<std::optional<bytes_view>>{as_bytes("A"), std::nullopt, as_bytes("B")})},
    };
    std::map<std::string, std::string> page;
    for (auto const& row : table_under("Worked examples")) {
        page[row[0]] = row[1];
    }
    EXPECT_EQ(page, expected);
}

TEST(format_page, errors) {
    constexpr std::pair<char const*, bitcode_error> expected[] = {
        {"end_of_input", bitcode_error::end_of_input},
        {"trailing_bytes", bitcode_error::trailing_bytes},
        {"invalid_packing", bitcode_error::invalid_packing},
        {"length_overflow", bitcode_error::length_overflow},
        {"invalid_text", bitcode_error::invalid_text},
        {"invalid_variant", bitcode_error::invalid_variant},
        {"too_many_elements", bitcode_error::too_many_elements},
        {"too_large", bitcode_error::too_large},
    };
    table const rows = table_under("Errors");
    ASSERT_EQ(rows.size(), std::size(expected));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(rows[i][0], expected[i].first);
        EXPECT_EQ(static_cast<std::size_t>(expected[i].second), i + 1);
    }
}

TEST(format_page, limits) {
    bitcode_limits const limits;
    std::map<std::string, std::string> const expected = {
        {"list_elements_max", std::to_string(limits.list_elements_max)},
        {"decoded_size_max", std::to_string(limits.decoded_size_max)},
        {"packed_size_max", std::to_string(limits.packed_size_max)},
    };
    std::map<std::string, std::string> page;
    for (auto const& row : table_under("Limits")) {
        page[row[0]] = row[1];
    }
    EXPECT_EQ(page, expected);
}

}  // namespace
}  // namespace trunkline::bitcode
