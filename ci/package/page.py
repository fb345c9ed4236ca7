"""What docs/install.md tells its reader; as a program, the commands of one of its sections."""

import pathlib
import re
import sys

PAGE = (pathlib.Path(__file__).resolve().parents[2] / "docs/install.md").read_text()


def section(title):
    """The text below a heading."""
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)[1]


def block(title, language):
    """The one block of a language in a section."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", section(title), re.MULTILINE | re.DOTALL)
    return found


def rows(title):
    """The cells of the table of a section."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines[2:]]


if __name__ == "__main__":
    print(block(sys.argv[1], "sh"))
