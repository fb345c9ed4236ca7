"""One call at a time: calls per second of the unchanged client against two servers, in turns.

    python -m compare.latency --published PROGRAM [--seconds N] [--rounds N]
"""
import argparse
import pathlib
import statistics
import tempfile
import time

from acceptance.server import PublishedRustServer, Trunkline

KEY, VALUE = b"latency key", b"v" * 100

CALLS = {
    "read": lambda client: client.read(KEY),
    "write": lambda client: client.write(KEY, VALUE),
    "exists": lambda client: client.exists(KEY),
}


def calls_per_second(client, call, seconds):
    call(client)  # the first one may find things cold
    count, begin = 0, time.perf_counter()
    end = begin + seconds
    while True:
        call(client)
        count += 1
        now = time.perf_counter()
        if now >= end:
            return count / (now - begin)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--published", required=True, help="the published Rust server")
    parser.add_argument("--seconds", type=float, default=2, help="per call and round")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="trunkline-compare-") as folder:
        stores = pathlib.Path(folder)
        published = str(pathlib.Path(options.published).resolve())
        with (PublishedRustServer(published, stores / "published.bin") as theirs,
              Trunkline(stores / "ours.bin") as ours):
            clients = {"published": theirs.client(), "ours": ours.client()}
            for client in clients.values():
                client.write(KEY, VALUE)
            rates = {(who, what): [] for who in clients for what in CALLS}
            for _ in range(options.rounds):
                for what, call in CALLS.items():
                    for who, client in clients.items():
                        rates[who, what].append(calls_per_second(client, call, options.seconds))

    print(f"calls per second, one at a time, median of {options.rounds} rounds "
          f"of {options.seconds:g} s")
    print(f"{'':8}{'published':>12}{'ours':>12}{'ratio':>10}")
    for what in CALLS:
        theirs, ours = (statistics.median(rates[who, what]) for who in ("published", "ours"))
        print(f"{what:8}{theirs:12.1f}{ours:12.1f}{ours / theirs:9.0f}x")


if __name__ == "__main__":
    main()
