"""Every block of code and commands on the pages of docs/ is tried by a test."""

import json
import os
import re
import shlex
import unittest

from walk import BLOCK
from workshop import BUILD, HERE, PREFIX, SOURCE, build, configure, folder, readers_environment, run

PAGES = PREFIX / "share/doc/trunkline"

# Pages, the language of their blocks, and who tries these.
TRIED = {
    ("README.md", "python"): "clients/python/acceptance/test_readme.py",
    ("docs/conformance.md", "cmake"): "ci/package/test_conformance.py",
    ("docs/conformance.md", "cpp"): "ci/package/test_conformance.py",
    ("docs/conformance.md", "sh"): "ci/package/test_conformance.py",
    ("docs/conformance.md", "text"): "ci/package/test_conformance.py",
    ("docs/install.md", "sh"): "ci/package/test_page.py",
    ("docs/install.md", "cmake"): "ci/package/test_page.py",
    ("docs/install.md", "cpp"): "ci/package/test_page.py",
    ("docs/install.md", "text"): "ci/package/test_page.py",
    ("docs/library.md", "cpp"): "ci/package/snippets/library.cpp",
    ("docs/serve.md", "toml"): "ci/package/test_snippets.py",
    ("docs/simulator.md", "cpp"): "conformance/trunkline/sim/world_test.cpp",
    ("docs/store-commands.md", "sh"): "server/trunkline/cli/store_commands_page_test.cpp",
    ("docs/tutorial.md", "sh"): "ci/package/test_tutorial.py",
    ("docs/tutorial.md", "cmake"): "ci/package/test_tutorial.py",
    ("docs/tutorial.md", "cpp"): "ci/package/test_tutorial.py",
    ("docs/tutorial.md", "text"): "ci/package/test_tutorial.py",
    ("docs/writing-a-transport.md", "sh"): "ci/package/test_tutorial.py",
    ("docs/writing-a-transport.md", "cmake"): "ci/package/test_tutorial.py",
    ("docs/writing-a-transport.md", "cpp"): "ci/package/test_tutorial.py",
    ("docs/writing-a-transport.md", "text"): "ci/package/test_tutorial.py",
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


def readme_commands():
    """What the README tells its reader to type: whole lines, and words in the text that begin as a
    command does."""
    text = re.sub(r"^```.*?^```$", "", (PAGES / "README.md").read_text(), flags=re.M | re.S)
    lines = re.findall(r"(?<=\n)    (\S.*)\n", text)
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)]
    names = (r"\.?ci/\w|(cmake|ctest|pip|pkg-config|trunkline|python3?|docker|cargo|make) "
             r"|-L [\w-]+$")
    typed = [span for span in spans if re.match(names, span)]
    return lines + ["ctest --preset debug " + span if span.startswith("-L") else span
                    for span in typed]


