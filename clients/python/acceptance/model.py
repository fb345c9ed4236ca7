"""A client and a dict side by side: each call goes to both, and both must agree."""
import random

# Kinds of content that the wire packs differently, and that a text-minded program would spoil.
KEYS = [
    b"", b"\x00", b"a", b"ab", b"abc", b"\x00\x00", b"aaaaaa", bytes(range(256)), b"\xff" * 300,
    "ключ".encode(), "键".encode(), "🔑 key".encode(), b"line\r\nbreak", b"k" * 70_000,
]


def content(size, seed):
    """`size` bytes, the same for the same seed; one kind in three is packable on the wire."""
    source = random.Random(seed)
    if seed % 3 == 0:
        data = bytes(source.choices(b"\x01\x02\x03\x05", k=min(size, 4096)))
        return (data * (size // len(data) + 1))[:size]
    return source.randbytes(size)


class Mirror:
    """The calls of the client, compared with a dict after each of them. `test` is the TestCase."""

    def __init__(self, test, client, entries=None):
        self.test = test
        self.client = client
        self.entries = {} if entries is None else entries

    def write(self, key, value):
        self.test.assertIsNone(self.client.write(key, value))
        self.entries[key] = value

    def batch_write(self, items):
        self.test.assertIsNone(self.client.batch_write(items))
        self.entries.update(items)

    def delete(self, key):
        self.test.assertIsNone(self.client.delete(key))
        self.entries.pop(key, None)

    def read(self, key):
        self.same_value(self.client.read(key), self.entries.get(key), key)

    def batch_read(self, keys):
        values = self.client.batch_read(keys)
        self.test.assertEqual(len(values), len(keys))
        for key, value in zip(keys, values):
            self.same_value(value, self.entries.get(key), key)

    def exists(self, key):
        self.test.assertIs(self.client.exists(key), key in self.entries)
        self.test.assertIs(key in self.client, key in self.entries)

    def counts(self):
        self.test.assertEqual(len(self.client), len(self.entries))
        self.test.assertIs(self.client.is_empty(), not self.entries)

    def everything(self):
        """All entries, in batches that stay well under the limit of one message."""
        self.counts()
        batch, size = [], 0
        for key, value in self.entries.items():
            batch.append(key)
            size += len(value)
            if size > 4 * 1024 * 1024:
                self.batch_read(batch)
                batch, size = [], 0
        self.batch_read(batch)

    def same_value(self, got, wanted, key):
        """Like assertEqual, without printing megabytes."""
        if got != wanted:
            def short(value):
                return "None" if value is None else f"{len(value)} bytes {value[:40]!r}"
            self.test.fail(f"key {key[:40]!r}: got {short(got)}, wanted {short(wanted)}")
