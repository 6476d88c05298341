"""Writes docs/BENCHMARKS.md and its plots from the results that scripts/bench has kept.

Arguments: the folder of the results, and docs/. The sentences are in page.md, where a line {{table GROUP}} stands for a
group's table, {{plot NAME}} for a plot, and {{about}} for the machine, the versions and the commits.
"""

import re
import sys
import textwrap
from pathlib import Path

from plots import PLOTS
from results import kept

HEAD = "| work | Coffer | against | its figure | ratio | must reach |\n|---|---:|---|---:|---:|---|\n"


def value(sample):
    """The median, and the spread in brackets."""
    return f"{sample} ({sample.spread})" if sample.spread else str(sample)


def line(row):
    """One row of a table. A missed target is in bold."""
    ratio = f"{row.ratio:.2f}" if row.theirs.median else "–"
    cells = [row.figure, value(row.ours), row.against or "at most", value(row.theirs)]
    return cells + [ratio if row.is_reached else f"**{ratio}**", row.wanted]


def table(results):
    """All rows of a group. A cell that repeats the one above stays empty."""
    text, before = HEAD, [""] * 6
    for row in results["rows"]:
        cells = line(row)
        same = 2 if cells[:2] == before[:2] else 0
        text += f"| {' | '.join([''] * same + cells[same:])} |\n"
        before = cells
    return text + "".join(grid_table(grid) for grid in results["grids"])


def grid_table(grid):
    head = " | ".join(f"{step} {grid.step}" if step == grid.steps[0] else str(step) for step in grid.steps)
    text = f"\n| {grid.title}, {grid.series} | {head} |\n|---:|{'---:|' * len(grid.steps)}\n"
    for name, samples in grid.lines.items():
        text += f"| {name} | {' | '.join(map(str, samples))} |\n"
    return text


def about(groups):
    """The machine, the versions and the commits of all groups that were measured."""
    measured = {name: results for name, results in groups.items() if results}
    newest = max(measured.values(), key=lambda results: results["date"])
    lines = [f"- Machine: {machine}" for machine in dict.fromkeys(results["machine"] for results in measured.values())]
    lines.append("- Programs: " + ", ".join(f"{name} {number}" for name, number in newest["versions"].items()))
    by_run = {}
    for name, results in measured.items():
        by_run.setdefault((results["commit"], results["date"], results["rounds"]), []).append(name)
    for (commit, date, rounds), names in by_run.items():
        lines.append(f"- Coffer {commit}, {date}, medians of {rounds} rounds: {', '.join(names)}")
    return "\n".join(textwrap.fill(line, 120, subsequent_indent="  ", break_on_hyphens=False) for line in lines) + "\n"


def main(folder, documents):
    template = Path(__file__).with_name("page.md").read_text()
    names = re.findall(r"^\{\{table (.+)\}\}$", template, re.M)
    groups = {name: kept(folder, name) for name in names}
    if not any(groups.values()):
        sys.exit(f"bench: there are no results in {folder}")
    plots = documents / "benchmarks"
    plots.mkdir(exist_ok=True)

    def filled(found):
        kind, _, name = found[1].partition(" ")
        if kind == "about":
            return about(groups)
        if kind == "table":
            return table(groups[name]) if groups[name] else "This group was not measured.\n"
        group, draw, title = PLOTS[name]
        if not groups[group]:
            return "This group was not measured.\n"
        draw(groups[group], plots / f"{name}.svg")
        return f"![{title}](benchmarks/{name}.svg)\n"

    page = re.sub(r"^\{\{(.+)\}\}\n", filled, template, flags=re.M)
    (documents / "BENCHMARKS.md").write_text(page)


main(Path(sys.argv[1]), Path(sys.argv[2]))
