#!/usr/bin/env python3
"""What a call costs over each transport, beside an echo over a bare socket of the same kind.

The program takes both in turns, round by round, each end on a thread and a CPU of its own; this
script makes a table of the medians.

    bench/transports.py [--program build/release/bench/transports_bench]
                        [--rounds 3] [--seconds 1] [--page docs/performance.md]

--page: the table goes there, between its markers.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "compare"))
import report  # noqa: E402

BESIDE = {
    "memory": "nothing",
    "unix": "a socket",
    "tcp": "a socket",
    "ws": "Beast",
    "tls": "OpenSSL",
    "wss": "Beast",
}
HEADS = ("transport", "bytes", "at once", "CPU, us", "p50, us", "calls/s", "beside it", "CPU, us",
         "p50, us", "echoes/s", "ratio of CPU", "ratio of p50")
FIGURES = ("server_cpu_us", "p50_us", "calls_per_second")


def measured(given):
    """{(transport, size, depth): {side: {figure: [one per round]}}}, as the program goes on."""
    found = {}
    program = subprocess.Popen(
        [given.program, "--rounds", str(given.rounds), "--seconds", str(given.seconds)],
        stdout=subprocess.PIPE, text=True)
    for line in program.stdout:
        print(line, end="", file=sys.stderr, flush=True)
        run = json.loads(line)
        row = found.setdefault((run["transport"], run["size"], run["depth"]), {})
        side = row.setdefault(run["side"], {figure: [] for figure in FIGURES})
        for figure in FIGURES:
            side[figure].append(run[figure])
    if program.wait() != 0:
        sys.exit(f"{given.program} has failed")
    return found


def medians(side):
    return [report.number(statistics.median(side[figure])) for figure in FIGURES]


def ratio(sides, figure):
    """How many times as much ours takes: the median of the rounds' ratios, since both runs of a
    round saw the same machine."""
    pairs = zip(sides["ours"][figure], sides["bare"][figure])
    return f"{statistics.median(ours / bare for ours, bare in pairs):.2f}"


def rows_of(found):
    for (transport, size, depth), sides in found.items():
        beside = ["", "", "", "", ""]
        if "bare" in sides:
            beside = [*medians(sides["bare"]), ratio(sides, "server_cpu_us"),
                      ratio(sides, "p50_us")]
        yield [transport, f"{size:,}", depth, *medians(sides["ours"]), BESIDE[transport],
               *beside]


def main():
    read = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    read.add_argument("--program", default="build/release/bench/transports_bench")
    read.add_argument("--rounds", type=int, default=3)
    read.add_argument("--seconds", type=float, default=1.0)
    read.add_argument("--page", type=pathlib.Path)
    given = read.parse_args()
    table = report.table(HEADS, rows_of(measured(given)))
    about = f"{report.machine()}; {report.when()}; {given.rounds} rounds of {given.seconds:g} s:"
    if given.page:
        report.put_between_markers(given.page, "transports", f"{about}\n\n{table}")
    else:
        print(f"{about}\n\n{table}")


if __name__ == "__main__":
    main()
