#!/usr/bin/env python3
"""What idle connections cost `trunkline serve`, in bytes of its own memory for each.

Starts the program with one thread, opens WebSocket connections, 64 connecting at once, and compares
/proc/PID/smaps_rollup before the first connection with when all are held, and again after a time in
which every peer was probed. Mapped files (the program, libraries, the store) are not counted as
private; the resident size has them.

    bench/idle_memory.py [--program build/release/bin/trunkline] [--counts 10000,19000] [--wait 12]
                         [--tls]

With --tls the connections are those of wss://, with a certificate that openssl(1) makes.
"""

import argparse
import contextlib
import pathlib
import re
import resource
import selectors
import socket
import ssl
import subprocess
import sys
import tempfile
import time

REQUEST = (
    b"GET /ws HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
AT_ONCE = 64
PER_ADDRESS = 15_000  # source ports of one loopback address


def memory_of(process):
    """Anonymous and resident bytes."""
    rollup = pathlib.Path(f"/proc/{process}/smaps_rollup").read_text()
    sizes = {name: int(size) * 1024 for name, size in re.findall(r"(\w+):\s+(\d+) kB", rollup)}
    return sizes["Anonymous"], sizes["Rss"]


def certify(folder):
    """Files of a certificate and its key."""
    files = [f"{folder}/cert.pem", f"{folder}/key.pem"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1",
         "-out", files[0], "-keyout", files[1]],
        check=True, stderr=subprocess.DEVNULL)
    return files


def connect(address, count, held, trust):
    """Opens connections until `count` are held."""
    while len(held) < count:
        batch = []
        for _ in range(min(AT_ONCE, count - len(held))):
            link = socket.socket()
            link.bind((f"127.0.0.{1 + (len(held) + len(batch)) // PER_ADDRESS}", 0))
            link.connect(address)
            if trust:
                link = trust.wrap_socket(link, server_hostname="127.0.0.1")
            link.sendall(REQUEST)
            batch.append(link)
        for link in batch:
            answer = b""
            while not answer.endswith(b"\r\n\r\n"):
                answer += link.recv(4096) or sys.exit("a connection ended in its handshake")
            if not answer.startswith(b"HTTP/1.1 101"):
                sys.exit(f"refused: {answer.decode()}")
            link.setblocking(False)
        held += batch


def answer_pings(held, seconds):
    """Answers pings, which are empty, for so long."""
    pong = b"\x8a\x80\0\0\0\0"
    nothing_yet = (ssl.SSLWantReadError, BlockingIOError)
    waiting = selectors.DefaultSelector()
    for link in held:
        waiting.register(link, selectors.EVENT_READ)
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        for key, _ in waiting.select(left):
            with contextlib.suppress(*nothing_yet):
                if key.fileobj.recv(64) == b"":
                    sys.exit("the server has ended a connection")
                key.fileobj.send(pong)
    waiting.close()


def measure(program, count, wait, through_tls):
    """Prints the row of one count."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as at_end:
        command = [program, "serve", f"{folder}/store.bin", "--threads", "1", "--listen"]
        command += ["wss://127.0.0.1:0/ws" if through_tls else "ws://127.0.0.1:0/ws"]
        trust = None
        if through_tls:
            own = certify(folder)
            trust = ssl.create_default_context(cafile=own[0])
            command += ["--tls-cert", own[0], "--tls-key", own[1]]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        at_end.callback(server.wait)
        at_end.callback(server.terminate)
        line = ""
        while not line.startswith("Server running on "):
            line = server.stdout.readline().decode() or sys.exit("the server did not start")
        address = ("127.0.0.1", int(line.rsplit(":", 1)[1].removesuffix("/ws\n")))
        before = memory_of(server.pid)
        held = []
        began = time.monotonic()
        connect(address, count, held, trust)
        seconds = time.monotonic() - began
        at_once = memory_of(server.pid)
        answer_pings(held, wait)
        later = memory_of(server.pid)
        figures = [(now[i] - before[i]) / count for now in (at_once, later) for i in (0, 1)]
        print(f"| {count} | {seconds:.1f} | " + " | ".join(f"{one:.1f}" for one in figures) + " |")
        for link in held:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            link.close()


def main():
    """Measures every count in a server of its own."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--program", default="build/release/bin/trunkline")
    asked.add_argument("--counts", default="10000,19000")
    asked.add_argument("--wait", type=float, default=12, help="seconds of probing")
    asked.add_argument("--tls", action="store_true", help="connections of wss://")
    options = asked.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print("| connections | seconds to connect | private | resident | private after pings | "
          "resident after pings |\n|---|---|---|---|---|---|")
    for count in map(int, options.counts.split(",")):
        if count + 64 > most:
            sys.exit(f"{count} connections need a higher limit on open files (ulimit -Hn: {most})")
        measure(options.program, count, options.wait, options.tls)


if __name__ == "__main__":
    main()
