"""Every block of code and commands on the pages of docs/ is tried by a test."""

import re
import unittest

from walk import BLOCK
from workshop import HERE, PREFIX, SOURCE, build, configure, folder, run

PAGES = PREFIX / "share/doc/trunkline"

# Pages, the language of their blocks, and who tries these.
TRIED = {
    ("README.md", "python"): "clients/python/acceptance/test_readme.py",
    ("docs/install.md", "sh"): "ci/package/test_page.py",
    ("docs/install.md", "cmake"): "ci/package/test_page.py",
    ("docs/install.md", "cpp"): "ci/package/test_page.py",
    ("docs/install.md", "text"): "ci/package/test_page.py",
    ("docs/library.md", "cpp"): "ci/package/snippets/library.cpp",
    ("docs/serve.md", "toml"): "ci/package/test_snippets.py",
    ("docs/store-commands.md", "sh"): "server/trunkline/cli/store_commands_page_test.cpp",
    ("docs/tutorial.md", "sh"): "ci/package/test_tutorial.py",
    ("docs/tutorial.md", "cmake"): "ci/package/test_tutorial.py",
    ("docs/tutorial.md", "cpp"): "ci/package/test_tutorial.py",
    ("docs/tutorial.md", "text"): "ci/package/test_tutorial.py",
}


def blocks(page):
    """Language and text of each block of a page."""
    return [(language, text) for language, _, text in BLOCK.findall((PAGES / page).read_text())]


def bare(code):
    """C++ without comments, and without what is between its words and signs."""
    return re.sub(r"\s+", "", re.sub(r"//[^\n]*", "", code))


def parts(code):
    """What stands between blank lines, and lines that only say ... ."""
    found = re.split(r"^(?:\s*|\.\.\.\s*(?://.*)?)$", code, flags=re.MULTILINE)
    return [part for part in found if bare(part)]


class Snippets(unittest.TestCase):

    def test_somebody_tries_every_block(self):
        for path in [PAGES / "README.md", *sorted((PAGES / "docs").glob("*.md"))]:
            page = str(path.relative_to(PAGES))
            for language, text in blocks(page):
                by = TRIED.get((page, language))
                self.assertIsNotNone(by, f"nobody tries, on {page},\n{text}")
                self.assertTrue((SOURCE / by).is_file(), by)

    def test_what_the_library_page_shows_is_in_a_program(self):
        program = bare((HERE / "snippets/library.cpp").read_text())
        shown = [part for language, text in blocks("docs/library.md") for part in parts(text)]
        self.assertGreater(len(shown), 8)
        for part in shown:
            self.assertTrue(bare(part) in program, f"nobody compiles, on docs/library.md,\n{part}")

    def test_that_program(self):
        place = folder("snippets")
        configure(HERE / "snippets", place)
        build(place)
        self.assertEqual("as promised\n", run(place / "library", cwd=place, timeout=300))

    def test_what_the_page_about_migration_names_is_there(self):
        page = (PAGES / "docs/migration.md").read_text()
        headers = "".join(path.read_text() for path in (PREFIX / "include").rglob("*.hpp"))
        program = PREFIX / "bin/trunkline"
        flags = run(program, "serve", "--help") + run(program, "get", "--help")
        commands = set(re.findall(r"^  ([a-z-]+)  ", run(program, "--help"), re.MULTILINE))
        words = set(re.findall(r"\w+", headers)) | {"Trunkline", "trunkline"}
        looked_at = 0
        for row in re.findall(r"^\|(.*)\|$", page, re.MULTILINE):
            for code in re.findall(r"`([^`]+)`", row.split("|")[1]):
                looked_at += 1
                first = code.split()[0]
                if first.startswith("--"):
                    self.assertIn(first, flags)
                elif first not in commands:
                    for name in re.findall(r"\b[a-z]\w+", re.sub(r'"[^"]*"', "", code)):
                        self.assertTrue(name in words, f"there is no {name}:\n{row}")
        self.assertGreater(looked_at, 60)

    def test_the_configuration_file_of_the_server(self):
        (text,) = [text for language, text in blocks("docs/serve.md") if language == "toml"]
        file = folder("configuration") / "trunkline.toml"
        file.write_text(text)
        said = run(PREFIX / "bin/trunkline", "serve", "--config", file, "--print-limits")
        self.assertRegex(said, r"message-size-max\W+64MiB")
