// A list of failures that are known: each entry has to fail, and goes when it does not.
//
//     # RULE TRANSPORT [SHAPE]  # reason
//     FLO-04 tls                # the last record waits for company
//     DLV-04 ws one_byte        # a frame header is split
#pragma once

#include <trunkline/conformance/rule.hpp>
#include <trunkline/conformance/subject.hpp>
#include <trunkline/transport/simulated_pipe.hpp>

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace trunkline::conformance {

/// One line of the list. A value.
struct known_failure {
    std::string file;
    std::size_t line = 0;  ///< from 1
    std::string rule;
    std::string transport;
    std::optional<transport::delivery_shape> shape;  ///< none: some run of the rule fails there
    std::string reason;
};

/// "FLO-03 tls one_byte".
[[nodiscard]] std::string text_of(known_failure const& entry);

/// Why a list cannot be taken.
enum class known_failures_error : std::uint8_t {
    unreadable,         ///< the file cannot be read
    missing_fields,     ///< no rule, or no transport
    extra_field,        ///< more than rule, transport and shape
    no_reason,          ///< nothing behind "#"
    unknown_rule,       ///< the kit has no rule of this id
    unknown_transport,  ///< no subject of this name
    unknown_shape,      ///< no delivery shape of this name
    repeated,           ///< stands in an earlier line
};

/// What is wrong with a list, and where. A value.
struct known_failures_fault {
    known_failures_error why = known_failures_error::unreadable;
    std::string file;
    std::size_t line = 0;  ///< from 1; 0: the file as a whole
    std::string word;      ///< that is wrong, where there is one

    /// "known.txt:7: there is no rule FLO-99".
    [[nodiscard]] std::string message() const;
};

/// The list, or the first thing that is wrong with it.
using known_failures_result =
    boost::system::result<std::vector<known_failure>, known_failures_fault>;

/// Reads a list about these rules and transports; `file` names it in what is said of it.
[[nodiscard]] known_failures_result read_known_failures(std::istream& from, std::string const& file,
                                                        std::span<rule const> rules,
                                                        std::span<subject const> subjects);
/// Likewise from a file.
[[nodiscard]] known_failures_result read_known_failures(std::filesystem::path const& file,
                                                        std::span<rule const> rules,
                                                        std::span<subject const> subjects);

}  // namespace trunkline::conformance
