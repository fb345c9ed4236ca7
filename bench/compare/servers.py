"""Starts servers on one CPU and asks them with the load generator on another."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time

SERVER_CPU, LOAD_CPU = 0, 1
START_SECONDS = 30


class Failed(Exception):
    """A server that does not start, or a run that found errors."""


class Server:
    """One program; `running` starts it over a fresh folder."""

    def __init__(self, name, command, environment=None, says=r"running on \S*:(\d+)"):
        self.name = name
        self.command = command        # of a folder
        self.environment = environment or {}
        self.says = says              # once it listens; the group is its port

    def running(self, folder):
        return Running(self, pathlib.Path(folder))


class Running:
    """A started server; a context manager that ends it."""

    def __init__(self, server, folder):
        self.server = server
        self.log = folder / "log"
        self.folder = folder

    def __enter__(self):
        environment = {**os.environ, "RUST_LOG": "info", "NO_COLOR": "1",
                       **self.server.environment}
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                self.server.command(self.folder), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=environment, preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CPU}))
        self.port = self._wait_for_port()
        return self

    def _wait_for_port(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            found = re.search(self.server.says, self.log.read_text(errors="replace"))
            if found:
                return int(found[1])
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        self.__exit__()
        raise Failed(f"{self.server.name} does not run:\n{self.log.read_text(errors='replace')}")

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


def ask(load, running, flags):
    """What one run of the load generator has found."""
    return run([load, "--port", str(running.port), "--server-pid", str(running.process.pid),
                "--cpu", str(LOAD_CPU), *map(str, flags)], running)


def bench(program, running, flags):
    """What one run of `trunkline bench` has found."""
    return run(["taskset", "--cpu-list", str(LOAD_CPU), program, "bench",
                f"ws://127.0.0.1:{running.port}", "--server-pid", str(running.process.pid),
                "--json", "-", *map(str, flags)], running)


def run(command, running, patience=1800):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=patience, check=False)
    if done.returncode != 0:
        raise Failed(f"{running.server.name}: {' '.join(command)}:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)
