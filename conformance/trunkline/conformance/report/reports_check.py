"""Reads the reports of the kit as other programs do: the sample of hostile texts, and those of a
run over all transports. Arguments: the programs report_samples and trunkline_conformance."""

import html.parser
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

SAMPLES, PROGRAM = sys.argv[1:3]
NUMBERS = ["passed", "failed", "not applicable", "skipped", "flaky"]
VOID = {"meta", "br", "link", "img"}
HOSTILE = "<b>&amp;\"quoted\" 'single' ]]> <!-- \\x1b[31m \\xff \u00e4\nsecond line \\ $"


class Page(html.parser.HTMLParser):
    """What a page says: each element closed in its turn, its texts, and what it would load."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.texts, self.loads, self.titles = [], [], [], []
        self.anchors, self.links = set(), set()
        self.numbers = {}
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.loads += [value for name, value in attrs
                       if name in ("src", "srcset", "data", "action")]
        self.titles.append(values.get("title"))
        if values.get("href", "").startswith("#"):
            self.links.add(values["href"][1:])
        elif "href" in values:
            self.loads.append(values["href"])
        if "id" in values:
            self.anchors.add(values["id"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.texts.append(data)
        if self.open[-2:] == ["li", "b"]:
            self.number = int(data)
        elif self.open[-2:] == ["ul", "li"] and data.strip() and len(self.numbers) < 5:
            self.numbers[data.split(" (")[0]] = self.number


class Reports:
    """One report in its four formats, from the files of a folder."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.text = (folder / "text").read_text()
        self.json = json.loads((folder / "json").read_text())
        self.xml = xml.etree.ElementTree.fromstring((folder / "junit").read_bytes())
        self.raw_page = (folder / "html").read_text()
        self.page = Page(self.raw_page)


def numbers_of_json(report):
    return {name: report["totals"][name.replace(" ", "_")] for name in NUMBERS}


class Readable(unittest.TestCase):
    """Rules for any report."""

    def agree(self, reports):
        numbers = numbers_of_json(reports.json)
        self.assertEqual(len(reports.json["results"]), sum(numbers.values()))
        self.assertEqual(numbers, reports.page.numbers)
        last = reports.text.splitlines()[-1]
        for name, number in numbers.items():
            self.assertIn(f"{name} {number}", last)
        suites = [suite for suite in reports.xml if suite.get("name") != "known failures"]
        for name, number in numbers.items():
            found = [int(each.get("value")) for suite in suites for each in suite.iter("property")
                     if each.get("name") == name]
            self.assertEqual(number, sum(found), name)
        for suite in reports.xml:
            cases = suite.findall("testcase")
            self.assertEqual(int(suite.get("tests")), len(cases))
            for count, element in (("failures", "failure"), ("skipped", "skipped")):
                self.assertEqual(int(suite.get(count)),
                                 sum(case.find(element) is not None for case in cases))
        failed = sum(each["blocks"] for each in reports.json["results"])
        self.assertEqual(failed + len(reports.json["stale"]), int(reports.xml.get("failures")))
        self.assertEqual(reports.json["holds"], int(reports.xml.get("failures")) == 0)

    def stands_alone(self, reports):
        self.assertEqual([], reports.page.loads)
        self.assertNotIn("url(", reports.raw_page)
        self.assertNotIn("@import", reports.raw_page)
        self.assertNotIn("<script", reports.raw_page)
        self.assertIn("prefers-color-scheme: dark", reports.raw_page)
        self.assertLessEqual(reports.page.links, reports.page.anchors)


class Sample(Readable):

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([SAMPLES, folder], check=True)
            cls.reports = Reports(folder)

    def test_formats_agree(self):
        self.agree(self.reports)
        self.stands_alone(self.reports)
        self.assertEqual([1, 3, 1, 1, 1], list(numbers_of_json(self.reports.json).values()))

    def test_what_was_seen_arrives(self):
        first = self.reports.json["results"][0]
        self.assertEqual(HOSTILE, first["seen"])
        self.assertEqual(["passed", "failed"], [run["outcome"] for run in first["runs"]])
        cases = {(case.get("classname"), case.get("name")): case
                 for case in self.reports.xml.iter("testcase")}
        failure = cases["conformance.a<b", "EST-01"].find("failure")
        self.assertEqual(HOSTILE, failure.get("message"))
        self.assertIn(HOSTILE, failure.text)
        self.assertIn("again: kit --rule 'x'", failure.text)
        self.assertIn(HOSTILE, self.reports.page.texts)
        self.assertIn("not applicable: " + HOSTILE, self.reports.page.titles)

    def test_only_what_blocks_fails(self):
        cases = {(case.get("classname"), case.get("name")): [each.tag for each in case]
                 for case in self.reports.xml.iter("testcase")}
        self.assertEqual({
            ("conformance.a<b", "EST-01"): ["failure"],
            ("conformance.a<b", "EST-02"): ["skipped"],
            ("conformance.a<b", "FLO-03"): ["flakyFailure"],
            ("conformance.a<b", "FLO-13"): ["skipped"],
            ("conformance.b", "EST-01"): [],
            ("conformance.b", "FLO-03"): ["skipped"],
            ("conformance.b", "SEC-01"): ["skipped"],
            ("conformance.known_failures", "EST-01 b"): ["failure"],
        }, cases)

    def test_a_stale_entry_is_told_everywhere(self):
        told = "known <7>.txt:7: EST-01 b: it passes; remove the line"
        self.assertIn(told, self.reports.text)
        self.assertEqual([told], [each["message"] for each in self.reports.json["stale"]])
        self.assertIn(told, self.reports.page.texts)


class Program(Readable):
    """A few rules on all transports of Trunkline."""

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            rules = ["--rule", "EST-01", "--rule", "BID", "--rule", "SEC-01", "--seed", "7"]
            reports = [f"--report={name}={folder}/{name}"
                       for name in ("text", "json", "junit", "html")]
            cls.done = subprocess.run([PROGRAM, *rules, *reports], text=True, capture_output=True,
                                      check=False)
            cls.reports = Reports(folder)

    def test_it_holds(self):
        self.assertEqual(0, self.done.returncode, self.done.stdout + self.done.stderr)
        self.assertEqual(self.reports.text, self.done.stdout)

    def test_formats_agree(self):
        self.agree(self.reports)
        self.stands_alone(self.reports)

    def test_each_transport_has_runs_in_its_time(self):
        times = {}
        for each in self.reports.json["results"]:
            times.setdefault(each["transport"], set()).update(run["time"] for run in each["runs"])
        simulated = {"memory", "plain", "ws", "ws_deflate", "tls", "wss"}
        sockets = {"tcp_sockets", "unix_sockets", "ws_sockets", "tls_sockets", "wss_sockets"}
        self.assertEqual({**{name: {"virtual"} for name in simulated},
                          **{name: {"real"} for name in sockets}}, times)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
