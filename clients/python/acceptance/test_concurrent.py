"""Many threads and several processes at once.

The client keeps the interpreter's lock while it waits for an answer. So calls of threads take
turns, though their connections are many; calls of processes overlap."""
import random
import subprocess
import sys
import threading
import unittest

from simd_r_drive_ws_client import DataStoreWsClient

from .model import Mirror, content
from .server import HOST
from .store_case import StoreCase

THREADS = 64
PROCESSES = 4
DEADLINE_SECONDS = 240


def exercise(test, client, name, steps):
    """Works on keys of its own, compared with a model of its own; returns the model."""
    chance = random.Random(name)
    mirror = Mirror(test, client)
    for step in range(steps):
        key = b"%s/%d" % (name.encode(), chance.randrange(6))
        act = chance.randrange(6)
        if act <= 1:
            mirror.write(key, content(chance.choice((1, 40, 3000, 70_000)) + 1, step))
        elif act == 2:
            mirror.batch_write([(key, b"a"), (key + b"+", b"b"), (key, b"c%d" % step)])
        elif act == 3:
            mirror.delete(key)
        elif act == 4:
            mirror.batch_read([key, key + b"+", b"missing"])
        else:
            mirror.read(key)
            mirror.exists(key)
    return mirror.entries


def run_threads(works):
    """Runs the functions at once; returns their results or raises the first failure."""
    results, failures = [None] * len(works), []

    def run(at, work):
        try:
            results[at] = work()
        except BaseException as failure:  # also a failed assertion has to reach the test
            failures.append(failure)

    threads = [threading.Thread(target=run, args=each, daemon=True) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_SECONDS)
    if any(thread.is_alive() for thread in threads):
        raise TimeoutError(f"a thread was still at work after {DEADLINE_SECONDS} s")
    if failures:
        raise failures[0]
    return results


def union(models):
    return {key: value for model in models for key, value in model.items()}


class Concurrent(StoreCase):
    def test_threads_with_a_client_each(self):
        models = run_threads([
            lambda name=f"thread {number}": exercise(self, self.server.client(), name, 60)
            for number in range(THREADS)])
        Mirror(self, self.client, union(models)).everything()

    def test_threads_that_share_one_client(self):
        models = run_threads([
            lambda name=f"shared {number}": exercise(self, self.client, name, 40)
            for number in range(THREADS)])
        Mirror(self, self.client, union(models)).everything()

    def test_threads_on_the_same_keys(self):
        """Each value names its key, so a mixed-up answer shows; what is left was written last."""
        keys = [b"common %d" % number for number in range(5)]
        last = [{} for _ in range(THREADS)]

        def work(number):
            client, chance = self.server.client(), random.Random(number)
            for step in range(40):
                key = chance.choice(keys)
                value = key + b" thread %d step %d " % (number, step) + bytes(chance.randrange(999))
                client.write(key, value)
                last[number][key] = value
                for name, got in zip(keys, client.batch_read(keys)):
                    self.assertTrue(got is None or got.startswith(name + b" thread "), got)

        run_threads([lambda number=number: work(number) for number in range(THREADS)])
        for key in keys:
            self.assertIn(self.client.read(key), [each[key] for each in last if key in each])
        self.assertEqual(len(self.client), len(keys))

    def test_processes(self):
        processes = [
            subprocess.Popen([sys.executable, "-m", __name__, str(self.server.port), str(number)])
            for number in range(PROCESSES)]
        self.addCleanup(lambda: [each.kill() for each in processes])
        for process in processes:
            self.assertEqual(process.wait(DEADLINE_SECONDS), 0)
        self.assertEqual(len(self.client), PROCESSES)
        for number in range(PROCESSES):
            self.assertEqual(self.client.read(b"done %d" % number), b"threads agreed")


def one_process(port, number):
    """What each process of test_processes runs: `python -m MODULE PORT NUMBER`."""
    test = unittest.TestCase()
    models = run_threads([
        lambda name=f"process {number} thread {at}":
            exercise(test, DataStoreWsClient(HOST, port), name, 60)
        for at in range(8)])
    left = Mirror(test, DataStoreWsClient(HOST, port), union(models))
    for key in list(left.entries):
        left.read(key)
        left.delete(key)
    left.client.write(b"done %d" % number, b"threads agreed")


if __name__ == "__main__":
    one_process(int(sys.argv[1]), int(sys.argv[2]))
