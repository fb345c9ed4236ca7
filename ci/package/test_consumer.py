"""A program that uses all of the library, with each compiler and standard."""

import os
import shutil
import unittest

from workshop import HERE, PREFIX, build, configure, folder, run

COMPILERS = {"gcc": "g++", "clang": "clang++-19"}


def header_source(path):
    """Writes a source file that includes every installed header."""
    include = PREFIX / "include"
    headers = [path.relative_to(include) for path in sorted(include.rglob("*.hpp"))]
    path.write_text("".join(f"#include <{header}>\n" for header in headers))
    return path


class Consumer(unittest.TestCase):

    def use(self, compiler, standard):
        found = shutil.which(COMPILERS[compiler])
        if found is None:
            self.skipTest(f"there is no {COMPILERS[compiler]}")
        place = folder(f"consumer-{compiler}-{standard}")
        configure(HERE / "consumer", place, f"-DCMAKE_CXX_STANDARD={standard}",
                  f"-DHEADERS={header_source(place / 'headers.cpp')}", compiler=found)
        build(place)
        self.assertEqual(f"C++{standard}\nmemory: hello\nwebsocket: hello\nstore: hello\n",
                         run(place / "consumer", place / "consumer.store"))

    def test_gcc_20(self):
        self.use("gcc", 20)

    def test_gcc_23(self):
        self.use("gcc", 23)

    def test_clang_20(self):
        self.use("clang", 20)

    def test_clang_23(self):
        self.use("clang", 23)
