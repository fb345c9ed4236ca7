"""Runs all of ci/interop that is not building; compares or writes docs/compatibility.md."""

import argparse
import difflib
import subprocess
import sys

import chat
import conform
import files
import muxio
import programs
import table
import wire

SEED = 1
HISTORIES = 1000
PAGE = programs.ROOT / "docs/compatibility.md"


def present_page():
    return PAGE.read_text() if PAGE.exists() else ""


def talked():
    """The section about the chat: as it is, where its programs cannot run."""
    if lacks := chat.missing():
        print(f"ci/interop: the published chat is left out: {lacks}", file=sys.stderr, flush=True)
        return table.chat_of(present_page())
    print("published chat", flush=True)
    return table.chat_section(chat.rows())


def compare(page):
    """Ends the program when the page of the project is another one."""
    present = present_page()
    if page != present:
        sys.stdout.writelines(difflib.unified_diff(
            present.splitlines(True), page.splitlines(True), "docs/compatibility.md", "this run"))
        sys.exit("ci/interop: FAILED: docs/compatibility.md tells something else; "
                 "`ci/interop --write` writes it anew")


def main():
    parser = argparse.ArgumentParser(prog="ci/interop")
    parser.add_argument("--servers", nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--histories", type=int, default=HISTORIES)
    parser.add_argument("--write", action="store_true", help="write docs/compatibility.md")
    ours = sys.argv[1:]
    split = ours.index("--")
    given = parser.parse_args(ours[:split] + ours[split + 1:])
    on_page = (given.seed, given.histories) == (SEED, HISTORIES)
    if given.write and not on_page:
        parser.error("--write takes the seed and the histories of the page only")

    programs.FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        print("published clients, our server", flush=True)
        clients = wire.their_clients(given.seed)
        print("our client, published servers", flush=True)
        servers = wire.our_client(given.servers, given.seed)
        print("rules from outside, published servers", flush=True)
        conform.published_servers(given.servers)
        print("published muxio peers", flush=True)
        peers = muxio.their_clients(), muxio.our_client()
        chats = talked()
        print("histories", flush=True)
        stores = files.histories(given.seed, given.histories)
    except (programs.Failed, subprocess.TimeoutExpired) as failed:
        sys.exit(f"ci/interop: FAILED with --seed {given.seed} --histories {given.histories}\n"
                 f"{failed}\nThe files are in {programs.FOLDER}.")
    page = table.page(clients, servers, peers, stores, chats)
    print(page)
    if given.write:
        PAGE.write_text(page)
    elif on_page:
        compare(page)


main()
