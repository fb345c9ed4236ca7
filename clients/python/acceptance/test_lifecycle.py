"""Reconnecting, and the stop of a server that has calls pending."""
import signal
import subprocess
import sys
import unittest

from simd_r_drive_ws_client import DataStoreWsClient
from simd_r_drive_ws_client.simd_r_drive_ws_client import ConnectionError as Disconnected
from simd_r_drive_ws_client.simd_r_drive_ws_client import TimeoutError as ClientTimeout

from .model import Mirror, content
from .server import HOST, wait_for
from .store_case import StoreCase

CALLERS = 8
STEPS_BEFORE_STOP = 5
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
        """This client goes on waiting for an answer when the connection has ended: for half a
        minute, older ones for ever. It holds up all threads of its process meanwhile, so each
        caller is a process of its own, with a deadline."""
        for how in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=how.name):
                self.stop_with_calls_pending(how)

    def stop_with_calls_pending(self, how):
        callers = [self.start_caller(number) for number in range(CALLERS)]
        for caller in callers:
            self.assertEqual(caller.stdout.readline(), "busy\n")
        self.assertEqual(self.server.stop(how), 0, self.server.log.read_text()[-2000:])
        written, unanswered = {}, []
        for number, caller in enumerate(callers):
            try:
                said, _ = caller.communicate(timeout=DEADLINE_SECONDS)
            except subprocess.TimeoutExpired:
                unanswered.append(number)
                continue
            self.assertEqual(caller.returncode, 0)
            if said == "unanswered\n":
                unanswered.append(number)
            else:
                written[number] = int(said)
        self.assertEqual(unanswered, [], "these callers had no answer to their last call")
        # What was acknowledged is in the file.
        self.server.start()
        reader = self.server.client()
        for number, step in written.items():
            self.assertGreaterEqual(step, STEPS_BEFORE_STOP - 1)
            value = reader.read(b"caller %d" % number)
            self.assertGreaterEqual(int(value.split(b" ", 1)[0]), step)

    def start_caller(self, number):
        caller = subprocess.Popen(
            [sys.executable, "-m", __name__, str(self.server.port), str(number)],
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(caller.stdout.close)
        self.addCleanup(caller.wait)
        self.addCleanup(caller.kill)
        return caller


def call_until_stopped(port, number):
    """Writes and reads without a pause until the connection ends. Says on standard output when it
    is under way, and in the end which of its writes was the last to be acknowledged."""
    client = DataStoreWsClient(HOST, port)
    key, step = b"caller %d" % number, 0
    try:
        while True:
            value = b"%d " % step + content(1 + number * 9000, step + 1)
            client.write(key, value)
            step += 1
            if client.read(key) != value:
                sys.exit(f"caller {number} read another value than it wrote")
            if step == STEPS_BEFORE_STOP:
                print("busy", flush=True)
    except Disconnected:
        print(step - 1, flush=True)
    except ClientTimeout:
        print("unanswered", flush=True)


if __name__ == "__main__":
    call_until_stopped(int(sys.argv[1]), int(sys.argv[2]))
