// The nine methods of the store, by name, for servers and clients.
#pragma once

#include <trunkline/store_service/messages.hpp>
#include <trunkline/typed/method.hpp>

namespace trunkline::store_service {

/// One value for one key.
inline constexpr typed::method<write_request, tail_response> write{"write"};
/// Several values as one write.
inline constexpr typed::method<batch_write_request, tail_response> batch_write{"batch_write"};
/// The value of a key.
inline constexpr typed::method<key_request, read_response<bytes_view>, read_response<slice>> read{
    "read"};
/// The values of several keys.
inline constexpr typed::method<batch_read_request, batch_read_response<bytes_view>,
                               batch_read_response<slice>>
    batch_read{"batch_read"};
/// Deletes a key.
inline constexpr typed::method<key_request, tail_response> remove{"delete"};
/// Whether a key has a value.
inline constexpr typed::method<key_request, flag_response> exists{"exists"};
/// How many keys have a value.
inline constexpr typed::method<no_arguments, number_response> len{"len"};
/// Whether none has.
inline constexpr typed::method<no_arguments, flag_response> is_empty{"is_empty"};
/// Bytes of the file.
inline constexpr typed::method<no_arguments, number_response> file_size{"file_size"};

}  // namespace trunkline::store_service
