"""Reconnecting, and the stop of a server that has calls pending."""
import json
import os
import signal
import subprocess
import sys
import threading
import time
import unittest

from simd_r_drive_ws_client import DataStoreWsClient
from simd_r_drive_ws_client.simd_r_drive_ws_client import ConnectionError as Disconnected

from .model import Mirror, content
from .server import HOST, wait_for
from .store_case import StoreCase

CALLERS = 16
DEADLINE_SECONDS = 60


class Lifecycle(StoreCase):
    def test_clients_come_and_go(self):
        mirror = Mirror(self, self.client)
        for number in range(200):
            mirror.client = self.server.client()
            mirror.write(b"key %d" % (number % 7), content(number + 2, number))
            mirror.everything()

    def test_reconnect_after_a_stop(self):
        mirror = Mirror(self, self.client)
        for number in range(5):
            mirror.write(b"key %d" % number, content(50_000, number))
            self.assertEqual(self.server.stop(), 0)
            with self.assertRaises(Disconnected):
                wait_for(lambda: mirror.client.check_connection(), 10, "still connected")
            self.server.start()
            mirror.client = self.server.client()
            mirror.everything()

    def test_reconnect_after_a_kill(self):
        mirror = Mirror(self, self.client)
        for number in range(5):
            mirror.write(b"key %d" % number, content(50_000, number))
            self.assertEqual(self.server.stop(signal.SIGKILL), -signal.SIGKILL)
            self.server.start()
            mirror.client = self.server.client()
            mirror.everything()

    def test_stop_answers_every_pending_call(self):
        """This client waits for ever for an answer that does not come, also when the connection
        has ended. So the callers live in a process of their own with a deadline."""
        for how in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=how.name):
                self.stop_with_calls_pending(how)
                self.server.start()

    def stop_with_calls_pending(self, how):
        callers = subprocess.Popen(
            [sys.executable, "-m", __name__, str(self.server.port)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(callers.kill)
        self.assertEqual(callers.stdout.readline(), "busy\n")
        self.assertEqual(self.server.stop(how), 0, self.server.log.read_text()[-2000:])
        said, _ = callers.communicate(timeout=DEADLINE_SECONDS)
        told = json.loads(said)
        self.assertEqual(told["unanswered"], [], f"of {told['answered']} answered calls")
        self.assertEqual(told["failures"], [])
        self.assertGreater(told["answered"], CALLERS)
        # What was acknowledged is in the file.
        self.server.start()
        reader = self.server.client()
        for number, step in enumerate(told["written"]):
            value = reader.read(b"caller %d" % number)
            self.assertIsNotNone(value)
            self.assertGreaterEqual(int(value.split(b" ", 1)[0]), step)
        self.assertEqual(self.server.stop(), 0)


def call_until_stopped(port):
    """Some threads write and read without a pause until the connection ends; says on standard
    output when all are under way, and at the end which of them still waits for an answer."""
    answered, written, failures = [0] * CALLERS, [-1] * CALLERS, []

    def call(number):
        client = DataStoreWsClient(HOST, port)
        key, step = b"caller %d" % number, 0
        try:
            while True:
                value = b"%d " % step + content(1 + number * 9000, step + 1)
                client.write(key, value)
                written[number] = step
                if client.read(key) != value:
                    failures.append(f"caller {number} read another value than it wrote")
                answered[number] += 2
                step += 1
        except Disconnected:
            pass
        except BaseException as failure:
            failures.append(f"caller {number}: {type(failure).__name__} {failure}")

    threads = [threading.Thread(target=call, args=(each,), daemon=True) for each in range(CALLERS)]
    for thread in threads:
        thread.start()
    wait_for(lambda: min(answered) > 4, 30, "not every caller had an answer")
    print("busy", flush=True)
    deadline = time.monotonic() + DEADLINE_SECONDS / 2
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    print(json.dumps({
        "answered": sum(answered), "written": written, "failures": failures,
        "unanswered": [at for at, thread in enumerate(threads) if thread.is_alive()]}), flush=True)


if __name__ == "__main__":
    call_until_stopped(int(sys.argv[1]))
    # A thread that waits for ever inside the client would hold up an ordinary exit.
    sys.stdout.flush()
    os._exit(0)
