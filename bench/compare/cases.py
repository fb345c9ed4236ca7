"""What is compared: work, shapes, and how much better than the published server ours has to be."""
import dataclasses

SHAPES = ((1, 1), (1, 64), (16, 16), (64, 64))  # connections, requests under way on each
SIZES = (100, 4096, 65536, 1 << 20)
UNDER_WAY_MAX = 256 << 20   # bytes of values under way at once: servers hold answers in memory
WRITTEN_MAX = 256 << 20     # bytes of values written in one run: they stay in the file

# Work, shape: the bar and the goal of server CPU time per operation, against the published server
# at its best. Elsewhere nothing may be below 1.
BARS = {
    ("read 100 B", (1, 64)): (3, 5),
    ("read 100 B", (64, 64)): (3, 5),
    ("write 100 B", (1, 64)): (2, 4),
    ("read 64 KiB", (1, 64)): (2, 4),
    ("read 1 MiB", (1, 64)): (4, 8),
    ("batch read 1,000 x 100 B", (1, 64)): (3, 5),
}


def size_text(size):
    for unit, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size // unit} {name}"
    return f"{size} B"


@dataclasses.dataclass(frozen=True)
class Case:
    """One row of the table."""
    work: str
    operation: str
    size: int
    batch: int
    shape: tuple
    packable: bool = False

    @property
    def depth(self):
        """As the shape has it, or less where too much would be under way."""
        connections, depth = self.shape
        return max(1, min(depth, UNDER_WAY_MAX // (connections * self.size * self.batch)))

    @property
    def shape_text(self):
        return f"{self.shape[0]}x{self.depth}"

    @property
    def name(self):
        return f"{self.work}, {self.shape[0]}x{self.shape[1]}"

    @property
    def bar(self):
        return BARS.get((self.work, self.shape), (1, 1))

    def flags(self, seconds):
        flags = ["--operation", self.operation, "--size", self.size, "--batch", self.batch,
                 "--connections", self.shape[0], "--depth", self.depth, "--seconds", seconds]
        if self.operation == "write":
            flags += ["--requests", max(200, WRITTEN_MAX // self.size)]
        return flags + (["--packable"] if self.packable else [])


def all_cases():
    """Rows in the order of the table."""
    found = []
    for operation in ("read", "write"):
        for size in SIZES:
            for shape in SHAPES:
                found.append(Case(f"{operation} {size_text(size)}", operation, size, 1, shape))
    for shape in SHAPES:
        found.append(Case("batch read 1,000 x 100 B", "batch-read", 100, 1000, shape))
    found.append(Case("read 4 KiB of digits", "read", 4096, 1, (1, 64), packable=True))
    found.append(Case("write 4 KiB of digits", "write", 4096, 1, (1, 64), packable=True))
    return found
