#include <trunkline/cli/hex.hpp>

#include <boost/algorithm/hex.hpp>

#include <iterator>

namespace trunkline::cli {

std::string to_hex(bytes_view bytes) {
    std::string digits;
    digits.reserve(bytes.size() * 2);
    boost::algorithm::hex_lower(as_text(bytes), std::back_inserter(digits));
    return digits;
}

std::optional<std::string> from_hex(std::string_view digits) {
    std::string bytes;
    bytes.reserve(digits.size() / 2);
    try {
        boost::algorithm::unhex(digits, std::back_inserter(bytes));
    } catch (boost::algorithm::hex_decode_error const&) {
        return std::nullopt;
    }
    return bytes;
}

}  // namespace trunkline::cli
