#include <trunkline/typed/failure.hpp>

#include <trunkline/base/utf8.hpp>
#include <trunkline/bitcode/decode.hpp>
#include <trunkline/bitcode/encode.hpp>

namespace trunkline::typed {

void answer_failure(rpc::responder& call, failure what) {
    rpc::status const code = status_of(what.code);
    bitcode::encoded body = bitcode::encode(std::move(what));
    call.answer(code, body.slices());
}

failure read_failure(rpc::status code, bytes_view body) {
    auto structured = bitcode::decode<failure>(body);
    if (structured && status_of((*structured)->code) == code) {
        return std::move(**structured);
    }
    auto const number = static_cast<std::uint8_t>(code);
    bool const known = number >= 1 && number <= 3;
    return {known ? static_cast<failure_code>(number - 1) : failure_code::fail,
            is_utf8(body) ? std::string(as_text(body)) : std::string()};
}

}  // namespace trunkline::typed
