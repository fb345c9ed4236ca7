#include <trunkline/frame/error.hpp>

#include <string>

namespace trunkline::frame {
namespace {

class frame_category final : public boost::system::error_category {
public:
    [[nodiscard]] char const* name() const noexcept override { return "trunkline.frame"; }

    [[nodiscard]] std::string message(int value) const override {
        switch (static_cast<frame_error>(value)) {
            case frame_error::payload_too_large:
                return "a frame declares more payload than the limit";
            case frame_error::out_of_memory:
                return "out of memory";
            case frame_error::write_after_end:
                return "the stream has been ended";
            case frame_error::write_after_cancel:
                return "the stream has been cancelled";
            case frame_error::bad_check:
                return "bytes of a frame have changed on their way";
        }
        return "unknown frame error";
    }
};

}  // namespace

error_code make_error_code(frame_error error) noexcept {
    static frame_category const category;
    return {static_cast<int>(error), category};
}

}  // namespace trunkline::frame
