// The place of one connection on its thread: who chats there, and the open connection, or what is
// left of an idle one.
#pragma once

#include <trunkline/chat/chatter.hpp>
#include <trunkline/transport/byte_stream.hpp>
#include <trunkline/transport/readiness_set.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace trunkline::chat {

class open_link;
class visitors;

/// All that an idle connection takes, beside its seat in its room. For its table alone, which also
/// owns what it points at.
class visitor final : public chatter, public transport::watched_handle {
public:
    explicit visitor(visitors& owner) noexcept : owner_(owner) {}
    ~visitor() = default;

    [[nodiscard]] std::size_t offer(std::span<rooms::shared_message const> messages) override;
    void on_overflow() override;
    void on_open() override;

    /// Of what is left of an idle one.
    void on_ready(bool readable, bool writable) override;

private:
    friend class open_link;
    friend class visitors;

    enum class content : std::uint8_t {
        nothing,  // free
        open,     // a connection on which something goes on
        socket,   // folded: `descriptor`
        stream,   // folded, over a stream that is more than a descriptor
    };

    [[nodiscard]] desk const& at_desk() const noexcept override;
    [[nodiscard]] bool is_folded() const noexcept {
        return content_ == content::socket || content_ == content::stream;
    }
    [[nodiscard]] bool has_document_layout() const noexcept {
        return layout_ == chat_wire::binary_layout::document;
    }

    known_layout layout_;
    content content_ = content::nothing;
    std::uint8_t pings_ = 0;      // sent since it was heard
    bool is_doomed_ = false;      // it goes at the end of the turn
    std::uint32_t heard_ms_ = 0;  // when, in the time of the table, modulo 2^32
    visitors& owner_;
    union {
        visitor* next_free_ = nullptr;
        open_link* open_;
        transport::byte_stream* stream_;
    };
};

}  // namespace trunkline::chat
