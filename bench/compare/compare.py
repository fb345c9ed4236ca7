"""Our server beside the published one, in turns, in one run.

    compare.py --ours PROGRAM --published PROGRAM --no-delay LIBRARY --load PROGRAM
"""
import argparse
import pathlib
import sys

import cases
import chart
import report
from rounds import in_turns, median, ratio
from servers import Server


def servers_of(options):
    def ours(folder):
        return [options.ours, "serve", folder / "store.bin", "--port", "0", "--threads", "1",
                "--log-level", "error"]

    def published(folder):
        return [options.published, folder / "store.bin"]

    return [Server("ours", ours),
            Server("published, no delay", published, {"LD_PRELOAD": options.no_delay}),
            Server("published", published)]


def verdict(case, reached):
    bar, goal = case.bar
    if reached < bar:
        return f"below {bar:g}x"
    return f"{goal:g}x" if reached >= goal and goal > 1 else f"at least {bar:g}x"


def reached_in(found, case, servers):
    """The ratio to the published server at its best, which is the cheaper one of its two forms:
    without the delay it answers sooner, but many small answers take it more writes."""
    ours, *forms = servers
    return min(ratio(found, case, ours, form) for form in forms)


def cost_rows(found, wanted, servers):
    for case in wanted:
        reached = reached_in(found, case, servers)
        costs = [report.number(median(found, case, each, "server_cpu_us")) for each in servers]
        bar, goal = case.bar
        yield [case.work, case.shape_text, *costs, f"{reached:.2f}", f"{bar:g} / {goal:g}",
               verdict(case, reached)]


def rate_rows(found, wanted, servers):
    for case in wanted:
        for each in servers:
            def of(figure):
                return report.number(median(found, case, each, figure))
            private = median(found, case, each, "server_private") / (1 << 20)
            yield [case.work, case.shape_text, each.name, of("requests_per_second"), of("p50_us"),
                   of("p99_us"), of("p99_9_us"), report.number(private)]


def write_up(found, wanted, servers):
    costs = report.table(
        ["work", "shape", *(f"{each.name}, us" for each in servers), "ratio",
         "bar / goal", "reached"], cost_rows(found, wanted, servers))
    rates = report.table(
        ["work", "shape", "server", "requests/s", "p50 us", "p99 us", "p99.9 us", "private MiB"],
        rate_rows(found, wanted, servers))
    return costs, rates


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for program in ("--ours", "--published", "--no-delay", "--load"):
        parser.add_argument(program, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1, help="per run")
    parser.add_argument("--only", nargs="+", default=[""], metavar="BEGIN",
                        help="cases whose names begin so, such as \"read 100 B, 1x\"")
    parser.add_argument("--folder", help="where the stores lie; the system's temporary folder")
    parser.add_argument("--into", type=pathlib.Path, help="folder of the JSON and the chart")
    parser.add_argument("--keep", action="store_true",
                        help="keep the rows in that folder that are not run again")
    parser.add_argument("--page", type=pathlib.Path, help="whose tables are replaced")
    options = parser.parse_args()

    wanted = [case for case in cases.all_cases() if case.name.startswith(tuple(options.only))]
    if not wanted:
        sys.exit("compare.py: no case begins so")
    servers = servers_of(options)
    found = in_turns(options.load, servers, wanted, lambda case: case.flags(options.seconds),
                     options.rounds, options.folder)

    if options.keep and options.into:
        found = {**report.read_json(options.into / "compare.json"), **found}
        wanted = [case for case in cases.all_cases() if (case.name, servers[0].name) in found]

    about = (f"{report.machine()}; {report.when()}; {options.rounds} rounds of "
             f"{options.seconds:g} s")
    costs, rates = write_up(found, wanted, servers)
    print(f"{about}\n\n{costs}\n\n{rates}")
    if options.into:
        report.write_json(options.into / "compare.json", about, found)
        chart.draw(options.into / "compare.svg",
                   "CPU time per operation: published server at its best / ours",
                   [(case.name, reached_in(found, case, servers), case.bar[0])
                    for case in wanted])
    if options.page:
        report.put_between_markers(options.page, "compare costs", f"{about}:\n\n{costs}")
        report.put_between_markers(options.page, "compare rates", rates)


if __name__ == "__main__":
    main()
