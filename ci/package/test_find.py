"""find_package(Trunkline): components, versions, and what it says when something is missing."""

import unittest

from workshop import FACTS, HERE, SOURCE, configure, folder, words


class Find(unittest.TestCase):

    def look(self, name, *settings, fails=False):
        """What CMake says, in one line, while it configures the project finder."""
        said = configure(HERE / "finder", folder(f"find-{name}"), *settings, fails=fails)
        return " ".join(said.split())

    def test_each_component_brings_what_it_links_to(self):
        said = self.look("components", f"-DEACH={';'.join(words('components'))}")
        for name in words("components"):
            self.assertIn(f"-- {name} alone: found", said)
        self.assertIn("-- store alone: found store base --", said)
        self.assertIn("-- typed alone: found typed base frame extension flow rpc bitcode --", said)

    def test_a_subfolder_gives_the_same_targets(self):
        said = self.look("subfolder", f"-DSUBFOLDER={SOURCE}",
                         f"-DTARGETS={';'.join(words('components'))}")
        for name in words("components"):
            self.assertRegex(said, f"-- {name} of the subfolder: (STATIC|INTERFACE)_LIBRARY")
        self.assertNotIn("GTest", said)

    def test_versions(self):
        major, minor, patch = map(int, FACTS["version"].split("."))
        fit = [f"{major}.{minor}", f"{major}.{minor}.{patch}",
               f"{major}.{minor}...{major}.{minor}.99"]
        unfit = [f"{major}.{minor + 1}", f"{major + 1}", f"{major}.{minor}.{patch + 1}"]
        if minor > 0:
            unfit.append(f"{major}.{minor - 1}")
        said = self.look("versions", f"-DVERSIONS={';'.join(fit + unfit)}")
        for version in fit:
            self.assertIn(f"-- version {version}: TRUE", said)
        for version in unfit:
            self.assertIn(f"-- version {version}: FALSE", said)

    def test_a_library_is_missed_only_where_it_is_needed(self):
        missing = "-DCMAKE_DISABLE_FIND_PACKAGE_OpenSSL=ON"
        said = self.look("no-openssl", missing, "-DREQUIRED=websocket", fails=True)
        self.assertIn("Trunkline::websocket needs OpenSSL (Debian: libssl-dev).", said)
        said = self.look("no-openssl", missing, "-DEVERYTHING=ON", fails=True)
        self.assertIn("Trunkline::websocket needs OpenSSL (Debian: libssl-dev).", said)
        said = self.look("no-openssl", missing, "-DREQUIRED=store;memory", "-DOPTIONAL=websocket")
        self.assertIn("-- required: 1 -- optional websocket: FALSE", said)

    def test_each_missing_library_is_named(self):
        missing = "-DCMAKE_DISABLE_FIND_PACKAGE_Boost=ON"
        said = self.look("no-boost", missing, "-DREQUIRED=store", fails=True)
        self.assertIn("Trunkline::base needs Boost 1.81 or later", said)
        said = self.look("no-libraries", "-DBLIND=ON", "-DREQUIRED=store", fails=True)
        self.assertIn("Trunkline::store needs xxHash (Debian: libxxhash-dev).", said)
        self.assertIn("Trunkline::store needs libdeflate (Debian: libdeflate-dev).", said)

    def test_an_unknown_component_is_refused_by_name(self):
        said = self.look("unknown", "-DREQUIRED=store;carrier_pigeon", fails=True)
        self.assertIn("There is no component carrier_pigeon. There are: base", said)
