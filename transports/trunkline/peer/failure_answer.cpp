#include <trunkline/peer/failure_answer.hpp>

#include <trunkline/bitcode/encode.hpp>
#include <trunkline/typed/failure.hpp>

#include <string>
#include <utility>

namespace trunkline::peers {
namespace {

failure_answer structured(typed::failure_code code, std::string message) {
    return {typed::status_of(code),
            bitcode::encode(typed::failure{code, std::move(message)}).to_vector()};
}

}  // namespace

failure_answer failure_answer::of(call_failure const& why) {
    if (why.error == call_error::refused) {
        return structured(typed::failure_code::fail, why.message);
    }
    if (why.error == call_error::unknown_method) {
        return structured(typed::failure_code::not_found, why.message);
    }
    std::string const text = why.message.empty() ? why.error.message() : why.message;
    bytes_view const bytes = as_bytes(text);
    return {rpc::status::system_error, {bytes.begin(), bytes.end()}};
}

void failure_answer::send(rpc::responder& to) const {
    slice bytes{body, {}};
    to.answer(code, {&bytes, 1});
}

}  // namespace trunkline::peers
