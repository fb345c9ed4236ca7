"""Starts and stops a server program as its own process on a free port."""
import os
import pathlib
import re
import signal
import subprocess
import time

from simd_r_drive_ws_client import DataStoreWsClient

ROOT = pathlib.Path(__file__).resolve().parents[3]
HOST = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 60


def wait_for(condition, seconds, what):
    """The first true value of `condition()`, asked again and again until the deadline."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise TimeoutError(f"{what} after {seconds} s")


class Server:
    """One server process over one store file; a context manager that stops what it started."""

    def __init__(self, store, *flags):
        self.store = pathlib.Path(store)
        self.flags = flags
        self.log = self.store.with_suffix(".log")
        self.process = None
        self.port = None

    def command(self):
        raise NotImplementedError

    def announced_port(self):
        """The port once the server listens, before that None."""
        raise NotImplementedError

    def start(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=dict(os.environ, RUST_LOG="info"))
        self.port = wait_for(self._port_or_failure, START_SECONDS, "no port")
        return self

    def _port_or_failure(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"exit status {self.process.returncode}:\n{self.log.read_text()}")
        return self.announced_port()

    def client(self):
        return DataStoreWsClient(HOST, self.port)

    def stop(self, how=signal.SIGTERM):
        """Sends the signal and returns the exit status."""
        self.process.send_signal(how)
        return self.process.wait(STOP_SECONDS)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Trunkline(Server):
    """The program of this project; TRUNKLINE_PROGRAM names another build of it."""

    program = os.environ.get("TRUNKLINE_PROGRAM", str(ROOT / "build/release/bin/trunkline"))

    def command(self):
        self._port_file = self.store.with_suffix(".port")
        self._port_file.unlink(missing_ok=True)
        return [self.program, "serve", str(self.store), "--port", "0",
                "--port-file", str(self._port_file), *self.flags]

    def announced_port(self):
        try:
            text = self._port_file.read_text()
        except FileNotFoundError:
            return None
        return int(text) if text.endswith("\n") else None

    def verify(self):
        """The program's own check of the whole file: its exit status and what it said."""
        done = subprocess.run([self.program, "verify", str(self.store)], capture_output=True,
                              text=True, timeout=STOP_SECONDS, check=False)
        return done.returncode, done.stdout + done.stderr


class ServeScript(Trunkline):
    """The same program, built and started by the command of the README."""

    def command(self):
        return [str(ROOT / "ci/serve"), *super().command()[2:]]


class PublishedRustServer(Server):
    """The published Rust server, for comparison; it has no orderly stop and no check."""

    def __init__(self, program, store):
        super().__init__(store)
        self.program = program

    def command(self):
        return [self.program, str(self.store), "--host", HOST, "--port", "0"]

    def announced_port(self):
        found = re.search(r"Server running on \S*:(\d+)", self.log.read_text())
        return int(found[1]) if found else None
