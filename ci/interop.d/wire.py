"""Published clients against our server, our client against published servers."""

import os
import signal
import subprocess

from programs import (FOLDER, PATIENCE, TRUNKLINE, WIRE, Failed, end, our_server, run, run_at_once,
                      rust_program, their_server, until, versions)

HEADER = {"0.11": "old", "0.16": "old", "0.17": "new"}


def fresh(name):
    store = FOLDER / f"{name}.bin"
    store.unlink(missing_ok=True)
    return store


def verify(store):
    run(TRUNKLINE, "verify", store)


def their_clients(seed):
    """Each version alone, then all at once on one port, then under a server that stops."""
    rows = []
    for short, version in versions("client"):
        client = rust_program("client", short)
        store = fresh(f"client-{short}")
        with our_server(store) as server:
            calls = run(client, "exchange", "127.0.0.1", server.place, seed)
        verify(store)
        rows.append((f"client {version}", HEADER[short], f"all nine methods, {calls}"))
        stop_under(client, fresh(f"stop-{short}"), seed)
        rows.append((f"client {version}", HEADER[short],
                     "our server stops under 32 pending calls: answered exactly if carried out"))
    store = fresh("together")
    with our_server(store) as server:
        there = ["127.0.0.1", server.place]
        run_at_once(*([rust_program("client", short), "together", *there, seed + n]
                      for n, (short, _) in enumerate(versions("client"))),
                    [WIRE, "together", server.address, seed + 9])
    verify(store)
    rows.append(("clients, all of these and ours", "both",
                 "at the same time on one port: 16 connections with 60 callers each"))
    return rows


def stop_under(client, store, seed):
    log = store.with_suffix(".client.log")
    calls = store.with_suffix(".calls")
    # What was sent before the server went has to arrive however slow this machine is.
    with our_server(store, "--drain-timeout", "60s", "--close-timeout", "30s") as server:
        command = [client, "stop", "127.0.0.1", server.place, seed, calls]
        with open(log, "w") as out:
            caller = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE,
                                      stdout=out, stderr=subprocess.STDOUT)
        try:
            until(lambda: "calling" in log.read_text(), caller, log)
            if server.stop(signal.SIGTERM) != 0:
                raise Failed(f"our server did not end in order:\n{server.log.read_text()[-4000:]}")
            caller.stdin.close()
            if caller.wait(timeout=PATIENCE) != 0:
                raise Failed(f"{command}\n{log.read_text()[-4000:]}")
        finally:
            end(caller)
    with our_server(store) as server:
        run(client, "after", "127.0.0.1", server.place, calls)
    verify(store)


def our_client(servers, seed):
    rows = []
    for version in servers:
        store = fresh(f"server-{version}")
        with their_server(version, store) as server:
            said = run(WIRE, "exchange", server.address, seed)
            run(WIRE, "together", server.address, seed)
        verify(store)
        header, calls = said.removesuffix(" calls").split(" header, ")
        rows.append((f"server {version}", header, f"all nine methods, {calls} calls"))
        rows.append((f"server {version}", header,
                     "at the same time: 4 connections with 60 callers each"))
        lose_calls(version)
        rows.append((f"server {version}", header,
                     "the server is killed under 8 pending calls: each fails, once"))
    return rows


def lose_calls(version):
    store = fresh(f"lost-{version}")
    log = store.with_suffix(".client.log")
    with their_server(version, store) as server, open(log, "w") as out:
        caller = subprocess.Popen([str(WIRE), "stop", server.address, "0"], stdout=out,
                                  stderr=subprocess.STDOUT)
        try:
            until(lambda: "calling" in log.read_text(), caller, log)
            os.kill(server.program.pid, signal.SIGKILL)
            if caller.wait(timeout=PATIENCE) != 0:
                raise Failed(f"our client, calling a server that is killed:\n{log.read_text()}")
        finally:
            end(caller)
