"""Histories of calls, written by each side and read by the other."""

import shutil

from programs import FOLDER, HISTORIES, run, rust_program, versions

ALIGNMENT = {"0.12": 1, "0.14": 16, "0.16": 64, "0.17": 64}

# Who writes which part of a history: o for ours, p for the published store; the last letter holds
# for all parts that follow.
OURS, PUBLISHED = "o", "p"
IN_TURNS = ("opop", "popo")
PARTS_MAX = 4


def histories(seed, count):
    script = FOLDER / "histories.txt"
    script.write_text(run(HISTORIES, "make", seed, count) + "\n")
    rows = []
    for short, version in reversed(versions("store")):
        rows += one_version(script, count, short, version)
    return rows


def one_version(script, count, short, version):
    alignment = ALIGNMENT[short]
    theirs = rust_program("store", short)

    def play(writer, folder, first, last):
        if writer == OURS:
            run(HISTORIES, "play", script, alignment, folder, first, last)
        else:
            run(theirs, "play", script, folder, first, last)

    folders = {}
    for writers in (OURS, PUBLISHED, *IN_TURNS):
        folder = folders[writers] = FOLDER / f"store-{short}-{writers}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        if len(writers) == 1:
            play(writers, folder, 0, PARTS_MAX - 1)
        for part in range(PARTS_MAX if len(writers) > 1 else 0):
            play(writers[part], folder, part, part)
        run(theirs, "check", script, folder)
        run(HISTORIES, "check", script, alignment, folder)
    judged = run(HISTORIES, "judge", script, alignment,
                 *(f"{writers}={folder}" for writers, folder in folders.items()))
    by_rule = dict(line.split() for line in judged.splitlines())
    for folder in folders.values():
        shutil.rmtree(folder)
    words = {OURS: "Trunkline", PUBLISHED: "the crate", IN_TURNS[0]: "in turns, Trunkline first",
             IN_TURNS[1]: "in turns, the crate first"}
    return [(f"crate {version}", str(alignment), words[writers], str(2 * count), by_rule[writers])
            for writers in folders]
