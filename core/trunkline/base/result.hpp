// The one way in which Trunkline reports failure across an interface.
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

namespace trunkline {

/// A number and its category; docs/errors.md has all of ours.
using error_code = boost::system::error_code;

/// A value or an error_code. The class itself is not [[nodiscard]] in Boost 1.81, so every function
/// that returns one is.
template <class Value>
using result = boost::system::result<Value>;

}  // namespace trunkline
