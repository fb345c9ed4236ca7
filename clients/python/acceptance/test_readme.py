"""The program that the README shows, as it stands there but for the port."""
import re
import unittest

from .server import ROOT
from .store_case import StoreCase


class ReadmeTest(StoreCase):
    def test_the_program_of_the_readme(self):
        (program,) = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(),
                                re.MULTILINE | re.DOTALL)
        self.assertIn("8080", program)
        names = {}
        exec(program.replace("8080", str(self.server.port)), names)
        self.assertEqual(names["store"].read(b"greeting"), b"hello")


if __name__ == "__main__":
    unittest.main()
