"""Published servers and the rules from outside: they break those of a list, and no other."""

from programs import BUILD, FOLDER, ROOT, TRUNKLINE, run, their_server

KNOWN = ROOT / "conformance/interop/known"
REPORTS = BUILD / "interop"


def published_servers(versions):
    """The reports are left in build/interop/conform-VERSION.txt."""
    for version in versions:
        store = FOLDER / f"conform-{version}.bin"
        store.unlink(missing_ok=True)
        header = "a" if version.startswith("0.16") else "b"
        with their_server(version, store) as server:
            run(TRUNKLINE, "conform", f"ws://{server.address}/ws", "--wire", header,
                "--known-failures", KNOWN / f"{version}.txt",
                "--report", f"text={REPORTS}/conform-{version}.txt")
