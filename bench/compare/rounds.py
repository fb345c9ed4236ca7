"""Runs in turns, and the medians of what they found."""
import collections
import shutil
import statistics
import sys
import tempfile

from servers import ask

FIGURES = ("server_cpu_us", "requests_per_second", "p50_us", "p99_us", "p99_9_us",
           "server_private", "own_busy", "server_busy")


def in_turns(load, servers, cases, flags_of, rounds, folder=None):
    """{(case name, server name): {figure: [one per round]}}; every run has a server of its own."""
    def once(running, case):
        got = ask(load, running, flags_of(case))
        return {figure: got[figure] for figure in FIGURES}
    return taking_turns(once, servers, cases, rounds, folder)


def taking_turns(once, servers, cases, rounds, folder=None):
    """As in_turns(); once(a running server, case) gives the figures, none where it has no turn."""
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    for turn in range(rounds):
        for case in cases:
            # Whoever begins has the machine as the one before left it: not always the same one.
            order = servers[turn % len(servers):] + servers[:turn % len(servers)]
            for server in order:
                place = tempfile.mkdtemp(prefix="trunkline-bench-", dir=folder)
                try:
                    with server.running(place) as running:
                        got = once(running, case)
                finally:
                    shutil.rmtree(place)
                for figure, value in got.items():
                    found[case.name, server.name][figure].append(value)
            print(f"round {turn + 1} of {rounds}: {case.name}", file=sys.stderr, flush=True)
    return found


def median(found, case, server, figure):
    return statistics.median(found[case.name, server.name][figure])


def ratio(found, case, ours, peer, figure="server_cpu_us"):
    """How many times as much the peer takes as ours: the median of the rounds' ratios, since both
    runs of a round saw the same machine."""
    pairs = zip(found[case.name, peer.name][figure], found[case.name, ours.name][figure])
    return statistics.median(theirs / mine for theirs, mine in pairs)
