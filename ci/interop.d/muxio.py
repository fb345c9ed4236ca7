"""Published muxio peers: whole calls and streams, called by either side, over each transport."""

import os
import re
import signal
import subprocess

from programs import (FOLDER, MUXIO, PATIENCE, Failed, Server, end, run, rust_program, until,
                      versions)

# Where servers listen, by the name of the members in the Rust workspace.
LISTEN = {
    "muxio": "ws://127.0.0.1:0/ws",
    "local": f"unix:@trunkline-interop-{os.getpid()}",
    "blocking": "tcp://127.0.0.1:0",
}
HEADER = {"0.10": "old", "0.11": "old", "0.14": "old", "0.17": "new"}

# What does not run, and why: the published peer's own.
WITHOUT_STREAMS = {"0.10", "0.11"}
NO_STREAMS = ("request, answer and both in parts", "none",
              "not there: published handlers of streams came with 0.12")
NO_CANCELS = ("cancelled before the end of the request, and in the middle", "none",
              "not tried: of what it reads from the socket at once it drops all behind a cancel")
KILLED = ("the client", "the server is killed under a stream: it fails, once", "1 stream")
PLAIN_IDS = ("both at once", "all of that at the same time", "none",
             "not tried: its request ids are those of its client's calls, and it takes a call for "
             "the answer to its own of that number")


class Published:
    """One version of the published crates of one transport."""

    def __init__(self, kind, short, version):
        self.program = rust_program(kind, short)
        self.listen = LISTEN[kind]
        self.name = f"{kind}-{short}"
        self.head = (version, self.listen.partition(":")[0], HEADER[short])
        self.streams = short not in WITHOUT_STREAMS
        self.cancels = kind == "muxio"  # there each frame comes alone
        # Ids of servers have their high bit since 0.14, and never in the blocking crates.
        self.plain_ids = not self.streams or kind == "blocking"

    @property
    def layout(self):
        return "b" if self.head[-1] == "new" else "a"

    def row(self, who, *rest):
        return (f"{who} {self.head[0]}", *self.head[1:], *rest)

    def rows(self, who, said):
        return [self.row(who, *line.split("|"), "passed") for line in said.splitlines()]


def published():
    return [Published(kind, *each) for kind in LISTEN for each in versions(kind)]


def their_clients():
    rows = []
    for each in published():
        ours = [MUXIO, "serve", each.listen]
        with listening(ours, f"{each.name}-client") as server:
            said = run(each.program, "connect", server.place)
        rows += each.rows("client", said)
        lose(ours, lambda url, each=each: [each.program, "lose", url], f"{each.name}-lose")
        rows.append(each.row("client", *KILLED, "passed"))
        if not each.streams:
            rows.append(each.row("client", "the server", *NO_STREAMS))
        if not each.cancels:
            rows.append(each.row("client", "the server", *NO_CANCELS))
    return rows


def our_client():
    rows = []
    for each in published():
        theirs = [each.program, "serve", each.listen]
        together = [] if each.plain_ids else ["together"]
        with listening(theirs, f"{each.name}-server") as server:
            said = run(MUXIO, "connect", server.place, each.layout, *together)
            found = run(MUXIO, "find", server.place)
        rows += each.rows("server", f"{said}\n{found}")
        lose(theirs, lambda url, each=each: [MUXIO, "lose", url, each.layout], f"{each.name}-lost")
        rows.append(each.row("server", *KILLED, "passed"))
        if not each.streams:
            rows.append(each.row("server", "the client", *NO_STREAMS))
        if not each.cancels:
            rows.append(each.row("server", "the client", *NO_CANCELS))
        if each.plain_ids:
            rows.append(each.row("server", *PLAIN_IDS))
    return rows


def lose(command, client_of, name):
    """Kills the server under a stream."""
    log = FOLDER / f"{name}.client.log"
    with listening(command, name) as server, open(log, "w") as out:
        client = subprocess.Popen([str(word) for word in client_of(server.place)], stdout=out,
                                  stderr=subprocess.STDOUT)
        try:
            until(lambda: "calling" in log.read_text(), client, log)
            server.program.kill()
            if client.wait(timeout=PATIENCE) != 0:
                raise Failed(f"{client.args}\n{log.read_text()[-4000:]}")
        finally:
            end(client)


class listening:
    """A server that prints its URL and ends with its standard input."""

    def __init__(self, command, name):
        log = FOLDER / f"{name}.log"
        self.server = Server(command, log, lambda: url_in(log))

    def __enter__(self):
        return self.server

    def __exit__(self, failed, *_):
        try:
            self.server.program.stdin.close()
            if not failed and self.server.wait() not in (0, -signal.SIGKILL):
                raise Failed(f"{self.server.program.args} did not end in order:\n"
                             f"{self.server.log.read_text()[-4000:]}")
        finally:
            end(self.server.program)


def url_in(log):
    first = re.match(r"listening on (\S+)\n", log.read_text(errors="replace"))
    return first and first.group(1)
