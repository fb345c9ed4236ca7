#include <trunkline/config/error.hpp>

#include <string>

namespace trunkline::config {
namespace {

class category final : public boost::system::error_category {
public:
    virtual ~category() = default;

    [[nodiscard]] char const* name() const noexcept override { return "trunkline.config"; }

    [[nodiscard]] std::string message(int value) const override {
        switch (static_cast<config_error>(value)) {
            case config_error::not_a_size:
                return "is not a size; write a whole number and a unit, such as 64MiB";
            case config_error::not_a_duration:
                return "is not a duration; write a whole number and a unit, such as 15s";
            case config_error::not_a_count:
                return "is not a whole number";
            case config_error::not_a_choice:
                return "is not one of the choices";
            case config_error::not_a_switch:
                return "is neither true nor false";
            case config_error::missing_unit:
                return "needs a unit: ms, s, min or h";
            case config_error::empty_text:
                return "must not be empty";
            case config_error::below_minimum:
                return "is too small";
            case config_error::above_maximum:
                return "is too large";
        }
        return "unknown configuration error";
    }
};

}  // namespace

error_code make_error_code(config_error error) noexcept {
    static category const instance;
    return {static_cast<int>(error), instance};
}

}  // namespace trunkline::config
