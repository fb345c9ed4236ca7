#include <trunkline/bitcode/error.hpp>

#include <string>

namespace trunkline::bitcode {
namespace {

class category final : public boost::system::error_category {
public:
    char const* name() const noexcept override { return "trunkline.bitcode"; }

    std::string message(int value) const override {
        switch (static_cast<bitcode_error>(value)) {
            case bitcode_error::end_of_input:
                return "The bytes end before the value does.";
            case bitcode_error::trailing_bytes:
                return "Bytes follow the end of the value.";
            case bitcode_error::invalid_packing:
                return "A packing byte is out of range.";
            case bitcode_error::length_overflow:
                return "The lengths of a column add up to too much.";
            case bitcode_error::invalid_text:
                return "A text is not valid UTF-8.";
            case bitcode_error::invalid_variant:
                return "The number of an enumeration is out of range.";
            case bitcode_error::too_many_elements:
                return "A list has more elements than the limit.";
            case bitcode_error::too_large:
                return "The unpacked message is larger than the limit.";
        }
        return "Unknown error.";
    }
};

constinit category const instance;

}  // namespace

error_code make_error_code(bitcode_error error) noexcept {
    return {static_cast<int>(error), instance};
}

}  // namespace trunkline::bitcode
