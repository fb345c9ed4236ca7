"""One of the examples, built and run as its reader would."""

import os
import unittest

from workshop import SOURCE, build, configure, folder, run

NAME = os.environ["TRUNKLINE_EXAMPLE"]
EXAMPLE = SOURCE / "examples" / NAME


class Example(unittest.TestCase):

    def test_it_prints_what_it_should(self):
        place = folder(f"example-{NAME}")
        configure(EXAMPLE, place)
        build(place)
        arguments = os.environ["TRUNKLINE_EXAMPLE_ARGUMENTS"].split()
        play = EXAMPLE / "try"  # for those that need somebody to talk to
        before = ["bash", play] if play.exists() else []
        self.assertEqual((EXAMPLE / "expected_output.txt").read_text(),
                         run(*before, place / NAME, *arguments, cwd=place, timeout=300))

    def test_it_is_as_short_as_promised(self):
        promised = os.environ["TRUNKLINE_EXAMPLE_LINES_MAX"]
        lines = sum(len(path.read_text().splitlines()) for path in EXAMPLE.glob("*.[ch]pp"))
        if promised:
            self.assertLessEqual(lines, int(promised))
