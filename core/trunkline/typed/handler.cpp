#include <trunkline/typed/handler.hpp>

namespace trunkline::typed {

std::string_view refusal_text(error_code why) noexcept {
    if (why == bitcode::bitcode_error::too_many_elements) {
        return "A list has more elements than the server's limit.";
    }
    if (why == bitcode::bitcode_error::too_large) {
        return "The unpacked arguments are larger than the server's limit.";
    }
    return bitcode::wire_error_text;
}

}  // namespace trunkline::typed
