"""examples/custom_transport as a repository of its own: what its workflow does and it claims."""

import json
import re
import shutil
import unittest

from workshop import PREFIX, folder, readers_environment, run

PROJECT = PREFIX / "share/doc/trunkline/examples/custom_transport"
LINES_MAX = 25  # of the one file that plugs a transport into the kit
TRANSPORTS = ("ring", "pipes")


def lines_of(*files):
    """Lines that are neither empty nor a comment."""
    lines = [line.strip() for file in files for line in file.read_text().splitlines()]
    return sum(1 for line in lines if line and not line.startswith("//"))


def steps():
    """Names and commands of what the workflow runs."""
    text = (PROJECT / ".github/workflows/conformance.yml").read_text()
    found = re.findall(r"- name: (.*)\n(?: +if: .*\n)? +run: (?:\|\n((?: {10}.*\n)+)|(.*)\n)", text)
    return [(name, re.sub("^ {10}", "", block, flags=re.MULTILINE) or line)
            for name, block, line in found]


class CustomTransport(unittest.TestCase):

    def test_plugging_in_takes_few_lines_and_the_readme_knows_how_many(self):
        table = (PROJECT / "README.md").read_text()
        for row, counted in (
                ("to plug it into the kit", [lines_of(PROJECT / f"conform_{name}.cpp")
                                             for name in TRANSPORTS]),
                ("the transport", [lines_of(*(PROJECT / name).glob("*.[ch]pp"))
                                   for name in TRANSPORTS])):
            self.assertIn(f"| {row} | {counted[0]} | {counted[1]} |", table)
        for name in TRANSPORTS:
            self.assertLessEqual(lines_of(PROJECT / f"conform_{name}.cpp"), LINES_MAX)

    def test_its_workflow(self):
        place = folder("custom-transport") / "copy"
        shutil.copytree(PROJECT, place)
        environment = {**readers_environment(), "FUZZ_SECONDS": "2"}
        printed = {}
        for name, commands in steps():
            if name != "Install Trunkline":  # the package under test stands for it
                printed[name] = run("bash", "-euc", commands, cwd=place, env=environment)
        self.assertEqual(["Build", "Every rule, one test each", "A page about it",
                          "Fuzz for a minute"], list(printed))
        self.every_rule_was_a_test(place, printed["Every rule, one test each"])
        for name in TRANSPORTS:
            self.assertIn("</html>", (place / f"{name}.html").read_text())

    def every_rule_was_a_test(self, place, told):
        listed = json.loads(run("ctest", "--test-dir", place / "build", "--show-only=json-v1"))
        tests = {each["name"] for each in listed["tests"]}
        for name in TRANSPORTS:
            program = place / f"build/conform_{name}"
            rules = re.findall(r"^[A-Z]+-\d+", run(program, "--list"), re.MULTILINE)
            self.assertGreater(len(rules), 100)
            entries = {f"conform_{name}.{name}.{rule}" for rule in rules}
            ours = {each for each in tests if each.startswith(f"conform_{name}")}
            self.assertEqual(entries, ours)
            # Most rules say something about them: a test that is skipped has passed nothing.
            passed = re.findall(rf"conform_{name}\.\S+ \.+ +Passed", told)
            self.assertGreater(len(passed), 0.8 * len(rules))


if __name__ == "__main__":
    unittest.main()
