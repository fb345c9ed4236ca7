"""One that speaks and many that hear: our chat beside others, in turns, in one run.

    fan_out.py --ours PROGRAM --tungstenite PROGRAM [--published PROGRAM]
"""
import argparse
import collections
import dataclasses
import pathlib
import socket
import sys

import chart
import report
from rounds import median, ratio, taking_turns
from servers import Failed, Server, bench

PUBLISHED = "published fast server"
PUBLISHED_PORT = 8080               # it has no other
SLOW_JOINS = 4_000                  # members above which its joins take minutes: one round of them
BAR = 2


@dataclasses.dataclass(frozen=True)
class Case:
    """`rate` messages of 100 bytes a second, each to `members`; `depth` of them under way at most:
    who is late sends no burst beyond that."""
    members: int
    rate: int
    depth: int

    @property
    def name(self):
        return f"{self.members:,} members, {self.depth} at a time"

    def flags(self, seconds, is_published):
        flags = [self.members, seconds, 64, "--mode", "fan-out", "--protocol", "binary",
                 "--message-rate", self.rate, "--depth", self.depth, "--size", 100,
                 "--patience", "10min"]
        # A join there is a message to every member, and who is 10,000 behind hears nothing more.
        return flags + (["--rate", 40] if is_published and self.members > SLOW_JOINS else [])


CASES = (
    Case(1_000, 40, 1),
    Case(1_000, 400, 16),
    Case(15_000, 4, 1),
    Case(15_000, 20, 16),
)


def servers_of(options):
    found = [
        Server("Trunkline", lambda _: [options.ours, "chat", "--port", "0", "--threads", "1",
                                       "--log-level", "error"]),
        Server("tokio-tungstenite", lambda _: [options.tungstenite])]
    if options.published:
        found.append(Server(
            PUBLISHED, lambda _: [options.published],
            says=r"Address: ws://0\.0\.0\.0:(\d+)[\s\S]*Worker 0 started"))
    return found


def asking(options):
    """once() for taking_turns()."""
    turns = collections.Counter()
    slow_turns = 0 if options.quick else 1

    def once(running, case):
        is_published = running.server.name == PUBLISHED
        turns[running.server.name, case] += 1
        if is_published and case.members > SLOW_JOINS and turns[PUBLISHED, case] > slow_turns:
            return {}
        found = bench(options.ours, running, case.flags(options.seconds, is_published))
        delivered = found["received"]["messages"]  # notices of the last joins, too
        expected = found["sent"]["messages"] * case.members
        if found["latency_us"]["count"] != expected:
            raise Failed(f"{running.server.name}: {found['latency_us']['count']} messages were "
                         f"delivered, not {expected}")
        cost = found["server_cpu_seconds"] * 1e6 / delivered
        print(f"{case.name}: {running.server.name}: {cost:.2f} us", file=sys.stderr, flush=True)
        return {"server_cpu_us": cost,
                "delivered_per_second": found["answers_per_second"],
                "p50_us": found["latency_us"]["p50"], "p99_us": found["latency_us"]["p99"],
                "server_private": found["server_private"]}
    return once


def there(found, case, servers):
    """Those of which there is a round."""
    return [each for each in servers if (case.name, each.name) in found]


def cost_rows(found, cases, servers):
    for case in cases:
        costs = {each: report.number(median(found, case, each, "server_cpu_us"))
                 for each in there(found, case, servers)}
        ratios = {each: ratio(found, case, servers[0], each) for each in costs}
        reached = min(ratios[each] for each in costs if each != servers[0]) >= BAR
        yield [case.name, *(costs.get(each, "") for each in servers),
               *(f"{ratios[each]:.2f}" if each in ratios else "" for each in servers[1:]), BAR,
               "yes" if reached else "below"]


def rate_rows(found, cases, servers):
    for case in cases:
        for each in there(found, case, servers):
            figures = [report.number(median(found, case, each, figure)) for figure in
                       ("delivered_per_second", "p50_us", "p99_us")]
            private = median(found, case, each, "server_private") / (1 << 20)
            yield [case.name, each.name, *figures, report.number(private)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for program in ("--ours", "--tungstenite"):
        parser.add_argument(program, required=True)
    parser.add_argument("--published")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="per run")
    parser.add_argument("--quick", action="store_true",
                        help="without the joins of the published server that take minutes")
    parser.add_argument("--only", nargs="+", default=[""], help="cases that begin so")
    parser.add_argument("--into", type=pathlib.Path, help="folder of the JSON and the chart")
    parser.add_argument("--page", type=pathlib.Path, help="whose tables are replaced")
    options = parser.parse_args()
    if options.published:
        with socket.socket() as taken:
            if taken.connect_ex(("127.0.0.1", PUBLISHED_PORT)) == 0:
                parser.error(f"something else has port {PUBLISHED_PORT}")

    cases = [each for each in CASES if each.name.startswith(tuple(options.only))]
    servers = servers_of(options)
    found = taking_turns(asking(options), servers, cases, options.rounds)
    about = (f"{report.machine()}; {report.when()}; {options.rounds} rounds of "
             f"{options.seconds} s")
    costs = report.table(
        ["room", *(f"{each.name}, us" for each in servers),
         *(f"{each.name} / Trunkline" for each in servers[1:]), "bar", "reached"],
        cost_rows(found, cases, servers))
    rates = report.table(["room", "server", "delivered/s", "p50 us", "p99 us", "private MiB"],
                         rate_rows(found, cases, servers))
    print(f"{about}\n\n{costs}\n\n{rates}")
    if options.into:
        report.write_json(options.into / "fan_out.json", about, found)
        chart.draw(options.into / "fan_out.svg", "CPU time per delivery: peer / Trunkline",
                   [(f"{case.name}: {peer.name}", ratio(found, case, servers[0], peer), BAR)
                    for case in cases for peer in there(found, case, servers[1:])])
    if options.page:
        report.put_between_markers(options.page, "fan out", f"{about}:\n\n{costs}\n\n{rates}")


if __name__ == "__main__":
    main()
