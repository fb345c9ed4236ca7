"""The operations of the store beside those of the published crate: CPU time, in turns, in one run.

    compare.py --ours PROGRAM --published PROGRAM [--rounds N] [--entries N] [--folder FOLDER]
"""
import argparse
import collections
import filecmp
import json
import pathlib
import statistics
import subprocess
import tempfile

# Operation: how many times as fast as the published store it has to be, and shall be.
FACTORS = {
    "write": (3, 5),
    "batch_write": (1.5, 2),
    "read": (2, 3),
    "batch_read": (1.5, 2),
    "iterate": (1, 2),
    "open": (1.5, 2),
}
SIZES = (64, 1024)


def run(program, operation, file, size, entries):
    """What one run costs per entry, in nanoseconds of CPU time, and a number of what it found."""
    out = subprocess.run([program, operation, file, str(size), str(entries)], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    found = json.loads(out)
    return found["cpu_ns"] / found["entries"], found["check"]


class Comparison:
    def __init__(self, programs, folder, entries):
        self.programs = programs
        self.folder = folder
        self.entries = entries
        self.costs = collections.defaultdict(list)

    def in_turns(self, operation, size, file_of):
        checks = set()
        for who, program in self.programs.items():
            cost, check = run(program, operation, file_of(who), size, self.entries)
            self.costs[operation, size, who].append(cost)
            checks.add(check)
        if len(checks) != 1:
            raise SystemExit(f"{operation} of {size} bytes: the two did not do the same")

    def written(self, operation, size):
        """One operation that writes, each into a file of its own; gives one of the two."""
        files = {who: self.folder / f"{operation}-{size}-{who}" for who in self.programs}
        for file in files.values():
            file.unlink(missing_ok=True)
        self.in_turns(operation, size, files.get)
        first, *others = files.values()
        for other in others:
            if not filecmp.cmp(first, other, shallow=False):
                raise SystemExit(f"{operation} of {size} bytes: the files differ")
            other.unlink()
        return first

    def round(self, only):
        for size in SIZES:
            if "write" in only:
                self.written("write", size).unlink()
            file = self.written("batch_write", size)
            for operation in ("read", "batch_read", "iterate", "open"):
                if operation in only:
                    self.in_turns(operation, size, lambda _: file)
            file.unlink()

    def table(self, only):
        rounds = max(len(costs) for costs in self.costs.values())
        yield (f"ns of CPU time per entry, {self.entries:,} entries, "
               f"median of {rounds} and (lowest to highest)")
        yield (f"{'operation':12}{'bytes':>6}{'published':>24}{'ours':>24}"
               f"{'ratio':>8}{'required':>10}{'goal':>6}")
        for operation in only:
            for size in SIZES:
                yield self.line(operation, size)

    def line(self, operation, size):
        ours, theirs = (self.costs[operation, size, who] for who in ("ours", "published"))
        ratio = statistics.median(theirs) / statistics.median(ours)
        required, goal = FACTORS[operation]
        verdict = ("" if ratio >= goal else "  below the goal" if ratio >= required
                   else "  BELOW WHAT IS REQUIRED")
        return (f"{operation:12}{size:6}{spread(theirs):>24}{spread(ours):>24}"
                f"{ratio:8.2f}{required:10g}{goal:6g}{verdict}")


def spread(costs):
    return f"{statistics.median(costs):.0f} ({min(costs):.0f} to {max(costs):.0f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ours", required=True)
    parser.add_argument("--published", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--folder", help="where the files lie; the system's temporary folder")
    parser.add_argument("--only", nargs="+", choices=FACTORS, default=list(FACTORS))
    options = parser.parse_args()

    programs = {"ours": options.ours, "published": options.published}
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-", dir=options.folder) as folder:
        comparison = Comparison(programs, pathlib.Path(folder), options.entries)
        for _ in range(options.rounds):
            comparison.round(options.only)
    print("\n".join(comparison.table(options.only)))


if __name__ == "__main__":
    main()
