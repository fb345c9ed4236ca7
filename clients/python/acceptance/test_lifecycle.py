"""Reconnecting, and the stop of a server that has calls pending."""
import json
import select
import signal
import subprocess
import sys
import time
import unittest

from simd_r_drive_ws_client import DataStoreWsClient
from simd_r_drive_ws_client.simd_r_drive_ws_client import ConnectionError as Disconnected
from simd_r_drive_ws_client.simd_r_drive_ws_client import TimeoutError as ClientTimeout

from .model import Mirror, content
from .server import HOST, wait_for
from .store_case import StoreCase

CALLERS = 8
CALLS_BEFORE_STOP = 6
VALUE_SIZE = 1024 * 1024
DEADLINE_SECONDS = 60
STOPS_MAX = 10


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
                # On a busy machine all calls may have been answered before the signal is there.
                self.assertTrue(any(self.stop_met_calls(how) for _ in range(STOPS_MAX)),
                                "no call was pending when a stop came")

    def stop_met_calls(self, how):
        """Stops a server that is called, and says whether calls were pending then."""
        callers = [self.start_caller(number) for number in range(CALLERS)]
        for caller in callers:
            self.assertEqual(caller.stdout.readline(), "busy\n")
        # Each caller has a call under way, is told that it is the last, and then the stop comes.
        for caller in callers:
            caller.stdin.close()
        stopped_at = time.monotonic()
        self.assertEqual(self.server.stop(how), 0, self.server.log.read_text()[-2000:])
        reports = [json.loads(caller.stdout.read() or "{}") for caller in callers]
        for caller in callers:
            self.assertEqual(caller.wait(DEADLINE_SECONDS), 0)
        unanswered = [number for number, told in enumerate(reports) if told["unanswered"]]
        self.assertEqual(unanswered, [], "these callers had no answer to their last call")
        # What was acknowledged is in the file.
        self.server.start()
        reader = self.server.client()
        for number, told in enumerate(reports):
            self.assertGreaterEqual(told["written"], CALLS_BEFORE_STOP // 2)
            value = reader.read(b"caller %d" % number)
            self.assertEqual(int(value.split(b" ", 1)[0]), told["written"])
        return max(told["last_answer_at"] for told in reports) > stopped_at

    def start_caller(self, number):
        caller = subprocess.Popen(
            [sys.executable, "-m", __name__, str(self.server.port), str(number)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(caller.stdout.close)
        self.addCleanup(caller.wait)
        self.addCleanup(caller.kill)
        return caller


def call_until_told(port, number):
    """Writes and reads in turns without a pause until standard input ends. Says on standard output
    when it is under way, and in the end how it went."""
    client = DataStoreWsClient(HOST, port)
    key, body = b"caller %d" % number, content(VALUE_SIZE, number + 1)
    calls, written, last_answer_at, unanswered = 0, 0, 0, False
    while not select.select([sys.stdin], [], [], 0)[0]:
        try:
            if calls % 2 == 0:
                client.write(key, b"%d " % (written + 1) + body)
                written += 1
            elif client.read(key) != b"%d " % written + body:
                sys.exit(f"caller {number} read another value than it wrote")
        except Disconnected:  # the server was gone before this call began
            break
        except ClientTimeout:
            unanswered = True
            break
        last_answer_at = time.monotonic()
        calls += 1
        if calls == CALLS_BEFORE_STOP:
            print("busy", flush=True)
    print(json.dumps({"unanswered": unanswered, "written": written,
                      "last_answer_at": last_answer_at}), flush=True)


if __name__ == "__main__":
    call_until_told(int(sys.argv[1]), int(sys.argv[2]))
