"""Turns the installed Autobahn|Testsuite, which is Python 2, into Python 3, in place.

Run by the interpreter of the virtual environment that holds it, once, right after the
installation: first the 2to3 fixers, then octets.py is added, then the replacements below. Each of
them has to find its text, so another release of the suite stops here instead of testing something
else.
"""
import importlib.util
import pathlib
import re
import shutil
import sys

from fissix.refactor import RefactoringTool

# Parts of the suite that test WAMP or performance; they need packages that only Python 2 has.
LEFT_OUT = {"wampfuzzing.py", "wamptestee.py", "wamptestserver.py", "wampcase",
            "wsperfcontrol.py", "wsperfmaster.py"}

FIXERS = """basestring dict except exec filter funcattrs has_key import imports itertools long map
            methodattrs ne numliterals print raise reduce repr tuple_params types unicode xrange
            zip""".split()

OCTETS = "from autobahntestsuite import octets as binascii\n"
CONVERT = "from autobahntestsuite.octets import Boundary, to_bytes, to_str\n"

# file: [(text of the suite after the fixers, its replacement)]
REPLACEMENTS = {
    "wstest.py": [
        ("from . import serializer\n",
         "try:\n   from . import serializer\nexcept ImportError:\n   serializer = None\n"),
    ],
    "case/case.py": [
        # A pickle depends on which objects are the same; values are what is meant.
        ("pickle.dumps(obj1) == pickle.dumps(obj2)", "repr(obj1) == repr(obj2)"),
    ],
    "case/case6_x_x.py": [
        ("v.validate(vss[:i])", "v.validate(binascii.to_bytes(vss[:i]))"),
    ],
    "case/case9_9_1.py": [
        ("from zope.interface import implements\n", ""),
    ],
    "case/case10_1_1.py": [
        ("len(self.payload) / self.p.autoFragmentSize",
         "len(self.payload) // self.p.autoFragmentSize"),
    ],
    "case/case12_x_x.py": [
        ("import copy, os, pkg_resources, hashlib, binascii\n",
         "import copy, os, pkg_resources, hashlib\n" + OCTETS + CONVERT),
        ("open(fn, 'rb').read()", "to_str(open(fn, 'rb').read())"),
        ("payload.decode('utf-8')", "to_bytes(payload).decode('utf-8')"),
        ("msg.encode('utf-8')", "to_str(msg.encode('utf-8'))"),
        ("msg.decode('utf-8')", "to_bytes(msg).decode('utf-8')"),
        ("m.update(msg)", "m.update(to_bytes(msg))"),
    ],
    "fuzzing.py": [
        ("import os, json, binascii, time, textwrap, pkg_resources\n",
         "import os, json, time, textwrap, pkg_resources\n" + OCTETS + CONVERT),
        ("class FuzzingProtocol:", "class FuzzingProtocol(Boundary):"),
        ("dd.decode('utf8', errors", "to_bytes(dd).decode('utf8', errors"),
        ("p = ''.join(payload)", "p = to_str(b''.join(payload))"),
        ("(len(payload), asciiLogData(payload)),",
         "(len(payload), asciiLogData(to_str(payload))),"),
        ("def binLogData(data, maxlen = 64):\n",
         "def binLogData(data, maxlen = 64):\n   data = to_str(data)\n"),
        ("self.runCase.onPong(payload)", "self.runCase.onPong(to_str(payload))"),
        ("self.runCase.onMessage(msg, binary)", "self.runCase.onMessage(to_str(msg), binary)"),
        ("self.http_request_data if hasattr", "to_str(self.http_request_data) if hasattr"),
        ("self.http_response_data if hasattr", "to_str(self.http_response_data) if hasattr"),
        # Reports are text files.
        (", report_filename), 'w')",
         ", report_filename), 'w', encoding='utf-8', errors='backslashreplace')"),
        (')).encode("utf-8"))', ")))"),
        ("ll.encode('utf8')", "ll"),
        ("sort_keys = True, indent = 3,", "sort_keys = True, default = to_str, indent = 3,"),
        # Plain connections do without the TLS package.
        ("from twisted.internet import reactor, ssl",
         "from twisted.internet import reactor\ntry:\n   from twisted.internet import ssl\n"
         "except ImportError:\n   ssl = None"),
        ("self.contextFactory = ssl.ClientContextFactory()",
         "self.contextFactory = ssl.ClientContextFactory() if ssl else None"),
    ],
}


def python3_of(source, path, fixers):
    """What the 2to3 fixers make of one module."""
    # A character beyond ASCII in a literal stood for the octets of its UTF-8 form.
    source = re.sub(r"[^\x00-\x7f]",
                    lambda found: "".join(f"\\x{octet:02x}" for octet in found[0].encode()), source)
    return str(fixers.refactor_string(source.rstrip("\n") + "\n", str(path)))


def patched_case(source):
    """What holds for all modules of test cases."""
    source = source.replace("(object, Case, )", "(Case, )")  # no such order of bases in Python 3
    source = re.sub(r"^import binascii\n", OCTETS, source, flags=re.M)
    return re.sub(r"^ +implements\(.*\)\n", "", source, flags=re.M)


def main():
    found = importlib.util.find_spec("autobahntestsuite")
    if found is None:
        sys.exit("port.py: autobahntestsuite is not installed for this interpreter")
    root = pathlib.Path(found.submodule_search_locations[0])
    if (root / "octets.py").exists():
        sys.exit("port.py: already ported; install the suite again first")
    modules = [path for path in sorted(root.rglob("*.py"))
               if LEFT_OUT.isdisjoint(path.relative_to(root).parts)]
    fixers = RefactoringTool(["fissix.fixes.fix_" + name for name in FIXERS])
    # First all results, then all files: a fixer looks for the neighbours of a module on disk.
    results = {path: python3_of(path.read_text("utf-8"), path, fixers) for path in modules}
    for path, source in results.items():
        name = path.relative_to(root).as_posix()
        if name.startswith("case/"):
            source = patched_case(source)
        for old, new in REPLACEMENTS.get(name, []):
            if old not in source:
                sys.exit(f"port.py: {name} has no {old!r}")
            source = source.replace(old, new)
        path.write_text(source, "utf-8")
    shutil.copy(pathlib.Path(__file__).with_name("octets.py"), root)
    print(f"port.py: ported {len(results)} modules")


if __name__ == "__main__":
    main()
