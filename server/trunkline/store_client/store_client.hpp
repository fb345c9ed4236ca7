// The nine methods of a store that is served somewhere, as functions.
//
//     auto const store = store_client::connect("ws://127.0.0.1:8080/ws").value();
//     store.write(as_bytes("key"), as_bytes("value")).value();
//     auto const found = store.read(as_bytes("key")).value();
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/peer/call_failure.hpp>
#include <trunkline/peer/call_options.hpp>
#include <trunkline/peer/peer.hpp>
#include <trunkline/peer/received.hpp>
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/store_service/methods.hpp>
#include <trunkline/tls/context.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace trunkline {

/// A value that came from a store, with its bytes.
class stored_value {
public:
    /// What the server sent, which holds the bytes.
    using answer = received<store_service::read_response<bytes_view>>;

    /// Of an answer that has a value.
    explicit stored_value(answer whole) noexcept : whole_(std::move(whole)) {}

    /// The value, valid as long as this object.
    [[nodiscard]] bytes_view bytes() const noexcept { return *whole_->entry_payload; }

private:
    answer whole_;
};

/// Copies are cheap and mean the same connection. From any thread. Works with every published
/// server. The blocking functions wait for the answer; those that begin with async_ are completed
/// with call_result<received<Response>>, Response as store_service/messages.hpp has it. What they
/// fail with is in peer/call_failure.hpp; a store refuses empty values and a single zero byte.
class store_client {
public:
    /// `server` serves the methods of a store.
    explicit store_client(peer server) noexcept : server_(std::move(server)) {}

    /// With a connection of its own, which lives as long as the last copy. `trust` as in
    /// rpc_client::builder.
    [[nodiscard]] static result<store_client> connect(std::string url,
                                                      std::optional<tls::context> trust = {});

    /// The server, for what is no method of a store.
    [[nodiscard]] peer const& server() const noexcept { return server_; }

    /// Gives the offset behind the new entry, which is the size of the store's file.
    [[nodiscard]] call_result<std::uint64_t> write(bytes_view key, bytes_view value,
                                                   call_options const& options = {}) const;
    /// All or nothing.
    [[nodiscard]] call_result<std::uint64_t> batch_write(std::span<store::key_value const> entries,
                                                         call_options const& options = {}) const;
    /// The value of a key, or nothing when it has none.
    [[nodiscard]] call_result<std::optional<stored_value>> read(
        bytes_view key, call_options const& options = {}) const;
    /// One result per key, in their order.
    [[nodiscard]] call_result<received<store_service::batch_read_response<bytes_view>>> batch_read(
        std::span<bytes_view const> keys, call_options const& options = {}) const;
    /// As write(), also when the key was not there.
    [[nodiscard]] call_result<std::uint64_t> remove(bytes_view key,
                                                    call_options const& options = {}) const;
    /// Whether the key has a value.
    [[nodiscard]] call_result<bool> exists(bytes_view key, call_options const& options = {}) const;
    /// Live keys.
    [[nodiscard]] call_result<std::uint64_t> len(call_options const& options = {}) const;
    /// Whether no key has a value.
    [[nodiscard]] call_result<bool> is_empty(call_options const& options = {}) const;
    /// Bytes.
    [[nodiscard]] call_result<std::uint64_t> file_size(call_options const& options = {}) const;

    /// As write(), without waiting: the token is completed with what that gives.
    template <class Token>
    auto async_write(bytes_view key, bytes_view value, call_options const& options,
                     Token&& token) const {
        return server_.async_call(store_service::write, {key, value}, options,
                                  std::forward<Token>(token));
    }
    /// As batch_write(), without waiting: the token is completed with what that gives.
    template <class Token>
    auto async_batch_write(std::span<store::key_value const> entries, call_options const& options,
                           Token&& token) const {
        return server_.async_call(store_service::batch_write, {{entries.begin(), entries.end()}},
                                  options, std::forward<Token>(token));
    }
    /// As read(), without waiting: the token is completed with what that gives.
    template <class Token>
    auto async_read(bytes_view key, call_options const& options, Token&& token) const {
        return server_.async_call(store_service::read, {key}, options, std::forward<Token>(token));
    }
    /// As batch_read(), without waiting: the token is completed with what that gives.
    template <class Token>
    auto async_batch_read(std::span<bytes_view const> keys, call_options const& options,
                          Token&& token) const {
        return server_.async_call(store_service::batch_read, {{keys.begin(), keys.end()}}, options,
                                  std::forward<Token>(token));
    }
    /// As remove(), without waiting: the token is completed with what that gives.
    template <class Token>
    auto async_remove(bytes_view key, call_options const& options, Token&& token) const {
        return server_.async_call(store_service::remove, {key}, options,
                                  std::forward<Token>(token));
    }
    /// As exists(), without waiting: the token is completed with what that gives.
    template <class Token>
    auto async_exists(bytes_view key, call_options const& options, Token&& token) const {
        return server_.async_call(store_service::exists, {key}, options,
                                  std::forward<Token>(token));
    }
    /// As len(), without waiting: the token is completed with what that gives.
    template <class Token>
    auto async_len(call_options const& options, Token&& token) const {
        return server_.async_call(store_service::len, {}, options, std::forward<Token>(token));
    }
    /// As is_empty(), without waiting: the token is completed with what that gives.
    template <class Token>
    auto async_is_empty(call_options const& options, Token&& token) const {
        return server_.async_call(store_service::is_empty, {}, options, std::forward<Token>(token));
    }
    /// As file_size(), without waiting: the token is completed with what that gives.
    template <class Token>
    auto async_file_size(call_options const& options, Token&& token) const {
        return server_.async_call(store_service::file_size, {}, options,
                                  std::forward<Token>(token));
    }

private:
    store_client(peer server, std::shared_ptr<rpc_client> own) noexcept
        : server_(std::move(server)), own_(std::move(own)) {}

    peer server_;
    std::shared_ptr<rpc_client> own_;
};

}  // namespace trunkline
