"""The tutorials, followed step by step, from nothing but the installed package."""

import unittest

from walk import Walk
from workshop import PREFIX, folder, readers_environment


class Tutorial(unittest.TestCase):

    def follow(self, name):
        page = (PREFIX / f"share/doc/trunkline/docs/{name}.md").read_text()
        walk = Walk(page, folder(name), readers_environment())
        walk.go()
        self.assertGreater(len(walk.blocks), 10)
        self.assertEqual({}, walk.terminals)

    def test_everything_is_as_the_page_says(self):
        self.follow("tutorial")

    def test_a_transport_is_written_as_the_page_says(self):
        self.follow("writing-a-transport")


class WalkItself(unittest.TestCase):
    """A page that does not hold is noticed."""

    def walk(self, *blocks):
        page = "".join(f"```{head}\n{body}\n```\n" for head, body in blocks)
        Walk(page, folder("walk"), readers_environment()).go()

    def test_files_and_commands(self):
        self.walk(("sh", "mkdir in\ncd in"), ("c file=a", "1"), ("c file+=a", "2"),
                  ("sh", "cat a; pwd | grep -o in$"), ("text", "1\n2\nin"))

    def test_a_terminal_whose_port_differs(self):
        serve = "echo on 127.0.0.1:7; read -r"
        self.walk(("sh terminal=a", serve), ("text", "on 127.0.0.1:1234"),
                  ("sh", "echo 127.0.0.1:1234"), ("text", "127.0.0.1:7"),
                  ("sh terminal=a enter", ""))

    def test_what_does_not_hold(self):
        for blocks in [(("sh", "echo a"), ("text", "b")),
                       (("sh", "false"),),
                       (("sh fails", "true"),),
                       (("c", "what is this for?"),),
                       (("sh terminal=a", "echo a; read -r; echo b"), ("text", "a")),
                       (("sh terminal=a", "echo a; read -r; exit 3"), ("text", "a")),
                       (("sh terminal=a", "echo a; read -r"), ("text", "b"))]:
            with self.assertRaises(AssertionError, msg=blocks):
                self.walk(*blocks)
