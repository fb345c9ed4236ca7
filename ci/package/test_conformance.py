"""docs/conformance.md, followed step by step, from nothing but the installed package."""

import re
import unittest

from walk import Walk
from workshop import PREFIX, folder, readers_environment, run

PAGE = PREFIX / "share/doc/trunkline/docs/conformance.md"


class Conformance(unittest.TestCase):

    def test_everything_is_as_the_page_says(self):
        place = folder("conformance")
        walk = Walk(PAGE.read_text(), place, readers_environment())
        walk.go()
        self.assertGreater(len(walk.blocks), 10)
        told = run(place / "build/conform", "--help")
        flags = set(re.findall(r"--[a-z-]+", told)) - {"--help"}
        named = {flag for flag in re.findall(r"`(--[a-z-]+)", PAGE.read_text())}
        self.assertEqual(flags, named | {"--known-failures"})
        self.assertRegex((place / "all.txt").read_text(),
                         r"passed [1-9]\d+, failed 0, not applicable \d+, skipped 0, flaky 0\n$")


if __name__ == "__main__":
    unittest.main()
