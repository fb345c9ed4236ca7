"""Every method of the client, one by one, and a long random mixture of all of them."""
import os
import random
import unittest

from simd_r_drive_ws_client import NamespaceHasher

from .model import KEYS, Mirror, content
from .store_case import StoreCase


class Methods(StoreCase):
    def test_empty_store(self):
        self.assertEqual(len(self.client), 0)
        self.assertIs(self.client.is_empty(), True)
        self.assertIsNone(self.client.read(b"missing"))
        self.assertIs(self.client.exists(b"missing"), False)
        self.assertNotIn(b"missing", self.client)
        self.assertEqual(self.client.batch_read([b"missing", b""]), [None, None])
        self.assertEqual(self.client.file_size(), os.path.getsize(self.path))
        self.client.check_connection()

    def test_write_read_overwrite_delete(self):
        mirror = Mirror(self, self.client)
        for value in (b"first", b"second, longer", b"3"):
            mirror.write(b"key", value)
            mirror.read(b"key")
            mirror.exists(b"key")
            mirror.counts()
        for _ in range(2):
            mirror.delete(b"key")
            mirror.read(b"key")
            mirror.exists(b"key")
            mirror.counts()
        mirror.write(b"key", b"again")
        mirror.everything()

    def test_deleting_an_unknown_key_writes_nothing(self):
        self.client.write(b"key", b"value")
        before = self.client.file_size()
        self.client.delete(b"unknown")
        self.assertEqual(self.client.file_size(), before)

    def test_file_size_is_the_size_on_disk(self):
        sizes = [self.client.file_size()]
        for number in range(20):
            self.client.write(b"key", content(1 + number * 777, number))
            sizes.append(self.client.file_size())
            self.assertEqual(sizes[-1], os.path.getsize(self.path))
            self.assertGreater(sizes[-1], sizes[-2])

    def test_batches(self):
        mirror = Mirror(self, self.client)
        mirror.batch_write([(key, content(1 + 99 * at, at)) for at, key in enumerate(KEYS)])
        mirror.everything()
        mirror.batch_write([(b"twice", b"one"), (b"other", b"x"), (b"twice", b"two")])
        mirror.batch_read([b"twice", b"missing", b"twice", b"other", b"twice"])
        before = self.client.file_size()
        mirror.batch_write([])
        self.assertEqual(self.client.file_size(), before)
        self.assertEqual(self.client.batch_read([]), [])
        many = [(b"%d" % number, content(1 + number % 300, number)) for number in range(5000)]
        mirror.batch_write(many)
        mirror.batch_read([key for key, _ in many])
        mirror.everything()

    def test_structured_read(self):
        self.client.batch_write([(b"k1", b"v1"), (b"k2", b"v2")])
        read = self.client.batch_read_structured
        self.assertEqual(read({"a": b"k1", "b": b"no", 3: b"k2"}),
                         {"a": b"v1", "b": None, 3: b"v2"})
        self.assertEqual(read([{"a": b"k1"}, {}, {"a": b"k2", "b": b"k1"}]),
                         [{"a": b"v1"}, {}, {"a": b"v2", "b": b"v1"}])
        self.assertEqual(read({}), {})
        self.assertEqual(read([]), [])
        with self.assertRaises(TypeError):
            read([b"k1"])

    def test_namespaced_keys(self):
        users, systems = NamespaceHasher(b"users"), NamespaceHasher(b"systems")
        mirror = Mirror(self, self.client)
        for hasher in (users, systems):
            for name in (b"", b"one", "два".encode()):
                key = hasher.namespace(name)
                self.assertEqual(len(key), 16)
                mirror.write(key, key + name)
        self.assertEqual(len(mirror.entries), 6)
        mirror.everything()
        mirror.delete(users.namespace(b"one"))
        mirror.exists(systems.namespace(b"one"))
        mirror.everything()

    def test_refused_values_say_why_and_change_nothing(self):
        mirror = Mirror(self, self.client)
        mirror.write(b"key", b"value")
        before = self.client.file_size()
        empty, null = "Payload cannot be empty", "NULL-byte payloads cannot be written directly"
        for value, text in ((b"", empty), (b"\x00", null)):
            with self.assertRaisesRegex(OSError, text):
                self.client.write(b"key", value)
            with self.assertRaisesRegex(OSError, text):
                self.client.batch_write([(b"good", b"value"), (b"key", value)])
        self.assertEqual(self.client.file_size(), before)
        mirror.write(b"key", b"\x00\x00")
        mirror.everything()

    def test_random_mixture(self):
        chance = random.Random(20240607)
        keys = KEYS + [b"key %d" % number for number in range(20)]
        mirror = Mirror(self, self.client)
        for step in range(1500):
            key = chance.choice(keys)
            value = content(chance.choice((1, 2, 3, 6, 64, 255, 256, 4000, 65536)) + 1, step)
            act = chance.randrange(8)
            if act <= 1:
                mirror.write(key, value)
            elif act == 2:
                mirror.batch_write([(name, value[:1 + at] + b"!") for at, name in
                                    enumerate(chance.sample(keys, chance.randrange(6)))])
            elif act == 3:
                mirror.delete(key)
            elif act == 4:
                mirror.batch_read(chance.sample(keys, chance.randrange(10)))
            elif act == 5:
                mirror.exists(key)
            elif act == 6:
                mirror.counts()
            else:
                mirror.read(key)
        mirror.everything()


if __name__ == "__main__":
    unittest.main()
