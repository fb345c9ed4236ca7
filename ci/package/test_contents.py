"""What is installed, and what is not."""

import os
import re
import unittest

from workshop import BUILD, FACTS, PREFIX, SOURCE, pkg_config_names, run, words


def installed(below="", suffix=""):
    """All files below a folder of the prefix, as paths relative to it."""
    top = PREFIX / below
    return sorted(path.relative_to(top) for path in top.rglob("*" + suffix) if path.is_file())


class Contents(unittest.TestCase):

    def test_there_is_nothing_but_what_a_prefix_has(self):
        self.assertEqual({"bin", "include", "lib", "share"},
                         {path.name for path in PREFIX.iterdir()})
        self.assertEqual(["trunkline"], [str(path) for path in installed("bin")])
        folders = [path for path in PREFIX.rglob("*") if path.is_dir()]
        self.assertEqual([], [path for path in folders if not any(path.iterdir())])

    def test_the_program_runs(self):
        self.assertIn(FACTS["version"], run(PREFIX / "bin/trunkline", "--version"))
        self.assertNotRegex(run("readelf", "-d", PREFIX / "bin/trunkline"), "R(UN)?PATH")

    def test_manual_pages_and_completions_are_there(self):
        program = PREFIX / "bin/trunkline"
        pages = [str(path) for path in installed("share/man")]
        self.assertIn("man1/trunkline.1", pages)
        commands = re.findall(r"^  ([a-z-]+)  ", run(program, "--help"), re.MULTILINE)
        self.assertIn("serve", commands)
        for name in commands:
            self.assertIn(f"man1/trunkline-{name}.1", pages)
        self.assertEqual(len(commands) + 1, len(pages))
        for shell, file in (("bash", "bash-completion/completions/trunkline"),
                            ("zsh", "zsh/site-functions/_trunkline"),
                            ("fish", "fish/vendor_completions.d/trunkline.fish")):
            script = (PREFIX / "share" / file).read_text()
            self.assertEqual(run(program, "completion", shell), script)

    def test_each_component_is_there_for_cmake_and_pkg_config(self):
        names = words("components")
        self.assertLessEqual({"core", "store", "transports", "websocket", "memory"}, set(names))
        self.assertEqual(sorted(name + ".pc" for name in pkg_config_names()),
                         [str(path) for path in installed("lib/pkgconfig")])
        for name in names:
            file = PREFIX / f"lib/cmake/Trunkline/Trunkline-{name}.cmake"
            self.assertTrue(file.is_file(), name)

    def test_no_other_library_is_there(self):
        others = (".cmake", ".pc")
        libraries = [path.name for path in installed("lib") if path.suffix not in others]
        self.assertTrue(libraries)
        for name in libraries:
            component = re.fullmatch(r"libtrunkline_(\w+)\.a", name)
            self.assertTrue(component and component[1] in words("components"), name)

    def test_no_header_of_a_test_is_there(self):
        # But for the one by which users have the kit as tests.
        headers = [header for header in installed("include")
                   if str(header) != "trunkline/conformance/testing.hpp"]
        of_tests = words("headers_of_tests")
        self.assertTrue(of_tests)
        for header in headers:
            self.assertEqual(("trunkline", ".hpp"), (header.parts[0], header.suffix), header)
            self.assertNotIn(header.name, of_tests, header)
            self.assertNotRegex(header.name, "(^|_)(test|tests|testing|prop)(_|[.])", header)
            text = (PREFIX / "include" / header).read_text()
            self.assertNotRegex(text, "(?i)gtest|gmock|rapidcheck", header)

    def test_whatever_headers_include_of_ours_is_there(self):
        headers = installed("include")
        for header in headers:
            text = (PREFIX / "include" / header).read_text()
            for name in re.findall(r'^#include [<"](trunkline/[^>"]+)', text, re.MULTILINE):
                self.assertTrue((PREFIX / "include" / name).is_file(), f"{header} includes {name}")

    @unittest.skipIf(FACTS["build_type"] == "Debug", "debuggers look for the sources")
    def test_no_file_knows_where_it_was_built(self):
        places = {os.fsencode(path) for each in (SOURCE, BUILD) for path in (each, each.resolve())}
        for path in installed():
            content = (PREFIX / path).read_bytes()
            for place in places:
                self.assertNotIn(place, content, path)

    def test_every_corpus_is_there(self):
        targets = {path.stem for path in (SOURCE / "fuzz").glob("*.dict")} - {"canary"}
        self.assertGreater(len(targets), 10)
        folder = PREFIX / "share/trunkline/fuzz"
        self.assertEqual(targets, {path.name for path in (folder / "corpus").iterdir()})
        self.assertEqual(targets, {path.stem for path in folder.glob("*.dict")})
        for target in targets:
            seeds = {path.name for path in (SOURCE / "fuzz/corpus" / target).iterdir()}
            self.assertEqual(seeds - {".gitkeep"},
                             {path.name for path in (folder / "corpus" / target).iterdir()})

    def test_the_pages_and_the_licence_are_there(self):
        pages = PREFIX / "share/doc/trunkline"
        self.assertIn("Apache License", (pages / "LICENSE").read_text())
        self.assertIn("docs/install.md", [str(path) for path in installed("share/doc/trunkline")])
        for page in installed("share/doc/trunkline", ".md"):
            for target in re.findall(r"\]\(([^) #]+)[^) ]*\)", (pages / page).read_text()):
                if "://" not in target:
                    self.assertTrue((pages / page.parent / target).exists(),
                                    f"{page} links to {target}")
