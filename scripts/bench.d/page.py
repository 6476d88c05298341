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

HEAD = "| work, and what it is compared with | median | rounds | ratio | must reach |\n|---|---:|---:|---:|---|\n"


def line(*cells):
    return f"| {' | '.join(map(str, cells))} |\n"


def table(results):
    """All rows of a group, below a row for each figure of Coffer. A missed target is in bold."""
    text, before = HEAD if results["rows"] else "", None
    for row in results["rows"]:
        if (row.figure, row.ours) != before:
            text += line(f"**{row.figure}**", row.ours, row.ours.spread, "", "")
        before = row.figure, row.ours
        ratio = f"{row.ratio:.2f}" if row.theirs.median else "–"
        ratio = ratio if row.is_reached else f"**{ratio}**"
        text += line(row.against or "at most", row.theirs, row.theirs.spread, ratio, row.wanted)
    return "\n".join([text, *map(grid_table, results["grids"])])


def grid_table(grid):
    head = line(f"{grid.title}: {grid.series} below, {grid.step} beside", *grid.steps)
    head += f"|---:|{'---:|' * len(grid.steps)}\n"
    return head + "".join(line(name, *samples) for name, samples in grid.lines.items())


def about(groups):
    """The machine, the versions and the commits of all groups that were measured."""
    measured = {name: results for name, results in groups.items() if results}
    newest = max(measured.values(), key=lambda results: results["date"])
    machines = dict.fromkeys(results["machine"] for results in measured.values())
    lines = [f"- Machine: {machine}" for machine in machines]
    lines.append("- Programs: " + ", ".join(f"{name} {number}" for name, number in newest["versions"].items()))
    by_run = {}
    for name, results in measured.items():
        run = "Coffer {commit}, {date}, {rounds} rounds, load {load} before".format_map(results)
        by_run.setdefault(run, []).append(name)
    lines += [f"- {run}: {', '.join(names)}" for run, names in by_run.items()]
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
