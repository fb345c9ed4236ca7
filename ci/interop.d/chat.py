"""The published chat programs: their clients and ours in our chat and in their servers.

    chat.py    talks, and prints the rows of the page

Their servers and their plain client know no port but 8080, so all of it has a network of its own,
in which that port is free: `rows()` runs this file there (`unshare --net`).
"""

import contextlib
import fcntl
import json
import queue
import re
import signal
import socket
import struct
import subprocess
import sys
import threading

from programs import BUILD, FOLDER, PATIENCE, TRUNKLINE, Failed, Server, end, run

PUBLISHED = BUILD / "published/rust-code/target/release"
PORT = 8080
URL = f"ws://127.0.0.1:{PORT}"
APART = ["unshare", "--map-root-user", "--net"]

# Of each protocol: its published server, and how its notices are worded.
WORDS = {
    "json": {"server": "server", "client": "client",
             "welcome": r"Welcome to the chat, (User_\d+)! Type your messages to chat\.",
             "join": "{} has joined the chat!", "leave": "{} has left the chat.",
             "rename": "{} is now known as {}"},
    "binary": {"server": "server-hp", "client": "client-binary",
               "welcome": r"Welcome (user_\d+)! You are connection #\d+",
               "join": "{} joined", "leave": "{} left", "rename": "{} is now {}"},
}


def missing():
    """Why nothing of this can run here; empty where it can."""
    programs = ["bench", *(each[kind] for each in WORDS.values() for kind in ("server", "client"))]
    if not all((PUBLISHED / each).exists() for each in programs):
        return "they are not there"
    if subprocess.run([*APART, "true"], capture_output=True, check=False).returncode != 0:
        return "there is no network of their own for them (unshare --net)"
    return ""


def rows():
    """Rows of the page."""
    said = run(*APART, sys.executable, __file__)
    return [line.split("|") for line in said.splitlines()]


# Who talks
# -------------------------------------------------------------------------------------------------


class Person:
    """A client with its input and output, whatever it is: what it shows becomes tuples
    (type, name, text)."""

    def __init__(self, command):
        self.program = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.shown = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.program.stdout:
            self.shown.put(line.decode())
        self.shown.put(None)

    def type(self, line):
        self.program.stdin.write(f"{line}\n".encode())
        self.program.stdin.flush()

    def hear(self):
        """What is shown next; nothing once it has ended."""
        while True:
            try:
                line = self.shown.get(timeout=PATIENCE)
            except queue.Empty:
                raise Failed(f"{self.program.args}: hears nothing") from None
            if line is None:
                return None
            if heard := self.understand(line):
                return heard

    def expect(self, *expected):
        heard = self.hear()
        if heard != expected:
            raise Failed(f"{self.program.args}: shows {heard}, not {expected}")

    def expect_end(self, own_leave):
        """It ends in order. The plain server may tell who leaves that he does."""
        heard = self.hear()
        if heard == ("leave", "", own_leave):
            heard = self.hear()
        if heard is not None or self.program.wait(timeout=PATIENCE) != 0:
            raise Failed(f"{self.program.args}: at the end {heard}, {self.program.returncode}")


class Theirs(Person):
    """`client` or `client-binary`. What it shows is for people: a mark tells the type."""

    NOTICES = {"\U0001f7e2": "join", "\U0001f534": "leave", "\u2139\ufe0f": "system",
               "\U0001f3d3": "pong"}
    renames_as = {"json": True, "binary": False}  # the binary one says it as a chat message

    def __init__(self, protocol, url):
        command = [PUBLISHED / WORDS[protocol]["client"]]
        super().__init__(command + ([url] if protocol == "binary" else []))

    @classmethod
    def understand(cls, line):
        found = re.search(r"\r\[\d\d:\d\d:\d\d\] (.*)\n", line)
        if not found:
            return None  # its own words
        mark, _, text = found[1].partition(" ")
        if mark in cls.NOTICES:
            kind = cls.NOTICES[mark]
            return kind, "", "" if kind == "pong" else text.strip()
        name, _, text = found[1].partition(": ")
        return "chat", name, text


class Ours(Person):
    """`trunkline chat-client`, which finds out the protocol."""

    renames_as = {"json": True, "binary": True}

    def __init__(self, _, url):
        super().__init__([TRUNKLINE, "chat-client", url, "--json"])

    @staticmethod
    def understand(line):
        told = json.loads(line)
        name = told["name"] if told["type"] == "chat" else ""
        return told["type"], name, told["text"]


@contextlib.contextmanager
def person(who, protocol, url):
    """Who has come in."""
    client = who(protocol, url)
    try:
        kind, _, text = client.hear() or ("nothing", "", "")
        welcome = re.fullmatch(WORDS[protocol]["welcome"], text)
        if kind != "system" or not welcome:
            raise Failed(f"{client.program.args}: {kind} {text!r} is no welcome")
        client.name = welcome[1]
        client.expect("join", "", WORDS[protocol]["join"].format(client.name))
        yield client
    finally:
        end(client.program)


