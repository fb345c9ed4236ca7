"""Values from 1 byte to 8 MiB and keys of every kind, across a restart."""
import unittest

from .model import KEYS, Mirror, content
from .store_case import StoreCase

KIB = 1024
MIB = 1024 * KIB


class Values(StoreCase):
    def test_sizes(self):
        mirror = Mirror(self, self.client)
        sizes = set()
        # Around every power of two: the borders of number widths, frames, pages and mappings.
        for power in range(24):
            sizes.update((2 ** power - 1, 2 ** power, 2 ** power + 1))
        sizes.update(range(1, 70))
        sizes.update(n * 64 * KIB + d for n in (2, 3, 5, 17) for d in (-30, -21, -13, 0, 13, 21))
        for number, size in enumerate(sorted(size for size in sizes if 1 <= size <= 8 * MIB)):
            value = content(size, number)
            if value == b"\x00":
                value = b"\x01"
            mirror.write(b"size %d" % size, value)
            mirror.read(b"size %d" % size)
        self.assertIn(b"size %d" % (8 * MIB), mirror.entries)
        mirror.everything()
        self.restart(mirror)

    def test_values_of_one_repeated_byte(self):
        mirror = Mirror(self, self.client)
        for byte in (0, 1, 3, 15, 16, 127, 128, 255):
            for size in (2, 3, 5, 6, 7, 254, 255, 256, 65536, 300_001):
                mirror.write(b"%d of %d" % (size, byte), bytes([byte]) * size)
        mirror.everything()
        self.restart(mirror)

    def test_keys(self):
        mirror = Mirror(self, self.client)
        for number, key in enumerate(KEYS):
            mirror.write(key, content(10 + number, number))
            mirror.read(key)
            mirror.exists(key)
            mirror.counts()
        mirror.everything()
        for key in KEYS[::2]:
            mirror.delete(key)
            mirror.everything()
        self.restart(mirror)

    def test_a_full_batch_in_one_message(self):
        mirror = Mirror(self, self.client)
        entries = [(b"part %d" % number, content(MIB, number + 1)) for number in range(8)]
        mirror.batch_write(entries)
        mirror.batch_read([key for key, _ in entries])
        self.restart(mirror)

    def restart(self, mirror):
        """All is still there after the file was closed and opened again."""
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        mirror.client = self.server.client()
        mirror.everything()


if __name__ == "__main__":
    unittest.main()
