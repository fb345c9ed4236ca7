#include <trunkline/peer/call_failure.hpp>

#include <trunkline/typed/failure.hpp>

#include <boost/system/system_error.hpp>
#include <boost/throw_exception.hpp>

#include <ostream>
#include <utility>

namespace trunkline {
namespace {

class call_category final : public boost::system::error_category {
public:
    char const* name() const noexcept override { return "trunkline.call"; }

    std::string message(int value) const override {
        switch (static_cast<call_error>(value)) {
            case call_error::refused:
                return "the peer refused the call";
            case call_error::system_failure:
                return "the call failed at the peer";
            case call_error::unknown_method:
                return "the peer has no such method";
            case call_error::unknown_status:
                return "the peer answered with an unknown status";
            case call_error::bad_answer:
                return "the answer is not what the method describes";
            case call_error::deadline_passed:
                return "no answer came before the deadline";
            case call_error::cancelled:
                return "the call was cancelled by this side";
            case call_error::would_deadlock:
                return "a blocking call on the thread that has to bring its answer";
            case call_error::already_reading:
                return "somebody waits for the next part of the stream already";
            case call_error::stream_ended:
                return "nothing more can be written to the stream";
            case call_error::duplicate_method:
                return "a method was given two handlers";
            case call_error::not_coming_back:
                return "the client has given up to reconnect";
            case call_error::would_block_loop:
                return "a blocking call on a thread that runs other connections";
        }
        return "unknown call error";
    }
};

call_error error_of(rpc::status code) noexcept {
    switch (code) {
        case rpc::status::failed:
            return call_error::refused;
        case rpc::status::system_error:
            return call_error::system_failure;
        case rpc::status::method_not_found:
            return call_error::unknown_method;
        case rpc::status::success:
            break;
    }
    return call_error::unknown_status;
}

}  // namespace

error_code make_error_code(call_error error) noexcept {
    static call_category const category;
    return {static_cast<int>(error), category};
}

call_failure call_failure::of_status(rpc::status code, bytes_view body) {
    return {error_of(code), typed::read_failure(code, body).message, call_progress::answered};
}

std::ostream& operator<<(std::ostream& to, call_failure const& shown) {
    to << shown.error.message();
    return shown.message.empty() ? to : to << ": " << shown.message;
}

void throw_exception_from_error(call_failure const& failure, boost::source_location const& where) {
    boost::throw_with_location(boost::system::system_error(failure.error, failure.message), where);
}

}  // namespace trunkline
