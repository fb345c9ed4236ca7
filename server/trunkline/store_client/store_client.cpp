#include <trunkline/store_client/store_client.hpp>

namespace trunkline {
namespace {

/// One field of an answer.
template <class Value, class Response>
call_result<Value> field_of(call_result<received<Response>> const& answer,
                            Value Response::* field) {
    if (!answer) {
        return answer.error();
    }
    return (**answer).*field;
}

}  // namespace

namespace methods = store_service;

result<store_client> store_client::connect(std::string url, std::optional<tls::context> trust) {
    rpc_client::builder builder(std::move(url));
    if (trust) {
        builder.trust(std::move(*trust));
    }
    auto made = builder.connect();
    if (!made) {
        return made.error();
    }
    auto own = std::make_shared<rpc_client>(std::move(*made));
    return store_client(*own, own);
}

call_result<std::uint64_t> store_client::write(bytes_view key, bytes_view value,
                                               call_options const& options) const {
    return field_of(server_.call(methods::write, {key, value}, options),
                    &methods::tail_response::tail_offset);
}

call_result<std::uint64_t> store_client::batch_write(std::span<store::key_value const> entries,
                                                     call_options const& options) const {
    return field_of(server_.call(methods::batch_write, {{entries.begin(), entries.end()}}, options),
                    &methods::tail_response::tail_offset);
}

call_result<std::optional<stored_value>> store_client::read(bytes_view key,
                                                            call_options const& options) const {
    auto answer = server_.call(methods::read, {key}, options);
    if (!answer) {
        return answer.error();
    }
    if (!(*answer)->entry_payload) {
        return std::optional<stored_value>();
    }
    return std::optional<stored_value>(std::in_place, std::move(*answer));
}

call_result<received<methods::batch_read_response<bytes_view>>> store_client::batch_read(
    std::span<bytes_view const> keys, call_options const& options) const {
    return server_.call(methods::batch_read, {{keys.begin(), keys.end()}}, options);
}

call_result<std::uint64_t> store_client::remove(bytes_view key, call_options const& options) const {
    return field_of(server_.call(methods::remove, {key}, options),
                    &methods::tail_response::tail_offset);
}

call_result<bool> store_client::exists(bytes_view key, call_options const& options) const {
    return field_of(server_.call(methods::exists, {key}, options), &methods::flag_response::value);
}

call_result<std::uint64_t> store_client::len(call_options const& options) const {
    return field_of(server_.call(methods::len, {}, options), &methods::number_response::value);
}

call_result<bool> store_client::is_empty(call_options const& options) const {
    return field_of(server_.call(methods::is_empty, {}, options), &methods::flag_response::value);
}

call_result<std::uint64_t> store_client::file_size(call_options const& options) const {
    return field_of(server_.call(methods::file_size, {}, options),
                    &methods::number_response::value);
}

}  // namespace trunkline
