"""Runs all of ci/interop that is not building, and writes docs/compatibility.md."""

import argparse
import subprocess
import sys

import files
import programs
import table
import wire

SEED = 1
HISTORIES = 1000


def main():
    parser = argparse.ArgumentParser(prog="ci/interop")
    parser.add_argument("--servers", nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--histories", type=int, default=HISTORIES)
    ours = sys.argv[1:]
    split = ours.index("--")
    given = parser.parse_args(ours[:split] + ours[split + 1:])

    programs.FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        print("published clients, our server", flush=True)
        clients = wire.their_clients(given.seed)
        print("our client, published servers", flush=True)
        servers = wire.our_client(given.servers, given.seed)
        print("histories", flush=True)
        stores = files.histories(given.seed, given.histories)
    except (programs.Failed, subprocess.TimeoutExpired) as failed:
        sys.exit(f"ci/interop: FAILED with --seed {given.seed} --histories {given.histories}\n"
                 f"{failed}\nThe files are in {programs.FOLDER}.")
    if (given.seed, given.histories) == (SEED, HISTORIES):
        (programs.ROOT / "docs/compatibility.md").write_text(table.page(clients, servers, stores))
    print(table.page(clients, servers, stores))


main()
