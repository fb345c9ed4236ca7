// The nine methods of the store, by name, for servers and clients.
#pragma once

#include <trunkline/store_service/messages.hpp>
#include <trunkline/typed/method.hpp>

namespace trunkline::store_service {

inline constexpr typed::method<write_request, tail_response> write{"write"};
inline constexpr typed::method<batch_write_request, tail_response> batch_write{"batch_write"};
inline constexpr typed::method<key_request, read_response<bytes_view>, read_response<slice>> read{
    "read"};
inline constexpr typed::method<batch_read_request, batch_read_response<bytes_view>,
                               batch_read_response<slice>>
    batch_read{"batch_read"};
inline constexpr typed::method<key_request, tail_response> remove{"delete"};
inline constexpr typed::method<key_request, flag_response> exists{"exists"};
inline constexpr typed::method<no_arguments, number_response> len{"len"};
inline constexpr typed::method<no_arguments, flag_response> is_empty{"is_empty"};
inline constexpr typed::method<no_arguments, number_response> file_size{"file_size"};

}  // namespace trunkline::store_service
