"""The common ground of the tests: a fresh store, served by the program, checked at the end."""
import os
import tempfile
import unittest

from .server import Trunkline


class StoreCase(unittest.TestCase):
    """Gives each test a server over an empty store. After the test the server is stopped in order
    and the file has to pass the program's own check."""

    flags = ()

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="trunkline-acceptance-")
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "store.bin")
        self.server = Trunkline(self.path, *self.flags)
        self.server.start()
        self.addCleanup(self.server.__exit__)
        self.client = self.server.client()

    def tearDown(self):
        if self.server.process.poll() is None:
            self.assertEqual(self.server.stop(), 0, self.server.log.read_text()[-2000:])
        status, said = self.server.verify()
        self.assertEqual(status, 0, said)
