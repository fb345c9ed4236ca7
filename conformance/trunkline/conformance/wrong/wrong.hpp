// Transports and drivers that are wrong on purpose, each in one point: what the kit is tested with.
#pragma once

#include <trunkline/conformance/rule.hpp>
#include <trunkline/conformance/subject.hpp>

#include <string_view>
#include <vector>

namespace trunkline::conformance {

/// One of them. A value; texts live as long as the program.
struct wrong_transport {
    std::string_view fault;  ///< what it does, in words
    subject under_test;
    std::string_view seen_by = {};  ///< the rule that it was made for, where there is one
};

/// All of them: over simulated pipes, and over sockets where the wrong lies with those.
[[nodiscard]] std::vector<wrong_transport> wrong_transports();

/// Whether the rule fails on it, in the first shape and either role.
[[nodiscard]] bool is_caught(subject const& wrong, rule const& by);

/// One that is put together as they are, and nothing is wrong with it: what catches it is wrong
/// itself.
[[nodiscard]] subject right_transport(bool messages);
/// Likewise on a loop.
[[nodiscard]] subject right_driver();
/// Likewise of frames; but it gives them only once they are whole, which some rules do not take.
[[nodiscard]] subject right_frames();

/// Those whose connections are wrong, also in what they keep, those that do wrong to single frames
/// and to what they say, those whose listeners and dialers are wrong, those that are wrong about
/// who somebody is, loops, and those of all kinds that leave something behind.
void add_wrong_links(std::vector<wrong_transport>& to);
void add_hoarding_links(std::vector<wrong_transport>& to);
void add_wrong_frames(std::vector<wrong_transport>& to);
void add_wrong_words(std::vector<wrong_transport>& to);
void add_wrong_networks(std::vector<wrong_transport>& to);
void add_wrong_identities(std::vector<wrong_transport>& to);
void add_wrong_drivers(std::vector<wrong_transport>& to);
void add_leaving_parts(std::vector<wrong_transport>& to);

}  // namespace trunkline::conformance
