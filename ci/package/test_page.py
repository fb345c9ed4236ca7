"""docs/install.md: what it shows is written into files, what it says to run is run."""

import re
import unittest

import page
from workshop import BUILD, FACTS, PREFIX, folder, readers_environment, run, words

NAMES = {"xxhash": "xxHash", "deflate": "libdeflate"}


def shell(commands, place):
    """Runs commands as a reader would, in a folder."""
    return run("bash", "-euc", commands, cwd=place, env=readers_environment())


class Page(unittest.TestCase):

    def test_the_first_program(self):
        place = folder("page")
        (place / "CMakeLists.txt").write_text(page.block("With CMake", "cmake"))
        (place / "first.cpp").write_text(page.block("With CMake", "cpp"))
        promised = page.block("With CMake", "text")
        self.assertTrue(shell(page.block("With CMake", "sh"), place).endswith("\n" + promised))
        self.assertEqual(promised, shell(page.block("With pkg-config", "sh"), place))

    def test_the_options_of_the_build_exist(self):
        cache = (BUILD / "CMakeCache.txt").read_text()
        options = re.findall(r"-D(TRUNKLINE_\w+)=", page.block("From source", "sh"))
        self.assertTrue(options)
        for option in options:
            self.assertRegex(cache, rf"(?m)^{option}:BOOL=")

    def test_the_table_of_folders(self):
        for path, _ in page.rows("From source"):
            self.assertTrue((PREFIX / path).exists(), path)

    def test_the_table_of_components(self):
        config = (PREFIX / "lib/cmake/Trunkline/TrunklineConfig.cmake").read_text()
        lines = re.findall(r"set\(Trunkline_packages_of_(\w+) ([^)]*)\)", config)
        needs = {name: ", ".join(NAMES.get(package, package) for package in packages.split(";"))
                 for name, packages in lines}
        self.assertEqual(set(words("components")), set(needs))
        self.assertEqual(needs, {name: needed for name, _, needed in page.rows("With CMake")},
                         "docs/install.md has one row for each component")

    def test_the_versions(self):
        minor = FACTS["version"].rpartition(".")[0]
        self.assertIn(f"find_package(Trunkline {minor})", page.section("Versions"))
        self.assertIn(f"find_package(Trunkline {minor} ", page.block("With CMake", "cmake"))
