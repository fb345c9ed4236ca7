#include <trunkline/store/error.hpp>

#include <string>

namespace trunkline::store {
namespace {

char const* text_of(store_error error) noexcept {
    switch (error) {
        case store_error::empty_payload:
            return "Payload cannot be empty.";
        case store_error::null_payload:
            return "NULL-byte payloads cannot be written directly.";
        case store_error::not_a_store:
            return "the file holds no valid store entry";
        case store_error::locked:
            return "another program has the store open for writing";
        case store_error::not_a_file:
            return "not a regular file";
        case store_error::too_large:
            return "the store would grow beyond 2^48 bytes";
        case store_error::read_only:
            return "the store is read-only: it was opened for reading, or a write to it failed";
        case store_error::wrong_alignment:
            return "the store was written with another alignment";
        case store_error::unsupported_alignment:
            return "the alignment of a store is 64, 16 or 1";
        case store_error::damaged:
            return "an entry inside the store does not match its checksum";
        case store_error::null_stream:
            return "NULL-byte-only streams cannot be written directly.";
        case store_error::same_key:
            return "Cannot rename a key to itself";
        case store_error::old_key_not_found:
            return "Old key not found";
        case store_error::same_storage:
            return "Cannot copy entry to the same storage";
        case store_error::key_not_found:
            return "Key not found";
        case store_error::mismatched_lengths:
            return "Mismatched lengths for hashed and non-hashed keys.";
    }
    return "unknown store error";
}

class store_category final : public boost::system::error_category {
public:
    [[nodiscard]] char const* name() const noexcept override { return "trunkline.store"; }
    [[nodiscard]] std::string message(int value) const override {
        return text_of(static_cast<store_error>(value));
    }
    char const* message(int value, char*, std::size_t) const noexcept override {
        return text_of(static_cast<store_error>(value));
    }
};

}  // namespace

error_code make_error_code(store_error error) noexcept {
    static store_category const category;
    return {static_cast<int>(error), category};
}

}  // namespace trunkline::store
