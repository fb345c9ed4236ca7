"""Published muxio peers: whole calls and streams, called by either side."""

import re
import signal
import subprocess

from programs import (FOLDER, MUXIO, PATIENCE, Failed, Server, end, run, rust_program, until,
                      versions)

HEADER = {"0.10": "old", "0.14": "old", "0.17": "new"}

# What does not run, and why: the published peer's own.
WITHOUT_STREAMS = {"0.10"}
NO_STREAMS = ("request, answer and both in parts", "none",
              "not there: published handlers of streams came with 0.12")
KILLED = ("the client", "the server is killed under a stream: it fails, once", "1 stream")
PLAIN_IDS = ("both at once", "all of that at the same time", "none",
             "not tried: its request ids are those of its client's calls, and it takes a call for "
             "the answer to its own of that number")


def their_clients():
    rows = []
    for short, version in versions("muxio"):
        with listening([MUXIO, "serve"], f"muxio-client-{short}") as server:
            said = run(rust_program("muxio", short), "connect", "127.0.0.1", server.port)
        rows += rows_of(f"client {version}", short, said)
        lose([MUXIO, "serve"], lambda server: [rust_program("muxio", short), "lose", "127.0.0.1",
                                               server.port], f"muxio-lose-{short}")
        rows.append((f"client {version}", HEADER[short], *KILLED, "passed"))
        if short in WITHOUT_STREAMS:
            rows.append((f"client {version}", HEADER[short], "the server", *NO_STREAMS))
    return rows


def our_client():
    rows = []
    for short, version in versions("muxio"):
        plain_ids = short in WITHOUT_STREAMS
        layout = "b" if HEADER[short] == "new" else "a"
        together = [] if plain_ids else ["together"]
        with listening([rust_program("muxio", short), "serve"], f"muxio-server-{short}") as server:
            said = run(MUXIO, "connect", server.address, layout, *together)
            found = run(MUXIO, "find", server.address)
        rows += rows_of(f"server {version}", short, f"{said}\n{found}")
        lose([rust_program("muxio", short), "serve"],
             lambda server: [MUXIO, "lose", server.address, layout], f"muxio-lost-{short}")
        rows.append((f"server {version}", HEADER[short], *KILLED, "passed"))
        if plain_ids:
            rows.append((f"server {version}", HEADER[short], "the client", *NO_STREAMS))
            rows.append((f"server {version}", HEADER[short], *PLAIN_IDS))
    return rows


def lose(command, client_of, name):
    """Kills the server under a stream."""
    log = FOLDER / f"{name}.client.log"
    with listening(command, name) as server, open(log, "w") as out:
        client = subprocess.Popen([str(word) for word in client_of(server)], stdout=out,
                                  stderr=subprocess.STDOUT)
        try:
            until(lambda: "calling" in log.read_text(), client, log)
            server.program.kill()
            if client.wait(timeout=PATIENCE) != 0:
                raise Failed(f"{client.args}\n{log.read_text()[-4000:]}")
        finally:
            end(client)


def rows_of(who, short, said):
    return [(who, HEADER[short], *line.split("|"), "passed") for line in said.splitlines()]


class listening:
    """A server that prints its port and ends with its standard input."""

    def __init__(self, command, name):
        log = FOLDER / f"{name}.log"
        self.server = Server(command, log, lambda: port_in(log))

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


def port_in(log):
    first = re.match(r".*\D(\d+)(/ws)?\n", log.read_text(errors="replace"))
    return first and first.group(1)
