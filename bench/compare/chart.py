"""Bars of ratios as SVG, by matplotlib."""


def draw(file, title, rows):
    """`rows`: (name, ratio, bar or None). Logarithmic: 2 and a half are equally far from 1."""
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "trunkline"  # the same figures give the same file
    matplotlib.rcParams["svg.fonttype"] = "none"
    from matplotlib import pyplot

    names = [name for name, _, _ in rows]
    places = range(len(rows))
    figure, axes = pyplot.subplots(figsize=(9, 0.26 * len(rows) + 1.2))
    colours = ["#2b6cb0" if ratio >= (bar or 1) else "#c05621" for _, ratio, bar in rows]
    axes.barh(places, [ratio for _, ratio, _ in rows], color=colours, height=0.7)
    for place, (_, ratio, bar) in zip(places, rows):
        axes.text(ratio * 1.04, place, f"{ratio:.1f}", va="center", fontsize=7)
        if bar and bar != 1:
            axes.plot([bar, bar], [place - 0.42, place + 0.42], color="black", linewidth=1.6)
    axes.axvline(1, color="grey", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_yticks(list(places), names, fontsize=7)
    axes.invert_yaxis()
    axes.margins(y=0.01)
    axes.set_title(title, fontsize=9)
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    # Lines must not end in a space.
    text = file.read_text()
    file.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n")
