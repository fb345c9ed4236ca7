// The families of rules, each in a file of its own.
#pragma once

#include <trunkline/conformance/rule.hpp>

#include <span>

namespace trunkline::conformance {

[[nodiscard]] std::span<rule const> establishment_rules();      ///< EST
[[nodiscard]] std::span<rule const> stranger_rules();           ///< EST, other protocols
[[nodiscard]] std::span<rule const> integrity_rules();          ///< INT: bytes
[[nodiscard]] std::span<rule const> message_integrity_rules();  ///< INT: messages and streams
[[nodiscard]] std::span<rule const> content_rules();            ///< INT: large, compressed
[[nodiscard]] std::span<rule const> delivery_rules();           ///< DLV
[[nodiscard]] std::span<rule const> close_rules();              ///< CLS
[[nodiscard]] std::span<rule const> close_reason_rules();       ///< CLS: what is said
[[nodiscard]] std::span<rule const> state_rules();              ///< STA
[[nodiscard]] std::span<rule const> dispatch_rules();           ///< MUX
[[nodiscard]] std::span<rule const> dispatch_wire_rules();      ///< MUX, against a played peer
[[nodiscard]] std::span<rule const> flow_rules();               ///< FLO
[[nodiscard]] std::span<rule const> flow_send_rules();          ///< FLO, sends that do not wait
[[nodiscard]] std::span<rule const> flow_wire_rules();          ///< FLO, against a played peer
[[nodiscard]] std::span<rule const> cancel_rules();             ///< CAN
[[nodiscard]] std::span<rule const> deadline_rules();           ///< DDL
[[nodiscard]] std::span<rule const> deadline_stream_rules();    ///< DDL: reads and writes
[[nodiscard]] std::span<rule const> two_way_rules();            ///< BID
[[nodiscard]] std::span<rule const> reconnect_rules();          ///< REC
[[nodiscard]] std::span<rule const> release_rules();            ///< RES
[[nodiscard]] std::span<rule const> fault_rules();              ///< FLT: calls and streams
[[nodiscard]] std::span<rule const> fault_link_rules();         ///< FLT: links
[[nodiscard]] std::span<rule const> malformed_rules();          ///< MAL
[[nodiscard]] std::span<rule const> malformed_value_rules();    ///< MAL: what values cost
[[nodiscard]] std::span<rule const> limit_rules();              ///< LIM
[[nodiscard]] std::span<rule const> held_limit_rules();         ///< LIM: what is held
[[nodiscard]] std::span<rule const> liveness_rules();           ///< LIV
[[nodiscard]] std::span<rule const> shutdown_rules();           ///< SHD
[[nodiscard]] std::span<rule const> thread_rules();             ///< THR
[[nodiscard]] std::span<rule const> error_rules();              ///< ERR
[[nodiscard]] std::span<rule const> observation_rules();        ///< OBS
[[nodiscard]] std::span<rule const> security_rules();           ///< SEC

}  // namespace trunkline::conformance
