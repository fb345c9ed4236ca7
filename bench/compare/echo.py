"""Our echo beside those of others, in turns, in one run.

    echo.py --ours PROGRAM --tungstenite PROGRAM --fastwebsockets PROGRAM --beast PROGRAM
            --load PROGRAM
"""
import argparse
import dataclasses
import pathlib

import chart
import report
from rounds import in_turns, median, ratio
from servers import Server


@dataclasses.dataclass(frozen=True)
class Case:
    """64 connections with `depth` messages of `size` bytes under way on each."""
    size: int
    text: str
    depth: int
    against: tuple    # names of the peers that count; the cheapest of them does
    bar: float
    goal: float

    @property
    def name(self):
        return f"echo {self.text}, 64x{self.depth}"

    def flags(self, seconds):
        return ["--operation", "echo", "--size", self.size, "--connections", 64,
                "--depth", self.depth, "--seconds", seconds]


TUNGSTENITE = "tokio-tungstenite"
PEERS = (TUNGSTENITE, "fastwebsockets", "Beast")
CASES = (
    Case(16, "16 B", 16, (TUNGSTENITE,), 3, 3.5),
    Case(1024, "1 KiB", 16, (TUNGSTENITE,), 3, 3.5),
    Case(65536, "64 KiB", 16, PEERS, 0.8, 1),
    Case(65536, "64 KiB", 1, PEERS, 0.8, 1),    # 4 MiB under way instead of 64
)


def servers_of(options):
    def ours(folder):
        return [options.ours, "serve", folder / "store.bin", "--port", "0", "--threads", "1",
                "--log-level", "error", "--echo-path", "/echo"]

    programs = (options.tungstenite, options.fastwebsockets, options.beast)
    return [Server("Trunkline", ours)] + [
        Server(name, lambda _, program=program: [program])
        for name, program in zip(PEERS, programs)]


def reached_in(found, case, servers):
    ours, *peers = servers
    return min(ratio(found, case, ours, peer) for peer in peers if peer.name in case.against)


def cost_rows(found, servers):
    for case in CASES:
        costs = [report.number(median(found, case, each, "server_cpu_us")) for each in servers]
        reached = reached_in(found, case, servers)
        yield [case.name, *costs, f"{reached:.2f}", f"{case.bar:g} / {case.goal:g}",
               "goal" if reached >= case.goal else "bar" if reached >= case.bar else "below"]


def rate_rows(found, servers):
    for case in CASES:
        for each in servers:
            figures = [report.number(median(found, case, each, figure)) for figure in
                       ("requests_per_second", "p50_us", "p99_us", "p99_9_us")]
            private = median(found, case, each, "server_private") / (1 << 20)
            yield [case.name, each.name, *figures, report.number(private)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for program in ("--ours", "--tungstenite", "--fastwebsockets", "--beast", "--load"):
        parser.add_argument(program, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1, help="per run")
    parser.add_argument("--into", type=pathlib.Path, help="folder of the JSON and the chart")
    parser.add_argument("--page", type=pathlib.Path, help="whose tables are replaced")
    options = parser.parse_args()

    servers = servers_of(options)
    found = in_turns(options.load, servers, CASES, lambda case: case.flags(options.seconds),
                     options.rounds)
    about = (f"{report.machine()}; {report.when()}; {options.rounds} rounds of "
             f"{options.seconds:g} s")
    costs = report.table(["messages", *(f"{each.name}, us" for each in servers), "ratio",
                          "bar / goal", "reached"], cost_rows(found, servers))
    rates = report.table(["messages", "server", "messages/s", "p50 us", "p99 us", "p99.9 us",
                          "private MiB"], rate_rows(found, servers))
    print(f"{about}\n\n{costs}\n\n{rates}")
    if options.into:
        report.write_json(options.into / "echo.json", about, found)
        chart.draw(options.into / "echo.svg", "CPU time per message: peer / Trunkline",
                   [(f"{case.name}: {peer.name}", ratio(found, case, servers[0], peer),
                     case.bar if peer.name in case.against else None)
                    for case in CASES for peer in servers[1:]])
    if options.page:
        report.put_between_markers(options.page, "echo", f"{about}:\n\n{costs}\n\n{rates}")


if __name__ == "__main__":
    main()
