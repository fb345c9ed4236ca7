"""Counts the results of one Autobahn run: verdict.py [--require-deflate] INDEX_JSON LOG

A case is judged twice, on what the server did and on how the connection was closed. Fails unless
every case that was announced in the log has a result, and none is failed or non-strict; with
--require-deflate, unless none is unimplemented either.
"""
import ast
import collections
import json
import re
import sys

UNCOUNTED = {"INFORMATIONAL", "UNIMPLEMENTED"}
WRONG_CLOSE = {"FAILED", "WRONG CODE", "UNCLEAN"}


def verdict(result):
    if result is None:
        return "missing"
    behavior = result["behavior"]
    if behavior in UNCOUNTED:
        return behavior.lower()
    if behavior not in ("OK", "NON-STRICT") or result["behaviorClose"] in WRONG_CLOSE:
        return "failed"
    return "passed" if behavior == "OK" else "non-strict"


def main():
    *flags, index_file, log_file = sys.argv[1:]
    bad_verdicts = {"failed", "missing", "non-strict"}
    if flags == ["--require-deflate"]:
        bad_verdicts.add("unimplemented")
    elif flags:
        sys.exit(__doc__)
    with open(index_file, encoding="utf-8") as index:
        (results,) = json.load(index).values()
    with open(log_file, encoding="utf-8", errors="replace") as log:
        announced = re.search(r"Cases = (\[.*?\])\s*$", log.read(), re.M)
    if not announced:
        sys.exit("verdict.py: the log does not say which cases were to run")
    verdicts = {case: verdict(results.get(case)) for case in ast.literal_eval(announced[1])}
    for case, what in verdicts.items():
        if what in bad_verdicts:
            told = results.get(case, {})
            print(f"  {what}: case {case}, behavior {told.get('behavior')}, "
                  f"close {told.get('behaviorClose')}, code {told.get('remoteCloseCode')}")
    counts = collections.Counter(verdicts.values())
    bad = sum(counts[each] for each in bad_verdicts)
    print(f"Autobahn: {len(verdicts)} cases, {counts['passed']} passed, "
          f"{counts['failed'] + counts['missing']} failed, {counts['non-strict']} non-strict, "
          f"{counts['informational']} informational, {counts['unimplemented']} unimplemented")
    sys.exit(1 if bad or not counts["passed"] else 0)


if __name__ == "__main__":
    main()
