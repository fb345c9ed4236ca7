"""The programs of both sides, started, awaited and ended by their process ids."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
RUST = ROOT / "conformance/interop/rust"
FOLDER = BUILD / "interop/run"

TRUNKLINE = BUILD / "release/bin/trunkline"
HISTORIES = BUILD / "release/test/interop_histories"
MUXIO = BUILD / "release/test/interop_muxio"
WIRE = BUILD / "release/test/interop_wire"

PATIENCE = 600  # seconds for one program; only one that hangs needs them


class Failed(Exception):
    """What went wrong, with what the program said."""


def versions(kind):
    """The members of that name in the Rust workspace: short name and version."""
    found = []
    for manifest in sorted(RUST.glob(f"{kind}-*/Cargo.toml")):
        version = re.search(r'"=(.+)"', manifest.read_text()).group(1)
        found.append((manifest.parent.name.removeprefix(f"{kind}-"), version))
    return found


def rust_program(kind, short):
    return BUILD / f"interop/target/release/{kind}-{short.replace('.', '-')}"


def published_server(version):
    return BUILD / f"published/{version}/bin/simd-r-drive-ws-server"


def run(*command):
    """Runs a program to its end; gives what it wrote on standard output."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode != 0:
        raise Failed(f"{' '.join(words)}\nexit status {done.returncode}\n"
                     f"{done.stdout[-4000:]}{done.stderr[-20000:]}")
    return done.stdout.strip()


def run_at_once(*commands):
    """Runs programs at the same time, each to its end."""
    started = [subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True) for command in commands]
    try:
        for command, program in zip(commands, started):
            said = program.communicate(timeout=PATIENCE)[0]
            if program.returncode != 0:
                raise Failed(f"{command}\nexit status {program.returncode}\n{said[-20000:]}")
    finally:
        for program in started:
            end(program)


def end(program):
    """Kills a program that still runs."""
    if program.poll() is None:
        program.kill()
    program.wait()


def until(found, program, log):
    """Waits until `found()` gives something; fails when the program ends before."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if value := found():
            return value
        if program.poll() is not None:
            break
        time.sleep(0.05)
    raise Failed(f"{program.args}: ended or silent\n{log.read_text(errors='replace')[-4000:]}")


class Server:
    """A server, and where it listens: a URL, or a port of 127.0.0.1."""

    def __init__(self, command, log, find_place):
        self.log = log
        with open(log, "w") as out:
            self.program = subprocess.Popen([str(word) for word in command], stdout=out,
                                            stdin=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            self.place = until(find_place, self.program, log)
        except BaseException:
            end(self.program)
            raise

    @property
    def address(self):
        return f"127.0.0.1:{self.place}"

    def stop(self, number):
        """Ends it with a signal; gives the exit status."""
        os.kill(self.program.pid, number)
        return self.wait()

    def wait(self):
        """Waits for its end; gives the exit status."""
        return self.program.wait(timeout=PATIENCE)


@contextlib.contextmanager
def our_server(store, *flags):
    port_file = store.with_suffix(".port")
    port_file.unlink(missing_ok=True)
    command = [TRUNKLINE, "serve", store, "--port", "0", "--port-file", port_file, *flags]
    server = Server(command, store.with_suffix(".log"),
                    lambda: port_file.exists() and port_file.read_text().strip())
    try:
        yield server
        if server.program.poll() is None and server.stop(signal.SIGTERM) != 0:
            raise Failed(f"our server did not end in order:\n{server.log.read_text()[-4000:]}")
    finally:
        end(server.program)


@contextlib.contextmanager
def their_server(version, store):
    log = store.with_suffix(".log")

    def find_port():
        said = re.sub(r"\x1b\[[0-9;]*m", "", log.read_text(errors="replace"))
        bound = re.search(r"Server running on \S+:(\d+)\s", said)
        return bound and bound.group(1)

    server = Server([published_server(version), store], log, find_port)
    try:
        yield server
    finally:
        end(server.program)  # it has no orderly end
