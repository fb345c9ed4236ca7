// What is found out about a store file, as one JSON object on one line.
#pragma once

#include <trunkline/store/check.hpp>
#include <trunkline/store/open_report.hpp>
#include <trunkline/store/stat.hpp>

#include <boost/json.hpp>

#include <string>

namespace trunkline::cli {

[[nodiscard]] boost::json::object as_json(store::open_report const& report);
[[nodiscard]] boost::json::object as_json(store::check_report const& report);
[[nodiscard]] boost::json::object as_json(store::file_stat const& stat);

}  // namespace trunkline::cli
