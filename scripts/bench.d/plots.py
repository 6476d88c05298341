"""The plots of docs/BENCHMARKS.md: bars of programs, and lines of numbers of workers, for light and dark pages."""

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402

OURS, OTHERS, TEXT = "#2f81f7", "#9198a1", "#7d8590"
LINES = ("#8250df", "#1f9d55", "#2f81f7", "#d4780b", "#d1437c")

pyplot.rcParams.update(
    {
        # Text stays text, in the reader's own font, and two runs with the same figures write the same file.
        "svg.fonttype": "none",
        "svg.hashsalt": "coffer",
        "font.family": "sans-serif",
        "font.size": 10,
        "text.color": TEXT,
        "axes.labelcolor": TEXT,
        "axes.edgecolor": TEXT,
        "xtick.color": TEXT,
        "ytick.color": TEXT,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
)


def save(figure, path):
    figure.savefig(path, transparent=True, bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)


def bars(figure, durable=("",)):
    """Draws Coffer and each peer of the rows of that figure, the fastest first.

    durable: how the names of the peers end whose bars are full. The others are hollow.
    """

    def draw(results, path):
        rows = [row for row in results["rows"] if row.figure == figure]
        programs = {"Coffer": rows[0].ours} | {row.against: row.theirs for row in rows}
        # It asks for no password, so it is only in the table, and would make all others short.
        shown = [pair for pair in programs.items() if "no password" not in pair[0]]
        shown.sort(key=lambda pair: pair[1].median)
        names, samples = zip(*shown)
        medians = [sample.median for sample in samples]
        spread = [
            [sample.median - min(sample.values) for sample in samples],
            [max(sample.values) - sample.median for sample in samples],
        ]
        picture, axes = pyplot.subplots(figsize=(7, 0.36 * len(names) + 0.7))
        edges = [OURS if name == "Coffer" else OTHERS for name in names]
        fills = [edge if edge == OURS or name.endswith(durable) else "none" for name, edge in zip(names, edges)]
        axes.barh(names, medians, color=fills, edgecolor=edges, xerr=spread, ecolor=TEXT, capsize=2, height=0.65)
        for index, sample in enumerate(samples):
            axes.annotate(str(sample), (max(sample.values), index), (6, 0), textcoords="offset points", va="center")
        axes.set_xlabel("requests a second")
        axes.margins(x=0.15)
        save(picture, path)

    return draw


def lines(title):
    """Draws one line for each number of workers."""

    def draw(results, path):
        (grid,) = [grid for grid in results["grids"] if grid.title == title]
        picture, axes = pyplot.subplots(figsize=(7, 3.4))
        for (name, samples), colour in zip(grid.lines.items(), LINES):
            axes.plot(grid.steps, [each.median for each in samples], "o-", color=colour, label=f"{name} {grid.series}")
        axes.set_xscale("log", base=2)
        axes.set_xticks(grid.steps, [str(step) for step in grid.steps])
        axes.set_ylim(bottom=0)
        axes.set_xlabel(grid.step)
        axes.set_ylabel("requests a second")
        axes.legend(frameon=False)
        save(picture, path)

    return draw


# By name: the group whose results it shows, how it is drawn, and what the page says where it cannot be shown.
PLOTS = {
    "downloads": ("peers-get", bars("4 KiB GET, 16 connections"), "4 KiB downloads a second of each program"),
    "uploads": (
        "peers-put",
        bars("4 KiB PUT, 8 connections of 8 users", ("fsync", "+S")),
        "4 KiB uploads a second of each program; hollow bars are not durable",
    ),
    "slow": ("slow", bars("4 KiB GET beside 256 slow uploads"), "4 KiB downloads a second beside 256 slow uploads"),
    "scale-downloads": ("scale", lines("4 KiB downloads"), "4 KiB downloads by connections and workers"),
    "scale-uploads": ("scale", lines("4 KiB uploads"), "4 KiB uploads by connections and workers"),
}