class Readme:
    """What each command of the README means here. Those that would install, build and test
    everything once more are looked at, not run: each part of them has to be there."""

    def __init__(self, test):
        self.test = test

    def check(self, line):
        words = shlex.split(line, comments=True)
        name = words[0]
        if re.fullmatch(r"\.?ci/[\w-]+", name):
            self.script(name)
            arguments = getattr(self, "arguments_of_" + name.rpartition("/")[2].replace("-", "_"),
                                self.no_arguments)
            arguments(words[1:])
        else:
            known = getattr(self, name.replace("-", "_"), None)
            self.test.assertIsNotNone(known, f"nobody tries, in README.md, {line}")
            known(words[1:])

    def script(self, name):
        path = SOURCE / name
        self.test.assertTrue(os.access(path, os.X_OK), f"{name} is no program")
        if "bash" in path.read_text().partition("\n")[0]:
            run("bash", "-n", path)

    def no_arguments(self, words):
        self.test.assertEqual([], words)

    def arguments_of_serve(self, words):
        help_text = run(PREFIX / "bin/trunkline", "serve", "--help")
        for word in words:
            if word.startswith("--"):
                self.test.assertRegex(help_text, rf"{word}\b")

    def arguments_of_test(self, words):
        if words:
            self.there_are_tests(words)

    def arguments_of_fuzz(self, words):
        seconds, *targets = words
        self.test.assertGreater(int(seconds), 0)
        for target in targets:
            self.test.assertTrue((SOURCE / f"fuzz/{target}.cpp").is_file(), target)

    def preset(self, kind, name):
        presets = json.loads((SOURCE / "CMakePresets.json").read_text())[kind + "Presets"]
        self.test.assertIn(name, [each["name"] for each in presets if not each.get("hidden")])

    def cmake(self, words):
        kind = "build" if words[0] == "--build" else "configure"
        option, name = words[-2:]
        self.test.assertEqual("--preset", option)
        self.preset(kind, name)

    def ctest(self, words):
        option, name, *rest = words
        self.test.assertEqual("--preset", option)
        self.preset("test", name)
        if rest:
            self.there_are_tests(rest)

    def there_are_tests(self, words):
        option, wanted = words
        if option == "-L":
            places = [each for each in SOURCE.iterdir() if each.is_dir() and each.name != "build"]
            makers = [path for place in places for path in place.rglob("CMakeLists.txt")]
            makers += (SOURCE / "ci/cmake").glob("*.cmake")
            labels = re.findall(r"LABELS (.*)", "\n".join(path.read_text() for path in makers))
            self.test.assertRegex(" ".join(labels), rf"(?<![\w-]){wanted}(?![\w-])")
        else:
            self.test.assertEqual("-R", option)
            listed = json.loads(run("ctest", "--test-dir", BUILD, "--show-only=json-v1"))
            names = "\n".join(each["name"] for each in listed["tests"])
            self.test.assertRegex(names, wanted)

    def pip(self, words):
        self.test.assertEqual("install", words[0])
        pinned = (SOURCE / "clients/python/requirements.txt").read_text()
        for wanted in words[1:]:
            self.test.assertIn(wanted, pinned)

    def pkg_config(self, words):
        where = next(PREFIX.rglob("pkgconfig"))
        environment = {**readers_environment(), "PKG_CONFIG_PATH": str(where)}
        self.test.assertIn("-l", run("pkg-config", *words, env=environment))

    def trunkline(self, words):
        self.test.assertRegex(run(PREFIX / "bin/trunkline", "--help"), rf"(?m)^  {words[0]}  ")


class Snippets(unittest.TestCase):

    def test_somebody_tries_every_block(self):
        for path in [PAGES / "README.md", *sorted((PAGES / "docs").glob("*.md"))]:
            page = str(path.relative_to(PAGES))
            for language, text in blocks(page):
                by = TRIED.get((page, language))
                self.assertIsNotNone(by, f"nobody tries, on {page},\n{text}")
                self.assertTrue((SOURCE / by).is_file(), by)

    def test_every_command_of_the_readme(self):
        commands = readme_commands()
        self.assertGreater(len(commands), 20, commands)
        for line in commands:
            with self.subTest(line):
                Readme(self).check(line)

    def test_a_command_that_nobody_knows_is_noticed(self):
        for line in ["ci/nothing", "ci/fuzz 60 no_such_target", "ci/serve --no-such-flag",
                     "ci/test -R no_such_test_at_all", "cmake --preset nothing", "brew install it",
                     "ctest --preset debug -L nothing", "ci/long --hours 3", "trunkline nothing",
                     "pip install simd-r-drive-ws-client==0.0.1"]:
            with self.subTest(line), self.assertRaises((AssertionError, OSError)):
                Readme(self).check(line)

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

    def test_the_contract_has_a_row_for_every_function(self):
        page = (PAGES / "transports/trunkline/transport/CONTRACT.md").read_text()
        sections = dict(re.findall(r"^## (.*)\n((?:(?!## ).*\n)*)", page, re.MULTILINE))
        rows = {title: set(re.findall(r"(?:^\| |, )`(?:\w+::)?(\w+)(?:\(|`)", text, re.MULTILINE))
                for title, text in sections.items()}
        makers = rows["network, listener and dialer"]
        for name, known in (("byte_stream", rows["byte_stream"]), ("runtime", rows["runtime"]),
                            ("connection", rows["connection"] | rows["byte_stream"]),
                            ("listener", makers), ("network", makers)):
            header = (PREFIX / f"include/trunkline/transport/{name}.hpp").read_text()
            functions = set(re.findall(r"virtual [^~;]*?(\w+)\(", header))
            self.assertGreater(len(functions), 1)
            self.assertEqual(set(), functions - known, name)

    def test_the_configuration_file_of_the_server(self):
        (text,) = [text for language, text in blocks("docs/serve.md") if language == "toml"]
        file = folder("configuration") / "trunkline.toml"
        file.write_text(text)
        said = run(PREFIX / "bin/trunkline", "serve", "--config", file, "--print-limits")
        self.assertRegex(said, r"message-size-max\W+64MiB")