# Where they talk
# -------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def our_chat(protocol):
    log = FOLDER / f"chat-{protocol}.log"
    server = Server([TRUNKLINE, "chat", "--protocol", protocol, "--port", PORT], log,
                    lambda: "Chat running on" in log.read_text() and PORT)
    try:
        yield
        if server.stop(signal.SIGTERM) != 0:
            raise Failed(f"our chat did not end in order:\n{log.read_text()[-4000:]}")
    finally:
        end(server.program)


@contextlib.contextmanager
def their_chat(protocol):
    program = WORDS[protocol]["server"]
    log = FOLDER / f"chat-{program}.log"
    listens = "Waiting for connections|Worker 0 started"
    server = Server([PUBLISHED / program], log,
                    lambda: re.search(listens, log.read_text()) and PORT)
    try:
        yield
    finally:
        end(server.program)  # it has no orderly end


# What they do
# -------------------------------------------------------------------------------------------------


def talk(protocol, first, second):
    """Both show the same: what either says, names, a pong, who comes and goes."""
    words = WORDS[protocol]
    with person(first, protocol, URL) as ann:
        with person(second, protocol, URL) as bea:
            ann.expect("join", "", words["join"].format(bea.name))

            def both(*expected):
                ann.expect(*expected)
                bea.expect(*expected)

            for who in (ann, bea):
                who.type("  hello  ")
                both("chat", who.name, "hello")
                who.type("")
                who.type("Gr\u00fc\u00dfe, \u4e16\u754c: \"quoted\" \\ /name Zed")
                both("chat", who.name, "Gr\u00fc\u00dfe, \u4e16\u754c: \"quoted\" \\ /name Zed")
                who.type("/name The one")
                if who.renames_as[protocol]:
                    both("system", "", words["rename"].format(who.name, "The one"))
                    who.name = "The one"
                else:
                    both("chat", who.name, "/name The one")
                if protocol == "binary":
                    who.type("/ping")
                    both("pong", "", "")
                who.type("after")
                both("chat", who.name, "after")
            gone = words["leave"].format(bea.name)
            bea.type("/quit")
            bea.expect_end(gone)
            ann.expect("leave", "", gone)
        ann.type("alone")
        ann.expect("chat", ann.name, "alone")
        ann.type("/quit")
        ann.expect_end(words["leave"].format(ann.name))


def our_load(protocol, mode):
    """`trunkline bench`, in whose chat each message comes to every member."""
    members = 20
    found = json.loads(run(TRUNKLINE, "bench", URL, members, 1, 5, "--mode", mode,
                           "--message-rate", 60, "--patience", "5min", "--json", "-"))
    sent = 0 if mode == "idle" else 60
    told = (found["connections"]["opened"], found["sent"]["messages"],
            found["latency_us"]["count"], found["failures"]["count"])
    if told != (members, sent, sent * members, 0):
        raise Failed(f"bench --mode {mode}, {protocol}: {found}")


def their_load():
    """The published bench: each member says something at once, and once a second."""
    members = 20
    said = run(PUBLISHED / "bench", URL, members, 2, members)
    told = {name: int(re.search(rf"{name}: (\d+)", said[said.index("Done"):])[1])
            for name in ("Sent", "Recv", "Failed")}
    if told["Failed"] != 0 or min(told["Sent"], told["Recv"]) < members:
        raise Failed(f"the published bench:\n{said}")


def all_of_it():
    """Each row when it has passed."""
    for protocol, words in WORDS.items():
        client, server = words["client"], words["server"]
        ours = f"our chat, {protocol}"
        pong = "pong, " if protocol == "binary" else ""
        talked = f"two talk: welcome, join, text, names, {pong}leave"
        with our_chat(protocol):
            talk(protocol, Theirs, Theirs)
            yield f"`{client}`", ours, talked
        with our_chat(protocol):
            talk(protocol, Theirs, Ours)
            yield f"`{client}`", ours, "the same with `trunkline chat-client`"
        with our_chat(protocol):
            their_load()
            yield "`bench`", ours, "20 members, each is let in and heard"
        for pair, what in (((Ours, Ours), talked), ((Ours, Theirs), f"the same with `{client}`")):
            with their_chat(protocol):
                talk(protocol, *pair)
                yield f"`{server}`", "`trunkline chat-client`", what
        loads = (("idle", "idle: 20 connections stay"),
                 ("chat", "chat: 60 messages come to each of 20 members, in order"))
        for mode, what in loads:
            with their_chat(protocol):  # fresh: its queues hold few messages of earlier ones
                our_load(protocol, mode)
                yield f"`{server}`", "`trunkline bench`", what


def bring_loopback_up():
    """A new network has it, but down."""
    name = struct.pack("16sh", b"lo", 0x1)  # IFF_UP
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, 0x8914, name)  # SIOCSIFFLAGS


def main():
    bring_loopback_up()
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        for row in all_of_it():
            print("|".join((*row, "passed")), flush=True)
    except (Failed, subprocess.TimeoutExpired) as failed:
        sys.exit(str(failed))


if __name__ == "__main__":
    main()
