"""The same program, and the store alone, with nothing but pkg-config and the compiler."""

import os
import unittest

from test_consumer import header_source
from workshop import FACTS, HERE, PREFIX, SOURCE, folder, launcher, pkg_config_names, run

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def pkg_config(*arguments):
    """The words that pkg-config answers."""
    environment = dict(os.environ, PKG_CONFIG_PATH=str(PREFIX / "lib/pkgconfig"))
    return run("pkg-config", *arguments, env=environment).split()


def compile_and_link(place, sources, package):
    """Makes place/program of the sources."""
    objects = []
    for source in sources:
        objects.append(place / (source.stem + ".o"))
        run(*launcher(), FACTS["compiler"], "-std=c++20", *WARNINGS,
            *pkg_config("--cflags", package), "-c", source, "-o", objects[-1])
    run(FACTS["compiler"], *objects, "-o", place / "program",
        *pkg_config("--static", "--libs", package))
    return place / "program"


class PkgConfig(unittest.TestCase):

    def test_every_file_is_valid(self):
        for name in pkg_config_names():
            self.assertEqual([FACTS["version"]], pkg_config("--modversion", name))
            pkg_config("--static", "--exists", "--print-errors", name)

    def test_everything(self):
        place = folder("pkg-config")
        sources = [HERE / "consumer/consumer.cpp", header_source(place / "headers.cpp")]
        program = compile_and_link(place, sources, "trunkline")
        self.assertIn("websocket: hello\n", run(program, place / "consumer.store"))

    def test_the_store_alone(self):
        place = folder("pkg-config-store")
        source = SOURCE / "examples/embedded_store/main.cpp"
        program = compile_and_link(place, [source], "trunkline-store")
        self.assertIn("sound", run(program, place / "capitals.store"))
        self.assertNotIn("-lcrypto", pkg_config("--static", "--libs", "trunkline-store"))
