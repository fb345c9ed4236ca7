// A transport of which there is one side only, and who lends it the other one.
#pragma once

#include <trunkline/conformance/subject.hpp>

namespace trunkline::conformance {

/// The clients of one transport and the servers of another that speaks the same, for a program that
/// only dials or only listens: its subject, and one of socket_subjects() or simulated_subjects().
/// Endpoints are those of `listens`. It has the name of `dials`, and of features what both have;
/// its links cannot be disturbed.
[[nodiscard]] subject two_sided(subject const& dials, subject const& listens);

}  // namespace trunkline::conformance
