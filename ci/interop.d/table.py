"""The page docs/compatibility.md."""

import re

PAGE = """\
# Compatibility with the published Rust programs

Written by `ci/interop --write`, not edited by hand; `ci/interop` fails when one line of it does not
hold. What ran, and how to run it with other seeds, is in
[conformance/interop](../conformance/interop/README.md).

## Wire

The header of frames has 21 bytes up to muxio 0.14 (old) and 13 since (new). Our server finds out on
one port which one a client speaks; our client finds out which one a server answers to.

### Published clients, our server

{clients}

### Our client, published servers

{servers}

## Calls and streams

Programs on the published crates with methods of their own, whole and in parts. Either side calls
the other one; "both at once" is all kinds from both sides at the same time. A published peer keeps
no border of a part but that of its frame, so parts are smaller than a frame; bytes and messages
are of any size, through the streams of the library. Over `ws` the peers are the WebSocket crates;
over `unix` the local-socket crates, under an abstract name (`unix:@name`); over `tcp` the blocking
crates, which take the two halves of any connection.

### Published muxio clients, our library as the server

{muxio_clients}

### Our library as the client, published muxio servers

{muxio_servers}

{chat}## File

Random histories on two stores each: single, batched, streamed and hashed writes, deletes, renames,
copies, transfers, refused calls, compactions and reopenings. Both sides play the same histories,
alone and in turns from one reopening to the next; then each side opens every file and finds every
key, every value and their order. Every file has the bytes, and every call the outcome, of a plain
model of the format. The last column counts the files in which a published defect shows: deleting a
key once more after reopening writes another tombstone in the crate, and nothing in Trunkline.

{stores}
"""


CHAT = """\
## Chat

The published chat programs, unchanged, on the other side of ours, in both protocols. Of two that
talk each shows what is said, names, and who comes and goes: exactly that, in the same order.

{rows}

"""


def rows_of(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def chat_section(rows):
    return CHAT.format(rows=rows_of(["published", "ours", "what ran", "result"], rows))


def chat_of(present):
    """What a page tells of the chat."""
    found = re.search(r"^## Chat\n.*?(?=^## )", present, re.DOTALL | re.MULTILINE)
    return found[0] if found else ""


def page(clients, servers, peers, stores, chat):
    """`chat` is the whole section."""
    wire = ["published", "header", "what ran", "result"]
    peer = ["published", "over", "header", "who calls", "what", "how many", "result"]
    passed = [(*row, "passed") for row in clients]
    return PAGE.format(
        clients=rows_of(wire, passed),
        servers=rows_of(wire, [(*row, "passed") for row in servers]),
        muxio_clients=rows_of(peer, peers[0]),
        muxio_servers=rows_of(peer, peers[1]),
        chat=chat,
        stores=rows_of(["published", "alignment", "written by", "files", "by the defect"], stores))
