#include <stage/staged_server.hpp>
#include <trunkline/store_service/service.hpp>
#include <trunkline/test_support/forced_folding.hpp>
#include <trunkline/websocket/connection.hpp>

#include <stdexcept>
#include <utility>

namespace trunkline::stage {
namespace {

std::unique_ptr<store::store> open_store(std::filesystem::path const& file,
                                         std::uint32_t alignment) {
    store::open_options options;
    options.alignment = alignment;
    return store::store::open(file, options).value();
}

rpc::dispatcher methods_of(store::store& data) {
    rpc::dispatcher methods;
    if (!store_service::add_methods(methods, data)) {
        throw std::logic_error("a method was there already");
    }
    return methods;
}

websocket::context_options context_options_of(server_settings const& settings) {
    websocket::context_options options;
    options.limits.message_size_max = settings.session.message_size_max;
    options.handshake_timeout = settings.connection.handshake_timeout;
    return options;
}

transport::driver::options driver_options_of(server_settings const& settings) {
    transport::driver::options options;
    options.session.limits = settings.session;
    options.limits = settings.connection;
    if (test_support::folding_is_forced()) {
        options.limits.fold_after = std::chrono::milliseconds(0);
    }
    return options;
}

}  // namespace

staged_server::staged_server(transport::runtime& loop, server_settings const& settings)
    : store_(open_store(folder_ / "store.bin", settings.alignment)),
      methods_(methods_of(*store_)),
      log_(logging::level_table(logging::level::error), logging::line_format::text),
      context_(loop, context_options_of(settings)),
      table_(loop, methods_, driver_options_of(settings), log_,
             {.join = [this](server::link_kind kind, std::uint8_t form,
                             std::unique_ptr<transport::byte_stream> link)
                  -> std::unique_ptr<transport::connection> {
                  if (kind == server::link_kind::stream) {
                      return std::make_unique<transport::stream_connection>(std::move(link));
                  }
                  websocket::deflate_agreement const agreed{.window_bits = form};
                  return std::make_unique<websocket::connection>(
                      context_, websocket::role::server, std::move(link), bytes_view(), agreed);
              },
              .reopen = {}}),
      acceptor_(
          context_, {},
          [this](std::unique_ptr<websocket::connection> made, websocket::accepted_request const&) {
              table_.add(std::move(made), server::link_kind::websocket);
          }) {}

}  // namespace trunkline::stage
