"""The command that the README gives to somebody who is new."""
import pathlib
import tempfile
import unittest

from acceptance.server import ServeScript


class ServeScriptTest(unittest.TestCase):
    def test_serves_a_store_to_the_published_client_and_stops_in_order(self):
        with tempfile.TemporaryDirectory() as folder:
            with ServeScript(pathlib.Path(folder) / "store.bin") as server:
                store = server.client()
                store.write(b"greeting", b"hello")
                self.assertEqual(store.read(b"greeting"), b"hello")
                del store
                self.assertEqual(server.stop(), 0)
                status, said = server.verify()
                self.assertEqual(status, 0, said)


if __name__ == "__main__":
    unittest.main()
