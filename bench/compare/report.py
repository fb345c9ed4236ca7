"""Figures as a table, as JSON and as a chart, and where they go in a page."""
import json
import os
import pathlib
import platform
import time


def number(value):
    """Three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def machine():
    """What figures depend on, in words."""
    names = [line.split(":", 1)[1].strip() for line in
             pathlib.Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]
    total = int(pathlib.Path("/proc/meminfo").read_text().split()[1]) >> 20
    return (f"{len(names)} x {names[0] if names else platform.machine()}, {total + 1} GiB, "
            f"Linux {platform.release().split('-')[0]}, TCP congestion control "
            + pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip())


def when():
    return f"{time.strftime('%Y-%m-%d')}, load average {os.getloadavg()[1]:.1f} at the end"


def put_between_markers(page, name, text):
    """Puts `text` between "<!-- NAME -->" and "<!-- end of NAME -->" in the page."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    whole = page.read_text()
    before, rest = whole.split(begin, 1)
    _, after = rest.split(end, 1)
    page.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}")


def write_json(file, about, found):
    """All single figures: {"about": ..., "runs": [{"case", "server", FIGURE: [one per round]}]}."""
    runs = [json.dumps({"case": case, "server": server, **figures})
            for (case, server), figures in found.items()]
    lines = ",\n  ".join(runs)
    file.write_text(f'{{"about": {json.dumps(about)},\n "runs": [\n  {lines}\n]}}\n')


def read_json(file):
    """What write_json has written, as in_turns() gives it."""
    return {(run.pop("case"), run.pop("server")): run
            for run in json.loads(file.read_text())["runs"]}
