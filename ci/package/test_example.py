"""One of the examples, built and run as its reader would."""

import os
import unittest

from workshop import SOURCE, build, configure, folder, run


class Example(unittest.TestCase):

    def test_it_prints_what_it_should(self):
        name = os.environ["TRUNKLINE_EXAMPLE"]
        source = SOURCE / "examples" / name
        place = folder(f"example-{name}")
        configure(source, place)
        build(place)
        arguments = os.environ["TRUNKLINE_EXAMPLE_ARGUMENTS"].split()
        self.assertEqual((source / "expected_output.txt").read_text(),
                         run(place / name, *arguments, cwd=place))
