// The page about the chat tells the names, kinds and defaults that the program has.
#include <trunkline/chat/settings.hpp>
#include <trunkline/cli/log_settings.hpp>
#include <trunkline/cli/test_flag_page.hpp>

#include <gtest/gtest.h>

namespace trunkline::cli {
namespace {

TEST(chat_page, lists_every_flag_with_kind_and_default) {
    chat::chat_options options;
    log_options logs;
    auto settings = chat::settings_of(options);
    add_log_settings(settings, logs);
    expect_flags(TRUNKLINE_SOURCE_DIR "/docs/chat.md", settings);
}

}  // namespace
}  // namespace trunkline::cli
