"""How many messages our chat delivers in a second, and how long they take at half that load.

    chat_rates.py --ours PROGRAM
"""
import argparse
import tempfile

import report
from servers import Server, bench

MEMBERS = 100                 # of one room, each of whom speaks
DELIVERED_GOAL = 100_000      # a second
P99_GOAL_US = 1_000


def measured(options, delivered):
    """What was found where so many messages are to be delivered in a second."""
    chat = Server("trunkline chat", lambda _: [options.ours, "chat", "--port", "0", "--threads",
                                               "1", "--log-level", "error"])
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as folder, \
            chat.running(folder) as running:
        return bench(options.ours, running, [
            MEMBERS, options.seconds, 64, "--mode", "chat", "--protocol", "binary",
            "--message-rate", delivered // MEMBERS, "--size", 100])


def row(found, goal, is_reached):
    latency = found["latency_us"]
    busy = found["seconds"] * 10_000    # a hundredth of it, in microseconds
    return [f"{found['answers_per_second']:,.0f}",
            *(report.number(latency[each]) for each in ("p50", "p99", "p99_9", "max")),
            report.number(found["server_cpu_seconds"] * 1e6 / latency["count"]),
            f"{found['server_cpu_seconds'] * 1e6 / busy:.0f} / "
            f"{found['own_cpu_seconds'] * 1e6 / busy:.0f}",
            goal, "yes" if is_reached else "no"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ours", required=True)
    parser.add_argument("--seconds", type=int, default=10, help="per run")
    options = parser.parse_args()
    whole = measured(options, DELIVERED_GOAL)
    half = measured(options, DELIVERED_GOAL // 2)
    # A run lasts until the last answer, a little longer than messages are due.
    rate_reached = whole["answers_per_second"] >= 0.99 * DELIVERED_GOAL
    p99_reached = half["latency_us"]["p99"] < P99_GOAL_US
    print(f"{report.machine()}; {report.when()}; {MEMBERS} members, {options.seconds} s each\n")
    print(report.table(
        ["delivered/s", "p50 us", "p99 us", "p99.9 us", "max us", "server CPU us",
         "busy, server / bench, %", "goal", "reached"],
        [row(whole, f"{DELIVERED_GOAL:,} a second", rate_reached),
         row(half, f"p99 below {P99_GOAL_US:,} us", p99_reached)]))
    return 0 if rate_reached and p99_reached else 1


if __name__ == "__main__":
    raise SystemExit(main())
