#!/usr/bin/env python3
"""What an operation costs `trunkline serve` in CPU time with one thread and with several.

Starts the program over an empty store, once for each number of threads and in turns, and the load
generator beside it. Neither is pinned: they share the CPUs of the machine, so rates say little, but
CPU time of the server per operation stays the same where its threads do not wait for each other.

    bench/threads.py [--program build/release/bin/trunkline]
                     [--load build/release/bench/trunkline_load] [--threads 1,2]
                     [--rounds 5] [--seconds 1] [--folder /dev/shm]
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile

# Connections are spread over the threads by the system, so there are many.
WORK = (
    ("read 100 B", "64x16", ("read", 64, 16, 100)),
    ("read 100 B", "64x64", ("read", 64, 64, 100)),
    ("read 64 KiB", "64x4", ("read", 64, 4, 65536)),
    ("write 100 B", "64x64", ("write", 64, 64, 100)),
)


def measure(given, threads, work):
    """One run: what the load generator says."""
    operation, connections, depth, size = work
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        place = pathlib.Path(folder)
        server = subprocess.Popen(
            [given.program, "serve", place / "store.bin", "--port", "0", "--threads", str(threads)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            lines = iter(server.stdout.readline, "")
            address = next(line for line in lines if line.startswith("Server running on "))
            flags = {
                "port": address.rsplit(":", 1)[1].strip(),
                "operation": operation,
                "connections": connections,
                "depth": depth,
                "size": size,
                "seconds": given.seconds,
                "server-pid": server.pid,
            }
            command = [given.load]
            for name, value in flags.items():
                command += [f"--{name}", str(value)]
            told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        finally:
            server.terminate()
            server.wait()
    return json.loads(told)


def main():
    read = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    read.add_argument("--program", default="build/release/bin/trunkline")
    read.add_argument("--load", default="build/release/bench/trunkline_load")
    read.add_argument("--threads", default="1,2")
    read.add_argument("--rounds", type=int, default=5)
    read.add_argument("--seconds", type=float, default=1.0)
    read.add_argument("--folder", default="/dev/shm")
    given = read.parse_args()
    numbers = [int(each) for each in given.threads.split(",")]
    heads = [f"{each} threads, us" if each > 1 else "1 thread, us" for each in numbers]
    print("| work | shape |", " | ".join(heads), "| ratio | requests/s |")
    print("| --- | --- |", " | ".join("---" for _ in heads), "| --- | --- |")
    for name, shape, work in WORK:
        runs = {each: [] for each in numbers}
        for _ in range(given.rounds):
            for each in numbers:
                runs[each].append(measure(given, each, work))
        costs = [[run["server_cpu_us"] for run in runs[each]] for each in numbers]
        ratio = statistics.median(last / first for first, last in zip(costs[0], costs[-1]))
        rates = [
            statistics.median(run["requests_per_second"] for run in runs[each]) for each in numbers
        ]
        print(
            f"| {name} | {shape} |",
            " | ".join(f"{statistics.median(cost):.2f}" for cost in costs),
            f"| {ratio:.2f} |",
            " / ".join(f"{rate:,.0f}" for rate in rates),
            "|",
            flush=True,
        )


if __name__ == "__main__":
    main()
