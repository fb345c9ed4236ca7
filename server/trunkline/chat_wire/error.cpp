#include <trunkline/chat_wire/error.hpp>

#include <string>

namespace trunkline::chat_wire {
namespace {

class chat_category final : public boost::system::error_category {
public:
    [[nodiscard]] char const* name() const noexcept override { return "trunkline.chat"; }

    [[nodiscard]] std::string message(int value) const override {
        switch (static_cast<chat_error>(value)) {
            case chat_error::cut_off:
                return "the message ends within one of its fields";
            case chat_error::unknown_type:
                return "the type of the message is not known";
            case chat_error::bad_name:
                return "the name in the message is not UTF-8";
            case chat_error::bad_room:
                return "the room in the message is not UTF-8";
            case chat_error::not_an_object:
                return "the message is not the JSON object of a chat";
        }
        return "unknown chat error";
    }
};

}  // namespace

error_code make_error_code(chat_error error) noexcept {
    static chat_category const category;
    return {static_cast<int>(error), category};
}

}  // namespace trunkline::chat_wire
