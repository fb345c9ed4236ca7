"""The reference (docs/Doxyfile) covers every header that an example or a page of docs/ includes."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]


def main():
    _, _, inputs = (ROOT / "docs/Doxyfile").read_text().partition("\nINPUT =")
    named = inputs.replace("\\", " ").split()
    gone = [path for path in named if not (ROOT / path).is_file()]
    headers = {path.partition("/")[2] for path in named}
    missing = []
    for path in [*ROOT.glob("docs/*.md"), *ROOT.glob("examples/*/*.cpp"), ROOT / "README.md"]:
        for header in re.findall(r"#include <(trunkline/[^>]+)>", path.read_text()):
            if header not in headers:
                missing.append(f"{path.relative_to(ROOT)} includes {header}")
    if gone or missing or len(headers) < 20:
        sys.exit("\n".join(["docs/Doxyfile:", *gone, *missing]))


if __name__ == "__main__":
    main()
